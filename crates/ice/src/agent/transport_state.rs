//! [`RTCIceTransportState`](https://www.w3.org/TR/webrtc/#rtcicetransportstate), derived from all the rest.

use std::time::Instant;

use super::Agent;
use crate::{Event, TransportState};

impl Agent {
    pub(super) fn update_state(&mut self, now: Instant) {
        if self.link.is_some() {
            self.lost_since = None;
        }
        self.failed |= self.has_failed(now);
        if self.failed {
            self.give_up_streams();
            self.link = None;
            self.nominate_at = None;
            self.current.checklist.pending_mut().clear();
        }
        let state = self.derive_state(now);
        self.set_state(state);
    }

    pub(super) fn set_state(&mut self, state: TransportState) {
        if self.state != state {
            self.state = state;
            self.events.push_back(Event::TransportState(state));
        }
    }

    fn derive_state(&self, now: Instant) -> TransportState {
        if self.failed {
            return TransportState::Failed;
        }
        if let Some(link) = &self.link {
            let is_current = link.generation == self.current.number;
            let has_concluded = link.concludes.is_some_and(|time| now >= time);
            return match link.consent.is_disconnected() {
                true if is_current => TransportState::Disconnected,
                // webrtc-pc, 5.6.4: a restart in the disconnected state causes a transition to checking.
                true => TransportState::Checking,
                false if is_current && has_concluded && self.is_gathered() => TransportState::Completed,
                false => TransportState::Connected,
            };
        }
        let exhausted = !self.current.checklist.pairs().is_empty() && self.current.checklist.is_exhausted();
        if self.restarted && !exhausted && self.lost_since.is_none() {
            return TransportState::Checking;
        }
        let has_begun = self.current.remote.is_some() && !self.current.remotes.is_empty();
        match has_begun {
            // webrtc-pc: all existing pairs were checked without success, but more candidates may come.
            _ if exhausted || self.lost_since.is_some() => TransportState::Disconnected,
            true => TransportState::Checking,
            false => TransportState::New,
        }
    }

    /// webrtc-pc, 5.6.4, "failed", and RFC 8863, section 4.
    fn has_failed(&self, now: Instant) -> bool {
        if self.failed || self.is_linked() {
            return self.failed;
        }
        if self.lost_since.is_some_and(|since| now >= since + self.config.consent_lifetime) {
            return true;
        }
        let Some(since) = self.current.checking_since else { return false };
        if !self.current.checklist.is_exhausted() || self.opens_streams_again() {
            return false;
        }
        let no_locals = self.current.locals.is_empty();
        let ended = self.is_gathered() && (no_locals || now >= since + self.config.patience);
        // The pair of before a restart, if it still works, is only given up where nothing can come any more.
        ended || self.link.is_none() && now >= since + self.config.max_patience
    }

    /// Whether a pair of this generation is in use.
    fn is_linked(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.generation == self.current.number)
    }

    /// When time alone completes the transport.
    pub(super) fn conclusion_deadline(&self) -> Option<Instant> {
        self.link.as_ref()?.concludes.filter(|time| Some(*time) > self.seen)
    }

    /// When time alone may turn into failure.
    pub(super) fn failure_deadline(&self) -> Option<Instant> {
        if self.is_idle() || self.is_linked() {
            return None;
        }
        let lost = self.lost_since.map(|since| since + self.config.consent_lifetime);
        let since = self.current.checking_since;
        let patience = since.map(|since| since + self.config.patience);
        let max_patience = since.map(|since| since + self.config.max_patience);
        let times = [lost, patience, max_patience].into_iter().flatten();
        times.filter(|time| Some(*time) > self.seen).min()
    }
}
