//! Transports, and what belongs to them: pairs, candidates, certificates.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use dtls::{Fingerprint, HashAlgorithm, Version};
use ice::{CandidateKind, Protocol};
use session::TransportId;

use super::collect::Collector;
use super::{CandidatePairStats, CertificateStats, IceCandidateStats, StatsValue, TransportStats};
use crate::PeerConnection;

/// Which end a candidate is.
#[derive(Clone, Copy)]
enum Side<'a> {
    Local,
    /// With the addresses that were signalled.
    Remote(&'a BTreeSet<IpAddr>),
    /// Remote, and nothing of it was signalled.
    Early(&'a BTreeSet<IpAddr>),
}

impl Side<'_> {
    fn prefix(self) -> &'static str {
        match self {
            Side::Local => "IL",
            Side::Remote(_) | Side::Early(_) => "IR",
        }
    }
}

impl PeerConnection {
    pub(super) fn collect_transports(&self, collector: &mut Collector<'_>) {
        let transports = self.used_transports();
        let agents = transports.iter().filter_map(|id| self.session().ice(*id));
        // Signalled for one transport is known to the application for all.
        let signalled: BTreeSet<IpAddr> = agents
            .flat_map(|agent| agent.remote_candidates())
            .filter(|candidate| candidate.name.is_none())
            .map(|candidate| candidate.address.ip())
            .collect();
        for id in transports {
            let Some(slots) = self.transports().get(id) else { continue };
            let session = self.session();
            let selected = collector.add_ice(id, session.ice(id), &signalled);
            let identity = collector.add_certificate(self.identity().der());
            let remote = session.remote_certificate(id).map(|der| collector.add_certificate(der));
            let carried = session.transport_stats(id).unwrap_or_default();
            let agent = session.ice(id);
            let endpoint = session.dtls(id);
            let value = TransportStats {
                packets_sent: carried.packets_sent,
                packets_received: carried.packets_received,
                bytes_sent: carried.bytes_sent,
                bytes_received: carried.bytes_received,
                ice_role: agent.map(|agent| Some(agent.role()).into()),
                ice_local_username_fragment: agent.map(|agent| agent.local_credentials().ufrag.clone()),
                dtls_state: slots.dtls,
                ice_state: slots.ice,
                selected_candidate_pair_id: selected,
                selected_candidate_pair_changes: carried.selected_pair_changes,
                local_certificate_id: Some(identity),
                remote_certificate_id: remote,
                tls_version: endpoint.and_then(dtls::Endpoint::version).map(|version| match version {
                    Version::Dtls12 => "FEFD",
                    Version::Dtls13 => "FEFC",
                }),
                dtls_cipher: endpoint.and_then(dtls::Endpoint::cipher_suite),
                srtp_cipher: endpoint.and_then(dtls::Endpoint::srtp_profile).map(dtls::SrtpProfile::name),
                // Known as soon as it is negotiated; the handshake waits for ICE.
                dtls_role: endpoint.map(dtls::Endpoint::role).or_else(|| self.negotiated_dtls_role(id)),
            };
            collector.add(collector.ids.transport(id), StatsValue::Transport(value));
        }
    }
}

