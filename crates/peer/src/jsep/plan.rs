//! From two descriptions to what the session should do. Pure, and nothing here fails: `check` came before.

use ice::Role;
use sdp::Setup;
use session::{DtlsPlan, IcePlan, SctpPlan, SessionPlan, TransportId, TransportPlan};

use super::negotiation::Negotiation;
use super::parsed::{DataTransport, Description};

/// The one transport: everything is bundled.
pub(crate) const TRANSPORT: TransportId = TransportId(0);

/// That transport in a plan.
pub(crate) fn transport_of(plan: &SessionPlan) -> Option<&TransportPlan> {
    plan.transports.get(&TRANSPORT)
}

impl Negotiation {
    /// The transport as the session was last told of it.
    pub(crate) fn standing(&self) -> Option<&TransportPlan> {
        self.plan.as_ref().and_then(transport_of)
    }

    /// The plan once this local offer is set: a transport that gathers. What was negotiated goes on until the answer.
    pub(crate) fn plan_offer(&self, offer: &Description) -> Option<SessionPlan> {
        let Some(data) = &offer.data else { return self.stable_plan.clone() };
        let role = self.role.unwrap_or(Role::Controlling);
        let mut plan = self.stable_plan.clone().unwrap_or_default();
        let transport = plan.transports.entry(TRANSPORT).or_insert_with(|| TransportPlan {
            ice: IcePlan { role, local: data.credentials.clone(), remote: None },
            dtls: None,
        });
        transport.ice.role = role;
        if transport.ice.local != data.credentials {
            // An ICE restart: the peer's new credentials come with the answer.
            transport.ice.local = data.credentials.clone();
            transport.ice.remote = None;
        }
        Some(plan)
    }

    /// The plan once an answer, provisional or final, is set: `local` and `remote` are its two sides.
    pub(crate) fn plan_answer(&self, local: &Description, remote: &Description) -> Option<SessionPlan> {
        let (Some(ours), Some(theirs)) = (&local.data, &remote.data) else {
            // RFC 8841, section 10.4: data was rejected, the association is closed. The transport has nothing else
            // to carry and is left alone.
            return self.plan.clone().map(|plan| SessionPlan { sctp: None, ..plan });
        };
        let lite = remote.parsed.is_ice_lite();
        let transport = TransportPlan {
            ice: IcePlan {
                role: self.role.unwrap_or(Role::Controlling),
                local: ours.credentials.clone(),
                remote: Some((theirs.credentials.clone(), lite)),
            },
            dtls: Some(DtlsPlan {
                role: dtls_role(ours, theirs, local.is_answer()),
                fingerprints: theirs.fingerprints.clone(),
            }),
        };
        let sctp = SctpPlan {
            local_port: super::SCTP_PORT,
            remote_port: theirs.sctp_port,
            remote_max_message_size: theirs.max_message_size,
        };
        Some(SessionPlan { transports: [(TRANSPORT, transport)].into(), sctp: Some((TRANSPORT, sctp)) })
    }
}

/// RFC 8842, section 5: the answer decides. RFC 4145, section 4.1: an answer without a=setup is passive.
fn dtls_role(ours: &DataTransport, theirs: &DataTransport, we_answer: bool) -> dtls::Role {
    let (answer, answerer, offerer) = if we_answer {
        (ours.setup, dtls::Role::Client, dtls::Role::Server)
    } else {
        (theirs.setup, dtls::Role::Server, dtls::Role::Client)
    };
    if answer == Some(Setup::Active) { answerer } else { offerer }
}

/// webrtc-pc, set a session description, step 4.5.9.2.16: who offers first controls, unless the peer is lite. Kept
/// once it is known.
pub(crate) fn role_after_offer(remote: bool, offer: &Description) -> Role {
    if remote && !offer.parsed.is_ice_lite() { Role::Controlled } else { Role::Controlling }
}
