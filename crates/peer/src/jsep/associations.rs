//! Which DTLS association a transport has
//! ([RFC 8842, section 3.1](https://www.rfc-editor.org/rfc/rfc8842#section-3.1)).

use sdp::Setup;
use session::TransportId;

use super::negotiation::Negotiation;
use super::parsed::Description;

/// The DTLS association that was negotiated last on a transport.
#[derive(Clone, Debug, Default)]
pub(crate) struct Association {
    /// Which it is, counted from 0 for the first.
    pub(crate) number: u32,
    /// The peer's name for it (RFC 8842, section 4).
    peer_tls_id: Option<String>,
}

impl Negotiation {
    /// What makes a remote description ask for another association than the one that stands: the certificate, its
    /// name, or our role, as far as the description leaves no choice.
    pub(crate) fn association_change(
        &self,
        id: TransportId,
        remote: &Description,
        index: usize,
        role: Option<dtls::Role>,
    ) -> Option<&'static str> {
        let standing = self.plan.transports.get(&id)?.dtls.as_ref()?;
        let fingerprints = remote.fingerprints(index);
        let is_within = |one: &[dtls::Fingerprint], other: &[dtls::Fingerprint]| {
            one.iter().all(|fingerprint| other.contains(fingerprint))
        };
        let is_same_peer = is_within(&standing.fingerprints, &fingerprints)
            && is_within(&fingerprints, &standing.fingerprints);
        let before = self.associations.get(&id).and_then(|association| association.peer_tls_id.as_deref());
        let is_renamed = before.zip(remote.tls_id(index)).is_some_and(|(before, now)| before != now);
        if !is_same_peer {
            Some("fingerprints")
        } else if is_renamed {
            Some("tls-id")
        } else {
            role.filter(|role| *role != standing.role).map(|_| "DTLS role")
        }
    }

    /// Whether the peer has other ICE credentials in a remote description than it had. Only then can a second
    /// association be told from the first (RFC 8842, section 3.3).
    pub(crate) fn has_new_credentials(&self, id: TransportId, remote: &Description, index: usize) -> bool {
        // While an offer of ours restarts ICE, the plan has none of the peer.
        let mut plans = [&self.plan, &self.stable_plan].into_iter();
        let known = plans.find_map(|plan| plan.transports.get(&id)?.ice.remote.as_ref());
        known.map(|(credentials, _)| credentials) != remote.credentials(index).as_ref()
    }

    /// The number of the association that an answer agrees on, in our role.
    pub(crate) fn answered_association(
        &self,
        id: TransportId,
        remote: &Description,
        index: usize,
        role: dtls::Role,
    ) -> u32 {
        let number = self.associations.get(&id).map_or(0, |association| association.number);
        let is_another = self.association_change(id, remote, index, Some(role)).is_some()
            && self.has_new_credentials(id, remote, index);
        number.wrapping_add(u32::from(is_another))
    }

    /// Remembers what the answer that was set just now has agreed on.
    pub(crate) fn note_associations(&mut self) {
        let (Some(local), Some(remote)) = (self.local(), self.remote()) else { return };
        let answer = if local.is_answer() { local } else { remote };
        let agreed = |id: &TransportId, transport: &session::TransportPlan| {
            let number = transport.dtls.as_ref()?.association;
            let index = self.transports.iter().position(|mapped| *mapped == Some(*id))?;
            let peer_tls_id = remote.tls_id(answer.tag(index)).map(str::to_owned);
            Some((*id, Association { number, peer_tls_id }))
        };
        let plans = self.plan.transports.iter();
        let agreed: Vec<_> = plans.filter_map(|(id, transport)| agreed(id, transport)).collect();
        self.associations.extend(agreed);
    }
}

/// The role that a description of the peer leaves us, if it leaves no choice.
pub(crate) fn role_left(theirs: Option<Setup>) -> Option<dtls::Role> {
    match theirs {
        Some(Setup::Active) => Some(dtls::Role::Server),
        Some(Setup::Passive) => Some(dtls::Role::Client),
        _ => None,
    }
}