impl Collector<'_> {
    /// Candidates and pairs; the id of the selected pair.
    fn add_ice(
        &mut self,
        id: TransportId,
        agent: Option<&ice::Agent>,
        signalled: &BTreeSet<IpAddr>,
    ) -> Option<String> {
        let agent = agent?;
        let remote = Side::Remote(signalled);
        for candidate in agent.local_candidates() {
            self.add_candidate(id, Side::Local, candidate);
        }
        for candidate in agent.remote_candidates() {
            self.add_candidate(id, remote, candidate);
        }
        for candidate in agent.early_candidates() {
            self.add_candidate(id, Side::Early(signalled), &candidate);
        }
        let mut selected = None;
        for pair in agent.pairs() {
            // Peer-reflexive candidates are in no signalled list, and a pair in use may be of an older generation.
            let local = self.add_candidate(id, Side::Local, &pair.local);
            let remote = self.add_candidate(id, remote, &pair.remote);
            let pair_id = self.ids.pair(id, pair.id);
            if pair.selected {
                selected = Some(pair_id.clone());
            }
            let value = self.pair_stats(&pair, self.ids.transport(id), [local, remote]);
            self.add(pair_id, StatsValue::CandidatePair(value));
        }
        selected
    }

    /// Adds a candidate unless it is there; its id.
    fn add_candidate(
        &mut self,
        transport: TransportId,
        side: Side<'_>,
        candidate: &ice::Candidate,
    ) -> String {
        let id = self.ids.candidate(transport, side.prefix(), candidate);
        let stats = candidate_stats(self.ids.transport(transport), side, candidate);
        let value = match side {
            Side::Local => StatsValue::LocalCandidate(stats),
            Side::Remote(_) | Side::Early(_) => StatsValue::RemoteCandidate(stats),
        };
        self.add(id.clone(), value);
        id
    }

    fn pair_stats(&self, pair: &ice::PairStats, transport: String, ends: [String; 2]) -> CandidatePairStats {
        let [local, remote] = ends;
        CandidatePairStats {
            transport_id: transport,
            local_candidate_id: local,
            remote_candidate_id: remote,
            state: pair.state,
            nominated: pair.nominated,
            packets_sent: pair.sent.packets,
            packets_received: pair.received.packets,
            bytes_sent: pair.sent.bytes,
            bytes_received: pair.received.bytes,
            last_packet_sent_timestamp: pair.sent.last.map(|at| self.timestamp(at)),
            last_packet_received_timestamp: pair.received.last.map(|at| self.timestamp(at)),
            current_round_trip_time: pair.current_rtt.as_ref().map(Duration::as_secs_f64),
            total_round_trip_time: pair.total_rtt.as_secs_f64(),
            requests_sent: pair.requests_sent,
            requests_received: pair.requests_received,
            responses_sent: pair.responses_sent,
            responses_received: pair.responses_received,
            consent_requests_sent: pair.consent_requests_sent,
        }
    }

    /// Adds a certificate unless it is there: one may be used by several transports. Its id.
    fn add_certificate(&mut self, der: &[u8]) -> String {
        let fingerprint = Fingerprint::of(HashAlgorithm::Sha256, der);
        let id = self.ids.certificate(&fingerprint);
        let value = CertificateStats {
            fingerprint: fingerprint.hex(),
            fingerprint_algorithm: fingerprint.algorithm.name(),
            base64_certificate: base64(der),
            issuer_certificate_id: None,
        };
        self.add(id.clone(), StatsValue::Certificate(value));
        id
    }
}

/// webrtc-stats, RTCIceCandidateStats: what members a remote candidate has, and what the application may know of it.
fn candidate_stats(transport_id: String, side: Side<'_>, candidate: &ice::Candidate) -> IceCandidateStats {
    let address = candidate.address.ip();
    let (is_known, url) = match side {
        Side::Local => (candidate.name.is_none(), candidate.url.clone()),
        Side::Remote(signalled) | Side::Early(signalled) => {
            (candidate.name.is_none() && signalled.contains(&address), None)
        }
    };
    IceCandidateStats {
        transport_id,
        address: is_known.then_some(address),
        port: candidate.address.port(),
        protocol: match candidate.protocol {
            Protocol::Udp => "udp",
            Protocol::Tcp => "tcp",
        },
        candidate_type: candidate.kind,
        priority: candidate.priority,
        url,
        relay_protocol: candidate.relay_protocol,
        // A peer-reflexive one has none that was signalled.
        foundation: match (side, candidate.kind) {
            (Side::Remote(_) | Side::Early(_), CandidateKind::PeerReflexive) => None,
            _ => Some(candidate.foundation.clone()),
        },
        related_address: candidate.related.map(|related| related.ip()),
        related_port: candidate.related.map(|related| related.port()),
        username_fragment: match side {
            Side::Early(_) => None,
            Side::Local | Side::Remote(_) => candidate.ufrag.clone(),
        },
        tcp_type: candidate.tcp_type,
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
