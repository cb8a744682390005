//! `getStats()`: W3C's dictionaries ([webrtc-stats](https://www.w3.org/TR/webrtc-stats/)) as typed structs. Times are
//! `f64` as W3C has them: timestamps in milliseconds since 1970, round-trip times in seconds.
//!
//! Objects exist as webrtc-stats says. Those of incoming streams, and those that RTCP packets make, begin with the
//! first packet; as there is no media engine yet, there are none.

mod collect;
mod dictionaries;
mod ids;
mod rtp;
mod selection;
mod transport;

pub use dictionaries::{
    CandidatePairStats, CertificateStats, CodecStats, DataChannelStats, IceCandidateStats, MediaSourceStats,
    OutboundRtpStats, PeerConnectionStats, TransportStats,
};
pub use selection::StatsSelector;

pub(crate) use ids::Ids;

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
    /// `codec`
    Codec(CodecStats),
    /// `outbound-rtp`
    OutboundRtp(OutboundRtpStats),
    /// `media-source`
    MediaSource(MediaSourceStats),
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
            StatsValue::Codec(_) => "codec",
            StatsValue::OutboundRtp(_) => "outbound-rtp",
            StatsValue::MediaSource(_) => "media-source",
        }
    }

    /// The ids of the objects that this one refers to.
    pub fn references(&self) -> Vec<&str> {
        let ids: [Option<&String>; 4] = match self {
            StatsValue::PeerConnection(_) | StatsValue::DataChannel(_) | StatsValue::MediaSource(_) => {
                [None; 4]
            }
            StatsValue::Transport(stats) => [
                stats.selected_candidate_pair_id.as_ref(),
                stats.local_certificate_id.as_ref(),
                stats.remote_certificate_id.as_ref(),
                None,
            ],
            StatsValue::CandidatePair(stats) => {
                let ends = [&stats.local_candidate_id, &stats.remote_candidate_id].map(Some);
                [Some(&stats.transport_id), ends[0], ends[1], None]
            }
            StatsValue::LocalCandidate(stats) | StatsValue::RemoteCandidate(stats) => {
                [Some(&stats.transport_id), None, None, None]
            }
            StatsValue::Certificate(stats) => [stats.issuer_certificate_id.as_ref(), None, None, None],
            StatsValue::Codec(stats) => [Some(&stats.transport_id), None, None, None],
            StatsValue::OutboundRtp(stats) => {
                [stats.transport_id.as_ref(), stats.codec_id.as_ref(), stats.media_source_id.as_ref(), None]
            }
        };
        ids.into_iter().flatten().map(String::as_str).collect()
    }
}
