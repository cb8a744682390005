//! `getStats()`: W3C's dictionaries ([webrtc-stats](https://www.w3.org/TR/webrtc-stats/)) as typed structs. The
//! fields are W3C's members in Rust's case; times are `f64` as W3C has them: timestamps in milliseconds since
//! 1970, round-trip times in seconds.

mod collect;
mod selection;

use ice::{CandidateKind, TcpType};

use crate::{DataChannelState, DtlsTransportState, IceTransportState};

pub(crate) use collect::collect;
pub use selection::StatsSelector;

/// `RTCStatsReport`: entries in the order of their ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsReport {
    /// When it was taken, in milliseconds since 1970.
    pub timestamp: f64,
    /// Id and value of each entry.
    pub entries: Vec<(String, StatsValue)>,
}

impl StatsReport {
    /// The entry with this id.
    pub fn get(&self, id: &str) -> Option<&StatsValue> {
        self.entries.iter().find(|(key, _)| key == id).map(|(_, value)| value)
    }
}

/// One entry of a report.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub enum StatsValue {
    /// `peer-connection`
    PeerConnection(PeerConnectionStats),
    /// `transport`
    Transport(TransportStats),
    /// `candidate-pair`
    CandidatePair(CandidatePairStats),
    /// `local-candidate`
    LocalCandidate(IceCandidateStats),
    /// `remote-candidate`
    RemoteCandidate(IceCandidateStats),
    /// `certificate`
    Certificate(CertificateStats),
    /// `data-channel`
    DataChannel(DataChannelStats),
}

impl StatsValue {
    /// `RTCStatsType` exactly as W3C has it.
    pub fn kind(&self) -> &'static str {
        match self {
            StatsValue::PeerConnection(_) => "peer-connection",
            StatsValue::Transport(_) => "transport",
            StatsValue::CandidatePair(_) => "candidate-pair",
            StatsValue::LocalCandidate(_) => "local-candidate",
            StatsValue::RemoteCandidate(_) => "remote-candidate",
            StatsValue::Certificate(_) => "certificate",
            StatsValue::DataChannel(_) => "data-channel",
        }
    }
}

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
    /// `packetsSent`
    pub packets_sent: u64,
    /// `packetsReceived`
    pub packets_received: u64,
    /// `bytesSent`
    pub bytes_sent: u64,
    /// `bytesReceived`
    pub bytes_received: u64,
    /// `iceRole`
    pub ice_role: Option<ice::Role>,
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
    /// `address`
    pub address: std::net::IpAddr,
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
    /// `foundation`
    pub foundation: String,
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
