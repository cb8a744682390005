//! Candidates that were gathered before anybody wanted them.

use std::sync::Arc;

use super::Agent;
use crate::stun::Side;
use crate::{Credentials, Event};

impl Agent {
    /// Has all that was gathered so far belong to these credentials. For an agent that gathers ahead of time
    /// ([RFC 9429, section 3.5.4](https://www.rfc-editor.org/rfc/rfc9429#section-3.5.4)), of which nothing was told yet:
    /// its events wait, and come under these credentials. Without effect once the peer's are known, or after a restart.
    pub fn adopt(&mut self, local: Credentials) {
        if self.current.remote.is_some() || self.current.number != 0 {
            return;
        }
        let ufrag = local.ufrag.clone();
        self.current.local = Arc::new(Side::new(local));
        let told = self.events.iter_mut().filter_map(|event| match event {
            Event::LocalCandidate(candidate) => Some(&mut **candidate),
            _ => None,
        });
        let known = self.current.locals.iter_mut().map(|local| &mut local.candidate);
        known.chain(told).for_each(|candidate| candidate.ufrag = Some(ufrag.clone()));
    }
}
