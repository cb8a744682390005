//! When DTLS may begin, and what waits for it.

use std::time::{Duration, Instant};

use base::Path;
use dtls::{Endpoint, FailureCause, Fingerprint};

use crate::channel::ChannelError;
use crate::config::SessionConfig;
use crate::counters::Counters;
use crate::plan::DtlsPlan;

/// Datagrams kept until the peer's fingerprints are known: the ClientHello of a browser takes two.
const MAX_EARLY: usize = 4;
/// The longest of them: no DTLS record that fits a path is longer.
const MAX_EARLY_BYTES: usize = 2048;
/// Between the first flight and its retransmission at least. The peer's cryptography takes its time, too.
const MIN_RETRANSMIT: Duration = Duration::from_millis(50);
/// The same where ICE has not measured the path.
const UNKNOWN_RETRANSMIT: Duration = Duration::from_millis(100);
/// RFC 6347, section 4.2.4.1: one second is the initial timer where nothing is known of the path.
const MAX_RETRANSMIT: Duration = Duration::from_secs(1);

/// The DTLS side of a transport.
#[derive(Debug)]
pub(super) enum Security {
    /// There are no fingerprints, or no path; what came from authenticated paths waits.
    Waiting {
        early: Vec<Vec<u8>>,
    },
    Running(Box<Endpoint>),
    /// Over; the endpoint is kept for what it knows of the peer, and for its last alert.
    Over(Box<Endpoint>),
}

impl Default for Security {
    fn default() -> Self {
        Security::Waiting { early: Vec::new() }
    }
}

impl Security {
    /// A datagram from an authenticated path.
    pub(super) fn handle_datagram(&mut self, now: Instant, datagram: &[u8], counters: &mut Counters) {
        match self {
            Security::Running(endpoint) => {
                counters.dtls_received += 1;
                endpoint.handle_datagram(now, datagram);
            }
            Security::Waiting { early } if early.len() < MAX_EARLY && datagram.len() <= MAX_EARLY_BYTES => {
                early.push(datagram.to_vec());
            }
            Security::Waiting { .. } => counters.dropped_early_dtls += 1,
            Security::Over(endpoint) => {
                counters.dropped_closed += 1;
                endpoint.handle_datagram(now, datagram);
            }
        }
    }

    /// Whether the endpoint should be made, given that the peer's fingerprints are known: there is a path to send
    /// on, or the peer has begun.
    pub(super) fn is_due(&self, path: Option<Path>) -> bool {
        matches!(self, Security::Waiting { early } if path.is_some() || !early.is_empty())
    }

    /// The same where no path is needed.
    pub(super) fn is_due_early(&self) -> bool {
        matches!(self, Security::Waiting { .. })
    }

    /// Begins with `endpoint`, which takes what has waited.
    pub(super) fn start(&mut self, now: Instant, endpoint: Endpoint, counters: &mut Counters) {
        let Security::Waiting { early } = self else { return };
        let early = std::mem::take(early);
        *self = Security::Running(Box::new(endpoint));
        for datagram in early {
            self.handle_datagram(now, &datagram, counters);
        }
    }

    /// The plan has changed: an endpoint that has not verified the peer starts again, one that has must still
    /// have the right peer.
    pub(super) fn handle_new_plan(&mut self, plan: &DtlsPlan, now: Instant) -> Option<ChannelError> {
        let Security::Running(endpoint) = self else { return None };
        match endpoint.remote_certificate() {
            None => {
                *self = Security::default();
                None
            }
            Some(certificate) if is_named(certificate, &plan.fingerprints) => None,
            Some(_) => {
                endpoint.close(now);
                Some(ChannelError::DtlsFailed(FailureCause::FingerprintMismatch))
            }
        }
    }

    /// There is no plan any more: an endpoint that has not verified the peer is dropped without a word.
    pub(super) fn forget_handshake(&mut self) {
        if matches!(self, Security::Running(endpoint) if endpoint.remote_certificate().is_none()) {
            *self = Security::default();
        }
    }

    /// Nothing more is taken in.
    pub(super) fn end(&mut self) {
        if let Security::Running(endpoint) = std::mem::take(self) {
            *self = Security::Over(endpoint);
        }
    }

    /// The endpoint, for its last words.
    pub(super) fn into_endpoint(self) -> Option<Box<Endpoint>> {
        match self {
            Security::Waiting { .. } => None,
            Security::Running(endpoint) | Security::Over(endpoint) => Some(endpoint),
        }
    }

    pub(super) fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Security::Waiting { .. } => None,
            Security::Running(endpoint) | Security::Over(endpoint) => Some(endpoint),
        }
    }

    pub(super) fn endpoint_mut(&mut self) -> Option<&mut Endpoint> {
        match self {
            Security::Waiting { .. } => None,
            Security::Running(endpoint) | Security::Over(endpoint) => Some(endpoint),
        }
    }
}

/// How the endpoint is set up for `plan` and the path that `agent` has.
pub(super) fn endpoint_config(config: &SessionConfig, plan: &DtlsPlan, agent: &ice::Agent) -> dtls::Config {
    // RFC 9147, section 5.8.2: 1.5 times the round trip where it is known, as from ICE.
    let retransmit_after =
        agent.rtt().map_or(UNKNOWN_RETRANSMIT, |rtt| (rtt * 3 / 2).clamp(MIN_RETRANSMIT, MAX_RETRANSMIT));
    let mtu = if agent.embeds() { config.mtu.min(ice::Agent::MAX_EMBEDDED) } else { config.mtu };
    dtls::Config {
        mtu,
        retransmit_after,
        versions: config.dtls_versions,
        record_size_limit: config.record_size_limit,
        deterministic: config.deterministic,
        ..dtls::Config::new(config.certificate.clone(), plan.role, plan.fingerprints.clone())
    }
}

/// RFC 8122, section 5: one match is enough. SHA-1 matches nothing.
fn is_named(certificate: &[u8], fingerprints: &[Fingerprint]) -> bool {
    fingerprints.iter().any(|fingerprint| {
        fingerprint.algorithm.is_trusted()
            && Fingerprint::of(fingerprint.algorithm, certificate) == *fingerprint
    })
}
