//! Local candidates ([webrtc-pc, section 5.6](https://www.w3.org/TR/webrtc/#rtcicetransport)).

use std::time::Instant;

use sdp::Attribute;
use session::StunServer;

use crate::candidate::{fields_of, to_sdp};
use crate::ice_server::ServerUrl;
use crate::jsep::TRANSPORT;
use crate::{Event, IceCandidate, IceCandidateError, IceTransportPolicy};

use super::PeerConnection;
use super::settle::Task;

/// RFC 8445 knows no code for it; webrtc-pc, RTCPeerConnectionIceErrorEvent: 701 where a server could not be reached.
const SERVER_UNREACHABLE: u16 = 701;

/// The servers that the session can ask.
pub(super) fn stun_servers(urls: &[ServerUrl]) -> Vec<StunServer> {
    let stun = |url: &ServerUrl| match url {
        ServerUrl::Stun(server) => Some(server.clone()),
        ServerUrl::Unsupported { .. } => None,
    };
    urls.iter().filter_map(stun).collect()
}

impl PeerConnection {
    /// Gathers candidates for the local description, unless its generation gathers already (RFC 9429, section 5.9).
    pub(super) fn gather(&mut self, now: Instant) {
        let Some(ufrag) = self.negotiation.local().and_then(|local| local.ufrag()).map(str::to_owned) else {
            return;
        };
        if self.gathered_ufrag.as_deref() == Some(ufrag.as_str()) {
            return;
        }
        self.gathered_ufrag = Some(ufrag.clone());
        self.gathered_policy = self.configuration.ice_transport_policy;
        match self.gathered_policy {
            IceTransportPolicy::All => {
                self.tasks.push_back(Task::GatheringBegan);
                self.session.gather(now, TRANSPORT);
            }
            // Set a session description, step 4.1.2: host and server-reflexive candidates are administratively
            // prohibited. As there is no TURN client, that leaves none, and nothing is asked of the network.
            IceTransportPolicy::Relay => {
                self.tasks.extend([
                    Task::GatheringBegan,
                    Task::GenerationComplete(Some(ufrag.clone())),
                    Task::GatheringComplete(Some(ufrag)),
                ]);
            }
        }
    }

    /// ICE is about to restart, or to go back. What the session has said so far is about the generation that stood
    /// until now: its end of gathering must not be taken for the end of the next one, and its candidates must reach
    /// the application before the description that replaces it. The second task does not follow: another generation
    /// gathers.
    pub(super) fn close_generation(&mut self) {
        let next = self.ahead.take();
        let events: Vec<_> =
            next.into_iter().chain(std::iter::from_fn(|| self.session.poll_event())).collect();
        for event in events {
            match event {
                session::Event::Ice(_, ice::Event::LocalCandidate(candidate)) => {
                    self.surface_candidate(&candidate)
                }
                session::Event::Ice(_, ice::Event::GatheringState(state)) => {
                    if state == ice::GatheringState::Complete {
                        self.generation_complete(self.gathered_ufrag.clone());
                    }
                }
                event => self.tasks.push_back(Task::Session(Box::new(event))),
            }
        }
    }

    /// webrtc-pc, the ICE Agent began gathering a generation.
    pub(super) fn gathering_began(&mut self) {
        if self.gathered_ufrag.is_none() {
            // It was rolled back.
            return;
        }
        self.transports.gatherer = ice::GatheringState::Gathering;
        self.update_gathering_state();
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

    /// webrtc-pc, the ICE Agent is finished gathering a generation, the first task.
    pub(super) fn generation_complete(&mut self, ufrag: Option<String>) {
        let Some(ufrag) = ufrag else { return };
        let Some((index, mid, true)) = self.add_to_local(&ufrag, &Attribute::EndOfCandidates) else { return };
        self.events.push_back(Event::IceCandidate(Some(IceCandidate {
            candidate: String::new(),
            sdp_mid: mid,
            sdp_m_line_index: u16::try_from(index).ok(),
            username_fragment: Some(ufrag),
            fields: None,
        })));
    }

    /// The second task, unless the generation was replaced or rolled back in between.
    pub(super) fn gathering_complete(&mut self, ufrag: Option<&str>) {
        if self.sctp.is_none() || ufrag.is_none() || ufrag != self.gathered_ufrag.as_deref() {
            return;
        }
        self.transports.gatherer = ice::GatheringState::Complete;
        let before = self.transports.ice_gathering_state;
        self.update_gathering_state();
        if self.transports.ice_gathering_state != before {
            self.events.push_back(Event::IceCandidate(None));
        }
    }

    /// webrtc-pc, surface a candidate. There are no [[EarlyCandidates]]: nothing is gathered before a description is
    /// set, so that a candidate that no description represents belongs to a generation that was rolled back.
    pub(super) fn surface_candidate(&mut self, candidate: &ice::Candidate) {
        let ufrag = candidate.ufrag.clone().or_else(|| self.gathered_ufrag.clone()).unwrap_or_default();
        // RFC 9429, section 3.5.4: what the policy disallows is not exposed. After a restart ICE announces the
        // sockets that it has, whatever the policy is now.
        if self.gathered_policy == IceTransportPolicy::Relay
            && self.gathered_ufrag.as_ref() == Some(&ufrag)
            && candidate.kind != ice::CandidateKind::Relayed
        {
            return;
        }
        let line = to_sdp(candidate);
        let (index, mid) = match self.add_to_local(&ufrag, &Attribute::Candidate(line.clone())) {
            Some((index, mid, true)) => (index, mid),
            // Gathered again after a rollback, and known to the application.
            Some((.., false)) => return,
            None => {
                self.counters.local_candidates_stale += 1;
                return;
            }
        };
        let mut trickled = line;
        // RFC 8839, section 5.1, and RFC 8838, section 4.1: the generation travels with the candidate.
        trickled.extensions.push(("ufrag".to_owned(), ufrag.clone()));
        self.events.push_back(Event::IceCandidate(Some(IceCandidate {
            candidate: trickled.to_string(),
            sdp_mid: mid,
            sdp_m_line_index: u16::try_from(index).ok(),
            username_fragment: Some(ufrag),
            fields: Some(fields_of(candidate)),
        })));
    }

    /// After a rollback, [[IceGathererState]] is that of the generation that is back.
    pub(super) fn restore_gatherer(&mut self) {
        let local = self.negotiation.local().filter(|local| local.data.is_some());
        self.transports.gatherer = match local {
            None => ice::GatheringState::New,
            Some(local) if local.has_all_candidates() => ice::GatheringState::Complete,
            Some(_) => ice::GatheringState::Gathering,
        };
        self.gathered_ufrag = local.and_then(|local| local.ufrag()).map(str::to_owned);
    }

    /// Adds a line to the local descriptions that represent the generation; the m-section that it went to, and
    /// whether it was new to any.
    fn add_to_local(&mut self, ufrag: &str, line: &Attribute) -> Option<(usize, Option<String>, bool)> {
        let mut place = None;
        for description in self.negotiation.locals_of(ufrag) {
            if let Some((index, mid)) = description.data.as_ref().map(|data| (data.index, data.mid.clone())) {
                let added = description.add_local_attribute(index, line.clone());
                let (.., is_new) = place.get_or_insert((index, mid, false));
                *is_new |= added;
            }
        }
        place
    }
}
