//! Which transport an m-section uses (RFC 9143, sections 7 and 8). Pure.

use std::collections::BTreeSet;

use session::TransportId;

use super::negotiation::{Mapping, Negotiation};
use super::parsed::Description;

impl Negotiation {
    /// The transports of an offer's m-sections, and the name that the next new one gets. Ours has one for every
    /// m-section with an address of its own; the peer's has one for every bundle, because we accept what it bundles.
    pub(crate) fn map_offer(&self, remote: bool, offer: &Description) -> (Mapping, u32) {
        let count = offer.parsed.media.len();
        // The m-section whose transport each one uses.
        let holder = |index: usize| {
            let has_own = offer.section(index).is_some_and(|section| section.ice_ufrag().is_some());
            if !remote && has_own { index } else { offer.tag(index) }
        };
        let mut next = self.next_transport;
        let mut taken: BTreeSet<TransportId> = BTreeSet::new();
        let mut mapping: Mapping = vec![None; count];
        let is_holder = |index: &usize| !offer.is_rejected(*index) && holder(*index) == *index;
        for index in (0..count).filter(is_holder) {
            let is_free = |id: &TransportId| !taken.contains(id);
            let members = (0..count).filter(|&member| holder(member) == index && !offer.is_rejected(member));
            let id = self
                .known_transport(remote, index)
                .filter(is_free)
                .or_else(|| members.filter_map(|member| self.known_transport(remote, member)).find(is_free))
                .unwrap_or_else(|| {
                    next += 1;
                    TransportId(next - 1)
                });
            taken.insert(id);
            mapping[index] = Some(id);
        }
        for index in 0..count {
            if !offer.is_rejected(index) {
                mapping[index] = mapping[holder(index)];
            }
        }
        (mapping, next)
    }

    /// The transport that an m-section has already: in force, or by an offer of the same side that this one replaces.
    fn known_transport(&self, remote: bool, index: usize) -> Option<TransportId> {
        let is_replaced = if remote { self.pending_remote.is_some() } else { self.pending_local.is_some() };
        let pending = self.offered.get(index).copied().flatten().filter(|_| is_replaced);
        pending.or_else(|| self.transports.get(index).copied().flatten())
    }

    /// The transports of an answer's m-sections: those of the tagged ones.
    pub(crate) fn map_answer(&self, answer: &Description) -> Mapping {
        let transport = |index: usize| {
            let tagged = self.offered.get(answer.tag(index)).copied().flatten();
            tagged.filter(|_| !answer.is_rejected(index))
        };
        (0..answer.parsed.media.len()).map(transport).collect()
    }
}
