//! Stream identifiers.

use std::collections::BTreeSet;

/// Which identifiers this side may give, and which nobody may any more.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    role: Option<dtls::Role>,
    /// Every identifier of our parity below this one is in use, or was when it was last given.
    hint: u16,
    /// Streams that the peer would not reset. At most 65,535.
    unusable: BTreeSet<u16>,
}

impl Ids {
    /// 65535 is no identifier: SCTP has at most 65,535 streams (RFC 8832, section 8.1; RFC 9260, section 3.3.2).
    pub(crate) const END: u16 = u16::MAX;

    /// Learns our DTLS role; whether it is another than before.
    pub(crate) fn set_role(&mut self, role: dtls::Role) -> bool {
        let is_new = self.role != Some(role);
        if is_new {
            self.hint = Self::parity(role);
        }
        self.role.replace(role).is_some() && is_new
    }

    /// Whether [`next`](Ids::next) can give anything.
    pub(crate) fn is_role_known(&self) -> bool {
        self.role.is_some()
    }

    /// Whether `id` is one that the peer gives to its channels.
    pub(crate) fn is_peers(&self, id: u16) -> bool {
        self.role.is_some_and(|role| id % 2 != Self::parity(role))
    }

    /// The lowest identifier of our parity below `end` that is not taken.
    pub(crate) fn next(&mut self, end: u16, is_taken: impl Fn(u16) -> bool) -> Option<u16> {
        self.role?;
        let id = (self.hint..end).step_by(2).find(|id| !is_taken(*id) && !self.unusable.contains(id))?;
        self.hint = id;
        Some(id)
    }

    /// `id` is free again.
    pub(crate) fn release(&mut self, id: u16) {
        if id % 2 == self.hint % 2 {
            self.hint = self.hint.min(id);
        }
    }

    /// `id` must not be used again.
    pub(crate) fn retire(&mut self, id: u16) {
        self.unusable.insert(id);
    }

    /// The streams are those of another association.
    pub(crate) fn forget_retired(&mut self) {
        self.unusable.clear();
    }

    /// Whether `id` was [retired](Ids::retire).
    pub(crate) fn is_retired(&self, id: u16) -> bool {
        self.unusable.contains(&id)
    }

    /// RFC 8832, section 6: the DTLS client gives even identifiers, the server odd ones.
    fn parity(role: dtls::Role) -> u16 {
        match role {
            dtls::Role::Client => 0,
            dtls::Role::Server => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_gives_even_identifiers_and_the_server_odd_ones() {
        for (role, expected) in [(dtls::Role::Client, [0, 4, 6]), (dtls::Role::Server, [1, 5, 7])] {
            let mut ids = Ids::default();
            assert_eq!(ids.next(100, |_| false), None);
            ids.set_role(role);
            let mut taken = vec![2, 3];
            for id in expected {
                assert_eq!(ids.next(100, |id| taken.contains(&id)), Some(id));
                assert!(!ids.is_peers(id) && ids.is_peers(id + 1));
                taken.push(id);
            }
        }
    }

    #[test]
    fn identifiers_run_out_come_back_and_stay_retired() {
        let mut ids = Ids::default();
        ids.set_role(dtls::Role::Client);
        let mut taken = Vec::new();
        while let Some(id) = ids.next(5, |id| taken.contains(&id)) {
            taken.push(id);
        }
        assert_eq!(taken, [0, 2, 4]);
        taken.retain(|id| *id == 0);
        ids.release(4);
        ids.release(2);
        ids.retire(2);
        assert_eq!(ids.next(5, |id| taken.contains(&id)), Some(4));
        assert_eq!(Ids { hint: 65_534, ..ids }.next(u16::MAX, |_| false), Some(65_534));
    }
}
