//! Local candidates ([webrtc-pc, section 5.6](https://www.w3.org/TR/webrtc/#rtcicetransport)).

use std::time::Instant;

use sdp::Attribute;
use session::{IceServer, TransportId};

use crate::candidate::{described, to_sdp};
use crate::ice_server::ServerUrl;
use crate::{Event, IceCandidate, IceCandidateError, IceGathererState, IceGatheringState, IceTransportEvent};

use super::PeerConnection;
use super::settle::Task;

/// RFC 8445 knows no code for it; webrtc-pc, RTCPeerConnectionIceErrorEvent: 701 where a server could not be reached.
const SERVER_UNREACHABLE: u16 = 701;

/// The servers that the session can ask.
pub(super) fn known_servers(urls: &[ServerUrl]) -> Vec<IceServer> {
    let known = |url: &ServerUrl| match url {
        ServerUrl::Known(server) => Some(server.clone()),
        ServerUrl::Unsupported { .. } => None,
    };
    urls.iter().filter_map(known).collect()
}

impl PeerConnection {
    /// Gathers candidates for the transports of the local description, but for generations that gather already (RFC
    /// 9429, section 5.9).
    pub(super) fn gather(&mut self, now: Instant) {
        let generations: Vec<(TransportId, String)> = self
            .negotiation
            .plan
            .transports
            .iter()
            .map(|(id, transport)| (*id, transport.ice.local.ufrag.clone()))
            .collect();
        for (id, ufrag) in generations {
            self.gather_transport(now, id, ufrag);
        }
    }

    /// RFC 9429, section 3.5.4: candidates of the transports that come first, before there is a description. Only for the
    /// first offer and answer; what nobody wanted is given up then.
    pub(super) fn fill_pool(&mut self, now: Instant) {
        let is_over = self.negotiation.current_local.is_some();
        let size = if is_over { 0 } else { u32::from(self.configuration.ice_candidate_pool_size) };
        let ids: Vec<TransportId> = (0..size).map(TransportId).collect();
        self.session.set_pool(now, &ids, self.negotiation.relay_only);
    }

    fn gather_transport(&mut self, now: Instant, id: TransportId, ufrag: String) {
        let slots = self.transports.entry(id);
        if slots.gathered_ufrag.as_deref() == Some(ufrag.as_str()) {
            return;
        }
        slots.gathered_ufrag = Some(ufrag);
        slots.local_candidates.clear();
        self.tasks.push_back(Task::GatheringBegan(id));
        self.session.gather(now, id);
    }

    /// ICE is about to restart on a transport, or to go back. What the session has said so far is about the generation
    /// that stood until now: its end of gathering must not be taken for the end of the next one, and its candidates
    /// must reach the application before the description that replaces it. The second task does not follow: another
    /// generation gathers.
    pub(super) fn close_generation(&mut self, id: TransportId) {
        let next = self.ahead.take();
        let events: Vec<_> =
            next.into_iter().chain(std::iter::from_fn(|| self.session.poll_event())).collect();
        for event in events {
            match event {
                session::Event::Ice(of, ice::Event::LocalCandidate(candidate)) if of == id => {
                    self.surface_candidate(id, &candidate)
                }
                session::Event::Ice(of, ice::Event::GatheringState(state)) if of == id => {
                    if state == ice::GatheringState::Complete {
                        self.generation_complete(id, self.gathered_ufrag(id));
                    }
                }
                event => self.tasks.push_back(Task::Session(Box::new(event))),
            }
        }
    }

    /// Whether a transport is in use. One that was bundled away is not: nobody waits for its candidates any more.
    fn is_planned(&self, id: TransportId) -> bool {
        self.negotiation.plan.transports.contains_key(&id)
    }

    /// The ICE generation of a transport that gathers, or has.
    pub(super) fn gathered_ufrag(&self, id: TransportId) -> Option<String> {
        self.transports.get(id)?.gathered_ufrag.clone()
    }

    /// webrtc-pc, the ICE Agent began gathering a generation.
    pub(super) fn gathering_began(&mut self, id: TransportId) {
        let Some(slots) = self.transports.get_mut(id).filter(|slots| slots.gathered_ufrag.is_some()) else {
            // It was rolled back.
            return;
        };
        let before = std::mem::replace(&mut slots.gatherer, IceGathererState::Gathering);
        self.gatherer_changed(id, before);
        // Nothing that was configured is ignored in silence.
        for url in self.server_urls.iter().rev() {
            if let ServerUrl::Unsupported { url, text } = url {
                self.tasks.push_front(Task::CandidateError(IceCandidateError {
                    address: None,
                    url: url.clone(),
                    error_code: SERVER_UNREACHABLE,
                    error_text: (*text).to_owned(),
                }));
            }
        }
    }

