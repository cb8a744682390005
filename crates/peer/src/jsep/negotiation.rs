//! The slots of the negotiation.

use std::collections::BTreeMap;

use base::Rng;
use ice::{Credentials, Role};
use session::{SessionPlan, TransportId};

use super::associations::Association;
use super::parsed::Description;
use crate::transceiver::TransceiverId;
use crate::{BundlePolicy, SignalingState};

/// The transports of one description. A peer that does not bundle gets one for each m-section, with sockets, timers and
/// a handshake of its own.
pub(crate) const MAX_TRANSPORTS: usize = 64;

/// The transport of each m-section, by its index.
pub(crate) type Mapping = Vec<Option<TransportId>>;

/// What descriptions of ours say about a transport that is not there yet.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    /// Its ICE credentials.
    pub(crate) credentials: Credentials,
    /// Our name for its DTLS association (RFC 8842, section 4).
    pub(crate) tls_id: String,
}

/// [[SignalingState]], the four descriptions and what belongs to them.
pub(crate) struct Negotiation {
    /// [[SignalingState]]
    pub(crate) state: SignalingState,
    /// [[CurrentLocalDescription]]
    pub(crate) current_local: Option<Box<Description>>,
    /// [[PendingLocalDescription]]
    pub(crate) pending_local: Option<Box<Description>>,
    /// [[CurrentRemoteDescription]]
    pub(crate) current_remote: Option<Box<Description>>,
    /// [[PendingRemoteDescription]]
    pub(crate) pending_remote: Option<Box<Description>>,
    /// [[LastCreatedOffer]]
    pub(crate) last_offer: String,
    /// [[LastCreatedAnswer]]
    pub(crate) last_answer: String,
    /// Whether `last_offer` no longer represents the offerer's system state.
    pub(crate) offer_is_stale: bool,
    /// Whether `last_answer` no longer represents the answerer's system state.
    pub(crate) answer_is_stale: bool,
    /// The transceivers that were used to create the m-sections of `last_offer`.
    pub(crate) offer_owners: Vec<Option<TransceiverId>>,
    /// [[LocalIceCredentialsToReplace]]
    pub(crate) to_replace: Vec<Credentials>,
    /// How m-sections that are new are bundled.
    pub(crate) bundle_policy: BundlePolicy,
    /// The transports in force.
    pub(crate) transports: Mapping,
    /// The transports of the pending offer's m-sections.
    pub(crate) offered: Mapping,
    /// The transports when the state was last stable.
    pub(crate) stable_transports: Mapping,
    /// The next name of a transport.
    pub(crate) next_transport: u32,
    /// Whether our descriptions say that we are a lite ICE agent.
    pub(crate) is_ice_lite: bool,
    /// Whether our descriptions have the ICE option "renomination".
    pub(crate) renomination: bool,
    /// Above every number that was negotiated as a mid.
    pub(crate) next_mid: u32,
    /// For the transports of m-sections that an offer would add, by their index.
    pub(crate) fresh_sections: BTreeMap<usize, Fresh>,
    /// For the transports that the pending remote offer adds.
    pub(crate) fresh_transports: BTreeMap<TransportId, Fresh>,
    /// [[IceRole]] of each transport.
    pub(crate) roles: BTreeMap<TransportId, Role>,
    /// Our names for the DTLS associations of the transports.
    pub(crate) tls_ids: BTreeMap<TransportId, String>,
    /// The DTLS associations of the transports.
    pub(crate) associations: BTreeMap<TransportId, Association>,
    /// What the session was last told.
    pub(crate) plan: SessionPlan,
    /// What the session was told when the state was last stable.
    pub(crate) stable_plan: SessionPlan,
    /// The `<sess-id>` of our `o=` lines.
    pub(crate) session_id: u64,
    /// The version and the text of the last description that was created, which the next one follows.
    pub(crate) last_written: Option<(u64, String)>,
    /// The "needs-ice-restart" bit (RFC 9429, sections 3.5.1 and 4.1.18): the ICE servers or the transport policy
    /// changed after gathering had begun.
    pub(crate) needs_ice_restart: bool,
    /// The transport policy, for the ICE generations that are new.
    pub(crate) relay_only: bool,
    /// What our descriptions say in place of an SCTP INIT, if they do.
    pub(crate) sctp_init: Option<sctp::InitChunk>,
    /// What our descriptions say about our certificate.
    pub(crate) fingerprint: sdp::Fingerprint,
    /// The id of the stream of all remote tracks whose m-sections do not name one.
    pub(crate) default_stream: String,
    /// Where new credentials come from.
    pub(crate) rng: Rng,
}

