//! One file per W3C interface.

mod certificate;
mod configuration;
mod data_channel;
mod data_channel_events;
mod dtmf_sender;
mod event_stream;
mod media_stream;
mod media_stream_track;
mod operation;
mod part;
mod peer_connection;
mod peer_connection_events;
mod rtp_receiver;
mod rtp_sender;
mod rtp_transceiver;
mod session_description;
mod track_event;
mod unique_id;

pub use certificate::RtcCertificate;
pub use configuration::RtcConfiguration;
pub use data_channel::RtcDataChannel;
pub use data_channel_events::{RtcDataChannelEvent, RtcDataChannelEvents, RtcMessage};
pub use dtmf_sender::{RtcDtmfSender, RtcDtmfToneChangeEvent};
pub use event_stream::RtcEventStream;
pub use media_stream::{MediaStream, MediaStreamEvent};
pub use media_stream_track::{MediaStreamTrack, MediaStreamTrackEvent, MediaStreamTrackState};
pub use peer_connection::RtcPeerConnection;
pub use peer_connection_events::{RtcPeerConnectionEvent, RtcPeerConnectionEvents};
pub use rtp_receiver::RtcRtpReceiver;
pub use rtp_sender::RtcRtpSender;
pub use rtp_transceiver::{RtcRtpTransceiver, RtcRtpTransceiverInit, RtcTrackOrKind};
pub use session_description::RtcSessionDescription;
pub use track_event::RtcTrackEvent;
