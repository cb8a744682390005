//! One file per W3C interface.

mod certificate;
mod configuration;
mod data_channel;
mod data_channel_events;
mod operation;
mod peer_connection;
mod peer_connection_events;
mod session_description;

pub use certificate::RtcCertificate;
pub use configuration::RtcConfiguration;
pub use data_channel::RtcDataChannel;
pub use data_channel_events::{RtcDataChannelEvent, RtcDataChannelEvents, RtcMessage};
pub use peer_connection::RtcPeerConnection;
pub use peer_connection_events::{RtcPeerConnectionEvent, RtcPeerConnectionEvents};
pub use session_description::RtcSessionDescription;
