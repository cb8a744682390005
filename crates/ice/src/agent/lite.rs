//! What a lite agent does with a check ([RFC 8445, section 7.3.2](https://www.rfc-editor.org/rfc/rfc8445#section-7.3.2)).
//!
//! [RFC 7675, section 4](https://www.rfc-editor.org/rfc/rfc7675#section-4) lets lite agents do without consent checks.
//! Data for somebody who is not there any more must stop all the same: each check that the full agent sends on the pair
//! in use counts as an answer would, and it sends one every few seconds for its own consent.

use std::time::Instant;

use super::Agent;
use super::generation::EarlyCheck;
use crate::PairState;

impl Agent {
    pub(super) fn take_check_as_lite(&mut self, now: Instant, check: &EarlyCheck) {
        // Others may send on the path now; we do not before it is nominated.
        self.current.validate(check.path);
        let pair = self.current.checklist.by_path(check.path).map(|pair| pair.id);
        let id = match pair {
            None if !self.may_nominate(check) => return,
            pair => pair.or_else(|| self.learn_remote(now, check)),
        };
        let nominated = id.is_some_and(|id| self.is_nomination(now, id, check));
        let Some(pair) = id.and_then(|id| self.current.checklist.pair_mut(id)) else {
            self.counters.dropped_over_limit += 1;
            return;
        };
        let (id, local) = (pair.id, pair.local);
        pair.traffic.requests_received += 1;
        pair.mapped.get_or_insert(local);
        pair.consent_until = Some(now + self.config.consent_lifetime);
        if nominated {
            pair.state = PairState::Succeeded;
            pair.nominated = true;
            self.current.first_valid.get_or_insert(now);
        }
        let in_use = self.link.as_mut().filter(|link| link.generation == self.current.number);
        if let Some(link) = in_use.filter(|link| link.pair == id) {
            link.consent.renew(now, &self.config);
        }
        if nominated {
            self.note_nomination(now, id);
            self.consider_nominated(now, id);
        }
    }
}
