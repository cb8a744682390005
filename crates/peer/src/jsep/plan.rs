//! From two descriptions to what the session should do. Pure, and nothing here fails: `check` came before.

use ice::{Credentials, Role};
use sdp::Setup;
use session::{DtlsPlan, IcePlan, SctpPlan, SessionPlan, TransportId, TransportPlan};

use super::m_section::RENOMINATION;
use super::negotiation::{Mapping, Negotiation};
use super::parsed::Description;

impl Negotiation {
    /// The plan once this local offer is set: transports that gather. What was negotiated goes on until the answer.
    pub(crate) fn plan_offer(&self, offer: &Description, mapping: &Mapping) -> SessionPlan {
        let mut plan = self.stable_plan.clone();
        for (index, id) in mapping.iter().enumerate().filter_map(|(index, id)| Some((index, (*id)?))) {
            let Some(local) = offer.credentials(index) else { continue };
            // An m-section that shares a transport says nothing new of it.
            if offer.section(index).is_some_and(|section| section.ice_ufrag().is_none()) {
                continue;
            }
            let transport = plan.transports.entry(id).or_insert_with(|| {
                Box::new(TransportPlan { ice: self.plan_ice(id, local.clone(), None), dtls: None })
            });
            if transport.ice.local != local {
                // An ICE restart: the peer's new credentials come with the answer.
                transport.ice = self.plan_ice(id, local, None);
            }
        }
        plan
    }

    /// ICE with these credentials. RFC 9429, section 4.1.18: another transport policy is for generations that are new.
    fn plan_ice(&self, id: TransportId, local: Credentials, remote: Option<(Credentials, bool)>) -> IcePlan {
        let mut known =
            [&self.plan, &self.stable_plan].into_iter().filter_map(|plan| plan.transports.get(&id));
        let known = known.find(|transport| transport.ice.local == local);
        IcePlan {
            role: self.roles.get(&id).copied().unwrap_or(Role::Controlling),
            relay_only: known.map_or(self.relay_only, |transport| transport.ice.relay_only),
            local,
            remote,
            // Nobody nominates before there are two descriptions.
            renomination: false,
        }
    }

    /// The plan once an answer, provisional or final, is set: `local` and `remote` are its two sides. What it has no
    /// use for is closed by the final one.
    pub(crate) fn plan_answer(
        &self,
        local: &Description,
        remote: &Description,
        mapping: &Mapping,
        is_final: bool,
    ) -> SessionPlan {
        let answer = if local.is_answer() { local } else { remote };
        let mut plan = if is_final { SessionPlan::default() } else { self.plan.clone() };
        let mut planned = std::collections::BTreeSet::new();
        for (index, id) in mapping.iter().enumerate().filter_map(|(index, id)| Some((index, (*id)?))) {
            if !planned.insert(id) {
                continue;
            }
            let tag = answer.tag(index);
            let (Some(ours), Some(theirs)) = (local.credentials(tag), remote.credentials(tag)) else {
                continue;
            };
            let dtls_role = dtls_role(local.setup(tag), remote.setup(tag), local.is_answer());
            let ice = self.plan_ice(id, ours, Some((theirs, remote.parsed.is_ice_lite())));
            let renomination = [local, remote].iter().all(|side| side.has_ice_option(tag, RENOMINATION));
            let transport = TransportPlan {
                ice: IcePlan { renomination, ..ice },
                dtls: Some(DtlsPlan {
                    association: self.answered_association(id, remote, tag, dtls_role),
                    role: dtls_role,
                    fingerprints: remote.fingerprints(tag),
                }),
            };
            plan.transports.insert(id, Box::new(transport));
        }
        plan.sctp = local.data.zip(remote.data).and_then(|(ours, theirs)| {
            let id = mapping.get(theirs.index).copied().flatten()?;
            let (local_init, remote_init) = super::sctp_init::agreed(ours, theirs);
            let sctp = SctpPlan {
                local_port: super::SCTP_PORT,
                remote_port: theirs.sctp_port,
                remote_max_message_size: theirs.max_message_size,
                local_init,
                remote_init,
            };
            Some((id, sctp))
        });
        plan
    }
}

/// RFC 8842, section 5: the answer decides. RFC 4145, section 4.1: an answer without a=setup is passive.
fn dtls_role(ours: Option<Setup>, theirs: Option<Setup>, we_answer: bool) -> dtls::Role {
    let (answer, answerer, offerer) = if we_answer {
        (ours, dtls::Role::Client, dtls::Role::Server)
    } else {
        (theirs, dtls::Role::Server, dtls::Role::Client)
    };
    if answer == Some(Setup::Active) { answerer } else { offerer }
}

/// webrtc-pc, set a session description, step 4.7.11.2.14.6: who offers a transport first controls it, unless the peer is
/// lite. Kept once it is known. RFC 8445, section 6.1.1: if we are, the peer controls whoever offers.
pub(crate) fn role_after_offer(remote: bool, offer: &Description, is_ice_lite: bool) -> Role {
    let is_controlled = is_ice_lite || remote && !offer.parsed.is_ice_lite();
    if is_controlled { Role::Controlled } else { Role::Controlling }
}
