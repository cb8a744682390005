//! The dictionaries ([webrtc-stats, section 8](https://www.w3.org/TR/webrtc-stats/#stats-dictionaries)): W3C's
//! members in Rust's case. Those that are not always there are options.

use ice::{CandidateKind, RelayProtocol, TcpType};

use crate::{DataChannelState, DtlsTransportState, IceRole, IceTransportState, MediaKind};

/// `RTCPeerConnectionStats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeerConnectionStats {
    /// `dataChannelsOpened`
    pub data_channels_opened: u64,
    /// `dataChannelsClosed`
    pub data_channels_closed: u64,
}

/// `RTCTransportStats`.
#[derive(Clone, Debug, PartialEq)]
pub struct TransportStats {
    /// `packetsSent`, without those of ICE.
    pub packets_sent: u64,
    /// `packetsReceived`, without those of ICE.
    pub packets_received: u64,
    /// `bytesSent`: what is in those packets, DTLS's own overhead included.
    pub bytes_sent: u64,
    /// `bytesReceived`
    pub bytes_received: u64,
    /// `iceRole`
    pub ice_role: Option<IceRole>,
    /// `iceLocalUsernameFragment`
    pub ice_local_username_fragment: Option<String>,
    /// `dtlsState`
    pub dtls_state: DtlsTransportState,
    /// `iceState`
    pub ice_state: IceTransportState,
    /// `selectedCandidatePairId`
    pub selected_candidate_pair_id: Option<String>,
    /// `selectedCandidatePairChanges`
    pub selected_candidate_pair_changes: u32,
    /// `localCertificateId`
    pub local_certificate_id: Option<String>,
    /// `remoteCertificateId`
    pub remote_certificate_id: Option<String>,
    /// `tlsVersion`, once DTLS is connected: `FEFD` or `FEFC`.
    pub tls_version: Option<&'static str>,
    /// `dtlsCipher`, once DTLS is connected, by its name in IANA's registry.
    pub dtls_cipher: Option<&'static str>,
    /// `srtpCipher`, once DTLS is connected with a peer that could send media: the profile that DTLS agreed on.
    pub srtp_cipher: Option<&'static str>,
    /// `dtlsRole`; `None` stands for "unknown".
    pub dtls_role: Option<dtls::Role>,
}

/// `RTCIceCandidatePairStats`.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidatePairStats {
    /// `transportId`
    pub transport_id: String,
    /// `localCandidateId`
    pub local_candidate_id: String,
    /// `remoteCandidateId`
    pub remote_candidate_id: String,
    /// `state`
    pub state: ice::PairState,
    /// `nominated`
    pub nominated: bool,
    /// `packetsSent`, without STUN.
    pub packets_sent: u64,
    /// `packetsReceived`, without STUN.
    pub packets_received: u64,
    /// `bytesSent`, without STUN.
    pub bytes_sent: u64,
    /// `bytesReceived`, without STUN.
    pub bytes_received: u64,
    /// `lastPacketSentTimestamp`, in milliseconds since 1970.
    pub last_packet_sent_timestamp: Option<f64>,
    /// `lastPacketReceivedTimestamp`, in milliseconds since 1970.
    pub last_packet_received_timestamp: Option<f64>,
    /// `currentRoundTripTime`, in seconds.
    pub current_round_trip_time: Option<f64>,
    /// `totalRoundTripTime`, in seconds.
    pub total_round_trip_time: f64,
    /// `requestsSent`
    pub requests_sent: u64,
    /// `requestsReceived`
    pub requests_received: u64,
    /// `responsesSent`
    pub responses_sent: u64,
    /// `responsesReceived`
    pub responses_received: u64,
    /// `consentRequestsSent`
    pub consent_requests_sent: u64,
}

/// `RTCIceCandidateStats`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceCandidateStats {
    /// `transportId`
    pub transport_id: String,
    /// `address`: null for a remote one that nobody has signalled.
    pub address: Option<std::net::IpAddr>,
    /// `port`
    pub port: u16,
    /// `protocol`
    pub protocol: &'static str,
    /// `candidateType`
    pub candidate_type: CandidateKind,
    /// `priority`
    pub priority: u32,
    /// `url`
    pub url: Option<String>,
    /// `relayProtocol`
    pub relay_protocol: Option<RelayProtocol>,
    /// `foundation`
    pub foundation: Option<String>,
    /// `relatedAddress`
    pub related_address: Option<std::net::IpAddr>,
    /// `relatedPort`
    pub related_port: Option<u16>,
    /// `usernameFragment`
    pub username_fragment: Option<String>,
    /// `tcpType`
    pub tcp_type: Option<TcpType>,
}

/// `RTCCertificateStats`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateStats {
    /// `fingerprint`
    pub fingerprint: String,
    /// `fingerprintAlgorithm`
    pub fingerprint_algorithm: &'static str,
    /// `base64Certificate`
    pub base64_certificate: String,
    /// `issuerCertificateId`. Of a chain we keep the peer's own certificate, so there is none.
    pub issuer_certificate_id: Option<String>,
}

/// `RTCDataChannelStats`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataChannelStats {
    /// `label`
    pub label: String,
    /// `protocol`
    pub protocol: String,
    /// `dataChannelIdentifier`
    pub data_channel_identifier: Option<u16>,
    /// `state`
    pub state: DataChannelState,
    /// `messagesSent`
    pub messages_sent: u64,
    /// `bytesSent`
    pub bytes_sent: u64,
    /// `messagesReceived`
    pub messages_received: u64,
    /// `bytesReceived`
    pub bytes_received: u64,
}

/// `RTCCodecStats`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecStats {
    /// `payloadType`
    pub payload_type: u8,
    /// `transportId`
    pub transport_id: String,
    /// `mimeType`
    pub mime_type: String,
    /// `clockRate`, in hertz.
    pub clock_rate: u32,
    /// `channels`
    pub channels: Option<u16>,
    /// `sdpFmtpLine`
    pub sdp_fmtp_line: Option<String>,
}

/// `RTCOutboundRtpStreamStats`: a stream that was negotiated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundRtpStats {
    /// `ssrc`
    pub ssrc: u32,
    /// `kind`
    pub kind: MediaKind,
    /// `transportId`
    pub transport_id: Option<String>,
    /// `codecId`
    pub codec_id: Option<String>,
    /// `mid`
    pub mid: Option<String>,
    /// `mediaSourceId`, while the sender has a track.
    pub media_source_id: Option<String>,
    /// `rid`
    pub rid: Option<String>,
    /// `encodingIndex`
    pub encoding_index: u32,
    /// `active`
    pub active: bool,
    /// `scalabilityMode`
    pub scalability_mode: Option<String>,
    /// `packetsSent`
    pub packets_sent: u64,
    /// `bytesSent`
    pub bytes_sent: u64,
    /// `nackCount`
    pub nack_count: u32,
    /// `framesEncoded`, for video.
    pub frames_encoded: Option<u32>,
    /// `framesSent`, for video.
    pub frames_sent: Option<u32>,
}

/// `RTCAudioSourceStats` or `RTCVideoSourceStats`: what its track has given to the senders.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaSourceStats {
    /// `trackIdentifier`
    pub track_identifier: String,
    /// `kind`
    pub kind: MediaKind,
    /// `totalAudioEnergy`, for audio.
    pub total_audio_energy: Option<f64>,
    /// `totalSamplesDuration`, in seconds, for audio.
    pub total_samples_duration: Option<f64>,
    /// `frames`, for video.
    pub frames: Option<u32>,
}
