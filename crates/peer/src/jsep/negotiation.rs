//! The slots of the negotiation.

use base::Rng;
use ice::{Credentials, Role};
use session::SessionPlan;

use super::parsed::Description;
use crate::SignalingState;

/// [[SignalingState]], the four descriptions and what belongs to them.
pub(crate) struct Negotiation {
    /// [[SignalingState]]
    pub(crate) state: SignalingState,
    /// [[CurrentLocalDescription]]
    pub(crate) current_local: Option<Description>,
    /// [[PendingLocalDescription]]
    pub(crate) pending_local: Option<Description>,
    /// [[CurrentRemoteDescription]]
    pub(crate) current_remote: Option<Description>,
    /// [[PendingRemoteDescription]]
    pub(crate) pending_remote: Option<Description>,
    /// [[LastCreatedOffer]]
    pub(crate) last_offer: String,
    /// [[LastCreatedAnswer]]
    pub(crate) last_answer: String,
    /// Whether `last_offer` no longer represents the offerer's system state.
    pub(crate) offer_is_stale: bool,
    /// Whether `last_answer` no longer represents the answerer's system state.
    pub(crate) answer_is_stale: bool,
    /// [[LocalIceCredentialsToReplace]]
    pub(crate) to_replace: Vec<Credentials>,
    /// The credentials of the first description that needs a transport.
    pub(crate) first_credentials: Credentials,
    /// [[IceRole]] of the transport.
    pub(crate) role: Option<Role>,
    /// What the session was last told.
    pub(crate) plan: Option<SessionPlan>,
    /// What the session was told when the state was last stable.
    pub(crate) stable_plan: Option<SessionPlan>,
    /// The `<sess-id>` of our `o=` lines.
    pub(crate) session_id: u64,
    /// The last description that was created, whose version the next one follows.
    pub(crate) last_written: Option<sdp::SessionDescription>,
    /// Our name for the DTLS association (RFC 8842, section 4). One for all time: a second association over the same
    /// transport is not supported.
    pub(crate) tls_id: String,
    /// The "needs-ice-restart" bit (RFC 9429, sections 3.5.1 and 4.1.18): the ICE servers or the transport policy
    /// changed after gathering had begun.
    pub(crate) needs_ice_restart: bool,
    /// What our descriptions say about our certificate.
    pub(crate) fingerprint: sdp::Fingerprint,
    /// Where new credentials come from.
    pub(crate) rng: Rng,
}

impl Negotiation {
    /// The slots of a new connection.
    pub(crate) fn new(certificate: &dtls::Certificate, mut rng: Rng) -> Self {
        let fingerprint = certificate.fingerprint(dtls::HashAlgorithm::Sha256);
        Negotiation {
            state: SignalingState::Stable,
            current_local: None,
            pending_local: None,
            current_remote: None,
            pending_remote: None,
            last_offer: String::new(),
            last_answer: String::new(),
            offer_is_stale: false,
            answer_is_stale: false,
            to_replace: Vec::new(),
            first_credentials: Credentials::generate(&mut rng),
            role: None,
            plan: None,
            stable_plan: None,
            // RFC 9429, section 5.2.1: a random number below 2^63, and for old parsers not above it either.
            session_id: rng.u64() >> 1,
            last_written: None,
            // RFC 8842, section 4: at least 120 bits of randomness.
            tls_id: format!("{:016x}{:016x}", rng.u64(), rng.u64()),
            needs_ice_restart: false,
            fingerprint: sdp::Fingerprint {
                algorithm: fingerprint.algorithm.name().to_owned(),
                value: fingerprint.value,
            },
            rng,
        }
    }

    /// `localDescription`
    pub(crate) fn local(&self) -> Option<&Description> {
        self.pending_local.as_ref().or(self.current_local.as_ref())
    }

    /// `remoteDescription`
    pub(crate) fn remote(&self) -> Option<&Description> {
        self.pending_remote.as_ref().or(self.current_remote.as_ref())
    }

    /// The local descriptions that represent this ICE generation.
    pub(crate) fn locals_of(&mut self, ufrag: &str) -> impl Iterator<Item = &mut Description> {
        self.pending_local
            .iter_mut()
            .chain(self.current_local.iter_mut())
            .filter(move |description| description.ufrag() == Some(ufrag))
    }

    /// Whether these are credentials that restartIce() wants replaced.
    pub(crate) fn must_replace(&self, credentials: &Credentials) -> bool {
        self.to_replace.contains(credentials)
    }

    /// Something that offers and answers depend on has changed.
    pub(crate) fn mark_stale(&mut self) {
        self.offer_is_stale = true;
        self.answer_is_stale = true;
    }
}