impl Negotiation {
    /// The slots of a new connection.
    pub(crate) fn new(certificate: &dtls::Certificate, bundle_policy: BundlePolicy, mut rng: Rng) -> Self {
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
            offer_owners: Vec::new(),
            to_replace: Vec::new(),
            bundle_policy,
            is_ice_lite: false,
            renomination: false,
            transports: Vec::new(),
            offered: Vec::new(),
            stable_transports: Vec::new(),
            next_transport: 0,
            next_mid: 0,
            fresh_sections: BTreeMap::new(),
            fresh_transports: BTreeMap::new(),
            roles: BTreeMap::new(),
            tls_ids: BTreeMap::new(),
            associations: BTreeMap::new(),
            plan: SessionPlan::default(),
            stable_plan: SessionPlan::default(),
            // RFC 9429, section 5.2.1: a random number below 2^63, and for old parsers not above it either.
            session_id: rng.u64() >> 1,
            last_written: None,
            needs_ice_restart: false,
            relay_only: false,
            sctp_init: None,
            fingerprint: sdp::Fingerprint {
                algorithm: fingerprint.algorithm.name().to_owned(),
                value: fingerprint.value,
            },
            default_stream: format!("{:016x}{:016x}", rng.u64(), rng.u64()),
            rng,
        }
    }

    /// `localDescription`
    pub(crate) fn local(&self) -> Option<&Description> {
        self.pending_local.as_deref().or(self.current_local.as_deref())
    }

    /// `remoteDescription`
    pub(crate) fn remote(&self) -> Option<&Description> {
        self.pending_remote.as_deref().or(self.current_remote.as_deref())
    }

    /// The four descriptions, as far as they are there.
    pub(crate) fn descriptions(&self) -> impl Iterator<Item = &Description> {
        [&self.current_local, &self.current_remote, &self.pending_local, &self.pending_remote]
            .into_iter()
            .filter_map(|description| description.as_deref())
    }

    /// The local descriptions, the pending one first.
    pub(crate) fn locals(&self) -> impl Iterator<Item = &Description> {
        self.pending_local.iter().chain(&self.current_local).map(|description| &**description)
    }

    /// The local descriptions that represent this ICE generation of a transport, each with the m-section that describes
    /// it.
    pub(crate) fn locals_of(
        &mut self,
        id: TransportId,
        ufrag: &str,
    ) -> impl Iterator<Item = (usize, &mut Description)> {
        let locals = self.pending_local.as_deref_mut().into_iter().chain(self.current_local.as_deref_mut());
        locals.filter_map(move |description| Some((description.describes(id, ufrag)?, description)))
    }

    /// Whether these are credentials that restartIce() wants replaced.
    pub(crate) fn must_replace(&self, credentials: &Credentials) -> bool {
        self.to_replace.contains(credentials)
    }

    /// Whether the DTLS role of the transport that carries data is known.
    pub(crate) fn is_data_role_known(&self) -> bool {
        let transport = self.plan.sctp.and_then(|(id, _)| self.plan.transports.get(&id));
        transport.is_some_and(|transport| transport.dtls.is_some())
    }

    /// ICE has repaired a role conflict.
    pub(crate) fn set_role(&mut self, id: TransportId, role: Role) {
        self.roles.insert(id, role);
        for plan in [&mut self.plan, &mut self.stable_plan] {
            if let Some(transport) = plan.transports.get_mut(&id) {
                transport.ice.role = role;
            }
        }
    }

    /// Something that offers and answers depend on has changed.
    pub(crate) fn mark_stale(&mut self) {
        self.offer_is_stale = true;
        self.answer_is_stale = true;
    }

    /// Credentials and a name for a new transport.
    pub(crate) fn fresh(&mut self) -> Fresh {
        Fresh { credentials: Credentials::generate(&mut self.rng), tls_id: self.new_tls_id() }
    }

    /// A name for a DTLS association: at least 120 bits of randomness (RFC 8842, section 4).
    pub(crate) fn new_tls_id(&mut self) -> String {
        format!("{:016x}{:016x}", self.rng.u64(), self.rng.u64())
    }

    /// Our credentials on a transport that the session was told of.
    pub(crate) fn local_credentials(&self, id: TransportId) -> Option<&Credentials> {
        self.plan.transports.get(&id).map(|transport| &transport.ice.local)
    }

    /// The candidates that were gathered for a generation of a transport, as lines.
    pub(crate) fn candidates_of(&self, id: TransportId, ufrag: &str) -> Vec<sdp::Attribute> {
        use sdp::Attribute::{Candidate, EndOfCandidates};
        let section = self.locals().find_map(|local| local.section(local.describes(id, ufrag)?));
        let is_candidate = |line: &&sdp::Attribute| matches!(line, Candidate(_) | EndOfCandidates);
        section
            .map(|section| section.attributes.iter().filter(is_candidate).cloned().collect())
            .unwrap_or_default()
    }
}
