//! Credentials and the generations that they make
//! ([RFC 8445, section 9](https://www.rfc-editor.org/rfc/rfc8445#section-9)).

use std::sync::Arc;
use std::time::Instant;

use super::Agent;
use super::generation::Generation;
use crate::stun::Side;
use crate::{Credentials, Event, GatheringState, Role, TransportState};

/// Validated paths of earlier generations: those of two generations at most.
const MAX_PREVIOUS_VALIDATED: usize = 512;

impl Agent {
    /// The other side's credentials. The same as now: nothing happens. Others: the other side restarted, and
    /// all that was found under its old credentials gives way to a new checklist.
    ///
    /// Checks that came before were answered and are taken up now. `remote_lite`: the other side is a lite
    /// agent, which never controls.
    pub fn set_remote_credentials(&mut self, now: Instant, remote: Credentials, remote_lite: bool) {
        self.seen = Some(now);
        if self.state == TransportState::Closed || self.remote_credentials() == Some(&remote) {
            return;
        }
        if self.current.remote.is_some() {
            self.renew_remote();
        }
        // RFC 8445, section 6.1.1: a full agent controls a lite one.
        if remote_lite && self.role == Role::Controlled && !self.config.lite {
            self.take_role(Role::Controlling);
            self.events.push_back(Event::Role(Role::Controlling));
        }
        self.current.remote = Some(Arc::new(Side::new(remote)));
        self.current.checking_since = Some(now);
        let ufrag = self.remote_credentials().map(|remote| remote.ufrag.clone());
        for candidate in std::mem::take(&mut self.current.waiting) {
            if candidate.ufrag.is_none() || candidate.ufrag == ufrag {
                self.take_remote_candidate(candidate);
            } else {
                self.counters.candidates_ignored += 1;
            }
        }
        for check in std::mem::take(&mut self.current.early) {
            if Some(&check.remote_ufrag) == ufrag.as_ref() {
                self.take_check(now, &check);
            }
        }
        self.settle(now);
    }

    /// ICE restart: new credentials, a new checklist, and the candidates of all sockets announced again. The
    /// old pair carries data, and its consent is kept, until a new one is selected.
    pub fn restart(&mut self, now: Instant, local: Credentials) {
        self.seen = Some(now);
        if self.state == TransportState::Closed || *self.local_credentials() == local {
            return;
        }
        self.keep_link();
        self.next_generation(Arc::new(Side::new(local)), self.relay_only);
        self.gather_again(now);
        self.settle(now);
    }

    /// Gives up what was found before the credentials that stand: its paths are not validated any more, and the pair
    /// of before the restart carries no data. For a layer above that has nothing to say there any more, because the
    /// other side is somebody else now.
    pub fn leave_former_generations(&mut self, now: Instant) {
        self.seen = Some(now);
        if self.state == TransportState::Closed {
            return;
        }
        self.previous_validated.clear();
        self.link = self.link.take().filter(|link| link.generation == self.current.number);
        self.settle(now);
    }

    /// The other side restarted alone: our candidates stay as they are.
    fn renew_remote(&mut self) {
        // The pair in use is described by candidates: it is taken over before they are taken away.
        self.keep_link();
        let (local, locals) = (self.current.local.clone(), std::mem::take(&mut self.current.locals));
        let early = std::mem::take(&mut self.current.early);
        self.next_generation(local, self.current.relay_only);
        self.current.locals = locals;
        self.current.early = early;
    }

    /// The pair in use has to be kept before.
    fn next_generation(&mut self, local: Arc<Side>, relay_only: bool) {
        self.previous_validated.extend(self.current.take_validated());
        if self.previous_validated.len() > MAX_PREVIOUS_VALIDATED {
            let in_use = self.send_path();
            self.previous_validated.retain(|path| Some(*path) == in_use);
        }
        self.current = Generation::new(self.current.number + 1, local, relay_only);
        self.forget_permissions();
        self.restarted |= self.state != TransportState::New;
        self.failed = false;
        self.lost_since = None;
        self.nominate_at = None;
    }

    fn keep_link(&mut self) {
        let Some(stats) = self.link_pair().map(|pair| self.stats_of(pair)) else { return };
        if let Some(link) = &mut self.link {
            link.former = Some(Box::new(stats));
        }
    }

    /// Whether nothing more comes from either side.
    pub(super) fn is_gathered(&self) -> bool {
        self.gatherer.state == GatheringState::Complete && self.current.remote_ended
    }
}