    /// The events of a gatherer's new state; whether that of the connection has changed.
    fn gatherer_changed(&mut self, id: TransportId, before: IceGathererState) -> bool {
        let changed = self.derive_gathering_state();
        let Some(after) = self.transports.get(id).map(|slots| slots.gatherer) else { return changed };
        if after != before {
            self.events.push_back(Event::IceTransport(id, IceTransportEvent::GatheringStateChange(after)));
        }
        if changed {
            let state = self.transports.ice_gathering_state;
            self.events.push_back(Event::IceGatheringStateChange(state));
        }
        changed
    }

    /// webrtc-pc, the ICE Agent is finished gathering a generation, the first task.
    pub(super) fn generation_complete(&mut self, id: TransportId, ufrag: Option<String>) {
        let Some(ufrag) = ufrag else { return };
        if !self.is_planned(id) {
            return;
        }
        let Some((index, mid, true)) = self.add_to_local(id, &ufrag, &Attribute::EndOfCandidates) else {
            return;
        };
        self.events.push_back(Event::IceCandidate(Some(Box::new(IceCandidate {
            candidate: String::new(),
            sdp_mid: mid,
            sdp_m_line_index: u16::try_from(index).ok(),
            username_fragment: Some(ufrag),
            fields: None,
        }))));
    }

    /// The second task, unless the generation was replaced or rolled back in between.
    pub(super) fn gathering_complete(&mut self, id: TransportId, ufrag: Option<&str>) {
        let is_planned = self.is_planned(id);
        let Some(slots) = self.transports.get_mut(id).filter(|_| is_planned) else { return };
        if ufrag.is_none() || ufrag != slots.gathered_ufrag.as_deref() {
            return;
        }
        let before = std::mem::replace(&mut slots.gatherer, IceGathererState::Complete);
        if self.gatherer_changed(id, before)
            && self.transports.ice_gathering_state == IceGatheringState::Complete
        {
            self.events.push_back(Event::IceCandidate(None));
        }
    }

    /// webrtc-pc, surface a candidate. There are no [[EarlyCandidates]]: nothing is told of what is gathered before a
    /// description is set, so that a candidate that no description represents belongs to a generation that was rolled back.
    pub(super) fn surface_candidate(&mut self, id: TransportId, candidate: &ice::Candidate) {
        let Some(slots) = self.transports.get(id).filter(|_| self.is_planned(id)) else {
            self.counters.local_candidates_stale += 1;
            return;
        };
        let ufrag = candidate.ufrag.clone().or_else(|| slots.gathered_ufrag.clone()).unwrap_or_default();
        let is_current = slots.gathered_ufrag.as_ref() == Some(&ufrag);
        let line = to_sdp(candidate);
        let (index, mid) = match self.add_to_local(id, &ufrag, &Attribute::Candidate(Box::new(line))) {
            Some((index, mid, true)) => (index, mid),
            // Gathered again after a rollback, and known to the application.
            Some((.., false)) => return,
            None => {
                self.counters.local_candidates_stale += 1;
                return;
            }
        };
        let candidate = ice::Candidate { ufrag: Some(ufrag), ..candidate.clone() };
        let candidate = described(&candidate, mid, Some(index));
        if let Some(slots) = self.transports.get_mut(id).filter(|_| is_current) {
            slots.local_candidates.reserve_exact(1);
            slots.local_candidates.push(candidate.clone());
        }
        self.events.push_back(Event::IceCandidate(Some(Box::new(candidate))));
    }

    /// After a rollback, [[IceGathererState]] is that of the generation that is back.
    pub(super) fn restore_gatherers(&mut self) {
        let negotiation = &self.negotiation;
        let ids: Vec<TransportId> = self.transports.iter().map(|(id, _)| id).collect();
        for id in ids {
            let ufrag = negotiation.local_credentials(id).map(|credentials| credentials.ufrag.clone());
            let local = ufrag.as_deref().and_then(|ufrag| {
                negotiation.locals().find_map(|local| Some((local, local.describes(id, ufrag)?)))
            });
            let Some(slots) = self.transports.get_mut(id) else { continue };
            if slots.gathered_ufrag == ufrag {
                continue;
            }
            slots.gatherer = match local {
                None => IceGathererState::New,
                Some((local, index)) if local.has_all_candidates(index) => IceGathererState::Complete,
                Some(_) => IceGathererState::Gathering,
            };
            slots.gathered_ufrag = ufrag;
        }
    }

    /// Adds a line to the local descriptions that represent the generation; the m-section that it went to, and
    /// whether it was new to any.
    fn add_to_local(
        &mut self,
        id: TransportId,
        ufrag: &str,
        line: &Attribute,
    ) -> Option<(usize, Option<String>, bool)> {
        let mut place = None;
        for (index, description) in self.negotiation.locals_of(id, ufrag) {
            let mid = description.section(index).and_then(|section| section.mid()).map(str::to_owned);
            let added = description.add_local_attribute(index, line.clone());
            let (.., is_new) = place.get_or_insert((index, mid, false));
            *is_new |= added;
        }
        place
    }
}
