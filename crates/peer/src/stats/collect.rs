//! Walks the counters, read-only.

use std::time::Instant;

use dtls::HashAlgorithm;
use ice::{CandidateKind, Protocol};

use session::TransportId;

use crate::PeerConnection;
use crate::peer_connection::TransportSlots;

use super::{
    CandidatePairStats, CertificateStats, DataChannelStats, IceCandidateStats, PeerConnectionStats,
    StatsReport, StatsValue, TransportStats,
};

const PEER_CONNECTION: &str = "P";
const LOCAL_CERTIFICATE: &str = "CFL";

/// The report of a whole connection.
pub(crate) fn collect(pc: &PeerConnection, now: Instant) -> StatsReport {
    let mut entries = vec![(
        PEER_CONNECTION.to_owned(),
        StatsValue::PeerConnection(PeerConnectionStats {
            data_channels_opened: pc.counters().data_channels_opened,
            data_channels_closed: pc.counters().data_channels_closed,
        }),
    )];
    for id in pc.used_transports() {
        if let Some(slots) = pc.transports().get(id) {
            collect_transport(pc, id, slots, &mut entries);
        }
    }
    for (id, channel) in pc.data_channels().iter() {
        let stats = channel.stats;
        let value = DataChannelStats {
            label: channel.view.label.clone(),
            protocol: channel.view.protocol.clone(),
            data_channel_identifier: channel.view.id,
            state: channel.view.ready_state,
            messages_sent: stats.messages_sent,
            bytes_sent: stats.bytes_sent,
            messages_received: stats.messages_received,
            bytes_received: stats.bytes_received,
        };
        entries.push((format!("D{}", id.0), StatsValue::DataChannel(value)));
    }
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    StatsReport { timestamp: pc.wall_clock().at(now).as_secs_f64() * 1000.0, entries }
}

fn collect_transport(
    pc: &PeerConnection,
    id: TransportId,
    slots: &TransportSlots,
    entries: &mut Vec<(String, StatsValue)>,
) {
    let counters = pc.session().counters();
    let mut selected = None;
    let (mut role, mut ufrag) = (None, None);
    if let Some(agent) = pc.session().ice(id) {
        role = Some(agent.role());
        ufrag = Some(agent.local_credentials().ufrag.clone());
        for candidate in agent.local_candidates() {
            add_candidate(entries, id, 'L', candidate);
        }
        for candidate in agent.remote_candidates() {
            add_candidate(entries, id, 'R', candidate);
        }
        for pair in agent.pairs() {
            let pair_id = format!("CP{}-{}", id.0, pair.id);
            if pair.selected {
                selected = Some(pair_id.clone());
            }
            // Peer-reflexive candidates are in no signalled list, and a pair in use may be of an older generation.
            add_candidate(entries, id, 'L', &pair.local);
            add_candidate(entries, id, 'R', &pair.remote);
            entries.push((pair_id, StatsValue::CandidatePair(pair_stats(id, &pair))));
        }
    }
    let identity = certificate_stats(pc.identity().der());
    if !entries.iter().any(|(known, _)| known == LOCAL_CERTIFICATE) {
        entries.push((LOCAL_CERTIFICATE.to_owned(), StatsValue::Certificate(identity)));
    }
    let remote = pc.session().remote_certificate(id).map(certificate_stats);
    let remote_certificate_id = remote.is_some().then(|| format!("CFR{}", id.0));
    entries.extend(remote_certificate_id.clone().zip(remote.map(StatsValue::Certificate)));
    let value = TransportStats {
        packets_sent: counters.datagrams_sent,
        packets_received: counters.datagrams_received,
        bytes_sent: counters.bytes_sent,
        bytes_received: counters.bytes_received,
        ice_role: role,
        ice_local_username_fragment: ufrag,
        dtls_state: slots.dtls,
        ice_state: slots.ice,
        selected_candidate_pair_id: selected,
        selected_candidate_pair_changes: slots.selected_pair_changes,
        local_certificate_id: Some(LOCAL_CERTIFICATE.to_owned()),
        remote_certificate_id,
    };
    entries.push((transport_id(id), StatsValue::Transport(value)));
}

/// The same in every report.
fn transport_id(id: TransportId) -> String {
    format!("T{}", id.0)
}

/// Adds a candidate of one side unless it is there.
fn add_candidate(
    entries: &mut Vec<(String, StatsValue)>,
    transport: TransportId,
    side: char,
    candidate: &ice::Candidate,
) {
    let id = candidate_id(side, candidate);
    if entries.iter().any(|(known, _)| *known == id) {
        return;
    }
    let stats = candidate_stats(transport, candidate);
    let value = match side {
        'L' => StatsValue::LocalCandidate(stats),
        _ => StatsValue::RemoteCandidate(stats),
    };
    entries.push((id, value));
}

/// The same for the same candidate, in every report.
fn candidate_id(side: char, candidate: &ice::Candidate) -> String {
    let kind = match candidate.kind {
        CandidateKind::Host => "host",
        CandidateKind::ServerReflexive => "srflx",
        CandidateKind::PeerReflexive => "prflx",
        CandidateKind::Relayed => "relay",
    };
    format!("I{side}-{}-{kind}-{}", candidate.ufrag.as_deref().unwrap_or_default(), candidate.address)
}

fn candidate_stats(transport: TransportId, candidate: &ice::Candidate) -> IceCandidateStats {
    IceCandidateStats {
        transport_id: transport_id(transport),
        address: candidate.address.ip(),
        port: candidate.address.port(),
        protocol: match candidate.protocol {
            Protocol::Udp => "udp",
            Protocol::Tcp => "tcp",
        },
        candidate_type: candidate.kind,
        priority: candidate.priority,
        url: candidate.url.clone(),
        foundation: candidate.foundation.clone(),
        related_address: candidate.related.map(|related| related.ip()),
        related_port: candidate.related.map(|related| related.port()),
        username_fragment: candidate.ufrag.clone(),
        tcp_type: candidate.tcp_type,
    }
}

fn pair_stats(transport: TransportId, pair: &ice::PairStats) -> CandidatePairStats {
    CandidatePairStats {
        transport_id: transport_id(transport),
        local_candidate_id: candidate_id('L', &pair.local),
        remote_candidate_id: candidate_id('R', &pair.remote),
        state: pair.state,
        nominated: pair.nominated,
        current_round_trip_time: pair.current_rtt.map(|rtt| rtt.as_secs_f64()),
        total_round_trip_time: pair.total_rtt.as_secs_f64(),
        requests_sent: pair.requests_sent,
        requests_received: pair.requests_received,
        responses_sent: pair.responses_sent,
        responses_received: pair.responses_received,
        consent_requests_sent: pair.consent_requests_sent,
    }
}

fn certificate_stats(der: &[u8]) -> CertificateStats {
    let fingerprint = dtls::Fingerprint::of(HashAlgorithm::Sha256, der);
    CertificateStats {
        fingerprint: fingerprint.hex(),
        fingerprint_algorithm: fingerprint.algorithm.name(),
        base64_certificate: base64(der),
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let symbol = ALPHABET[(bits >> (18 - 6 * position) & 63) as usize];
            text.push(if position <= chunk.len() { char::from(symbol) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    /// RFC 4648, section 10.
    #[test]
    fn base64_of_the_rfc_s_vectors() {
        let vectors = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (input, output) in vectors {
            assert_eq!(base64(input.as_bytes()), output);
        }
    }
}
