//! `GET /echo/ID/status`: the server's end as JSON, in W3C's words and units.

use serde_json::{Value, json};
use visavis::{RtcIceCandidateStats, RtcIceCandidateType, RtcStats, RtcStatsReport};

use super::session::Session;
use crate::clock;

impl Session {
    /// States, selected pair and counters. Times are in seconds; those of the timeline count from the offer.
    pub(crate) async fn status(&self) -> Value {
        let report = self.pc.get_stats(None).await.unwrap_or_default();
        let since =
            |instant: std::time::Instant| instant.saturating_duration_since(self.started).as_secs_f64();
        let changes = self.changes();
        let timeline = changes
            .iter()
            .map(|change| json!({ "at": since(change.at), "of": change.of, "state": change.state }));
        let mut status = json!({
            "age": since(clock::now()),
            "signalingState": self.pc.signaling_state().as_str(),
            "iceGatheringState": self.pc.ice_gathering_state().as_str(),
            "iceConnectionState": self.pc.ice_connection_state().as_str(),
            "connectionState": self.pc.connection_state().as_str(),
            "sctpState": self.pc.sctp().map(|sctp| sctp.state().as_str()),
            "timeline": timeline.collect::<Vec<_>>(),
        });
        add_transport(&mut status, &report);
        status
    }
}

/// Adds what the report says about the transport and the channels.
fn add_transport(status: &mut Value, report: &RtcStatsReport) {
    let transport = report.entries.iter().find_map(|(_, entry)| match entry {
        RtcStats::Transport(transport) => Some(transport),
        _ => None,
    });
    status["dtlsState"] = json!(transport.map(|transport| transport.dtls_state.as_str()));
    status["bytesSent"] = json!(transport.map_or(0, |transport| transport.bytes_sent));
    status["bytesReceived"] = json!(transport.map_or(0, |transport| transport.bytes_received));
    let pair = transport.and_then(|transport| transport.selected_candidate_pair_id.as_deref());
    let (round_trip, pair) = match pair.and_then(|id| report.get(id)) {
        Some(RtcStats::CandidatePair(pair)) => (
            pair.current_round_trip_time,
            json!({
                "local": candidate(report, &pair.local_candidate_id),
                "remote": candidate(report, &pair.remote_candidate_id),
            }),
        ),
        _ => (None, Value::Null),
    };
    status["roundTripTime"] = json!(round_trip);
    status["selectedCandidatePair"] = pair;
    let channels = report.entries.iter().filter_map(|(_, entry)| match entry {
        RtcStats::DataChannel(channel) => Some(channel),
        _ => None,
    });
    let (mut count, mut sent, mut received) = (0, 0, 0);
    for channel in channels {
        count += 1;
        sent += channel.messages_sent;
        received += channel.messages_received;
    }
    status["channels"] = json!(count);
    status["messagesSent"] = json!(sent);
    status["messagesReceived"] = json!(received);
}

/// One end of a pair.
pub(crate) fn candidate(report: &RtcStatsReport, id: &str) -> Value {
    match report.get(id) {
        Some(RtcStats::LocalCandidate(candidate) | RtcStats::RemoteCandidate(candidate)) => {
            describe(candidate)
        }
        _ => Value::Null,
    }
}

fn describe(candidate: &RtcIceCandidateStats) -> Value {
    json!({
        "type": match candidate.candidate_type {
            RtcIceCandidateType::Host => "host",
            RtcIceCandidateType::ServerReflexive => "srflx",
            RtcIceCandidateType::PeerReflexive => "prflx",
            RtcIceCandidateType::Relayed => "relay",
        },
        "protocol": candidate.protocol,
        "address": candidate.address.map(|address| address.to_string()),
        "port": candidate.port,
    })
}
