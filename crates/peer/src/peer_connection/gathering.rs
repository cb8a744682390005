//! Local candidates ([webrtc-pc, section 5.6](https://www.w3.org/TR/webrtc/#rtcicetransport)).

use std::time::Instant;

use sdp::Attribute;
use session::StunServer;

use crate::candidate::{fields_of, to_sdp};
use crate::ice_server::ServerUrl;
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
        match self.configuration.ice_transport_policy {
            IceTransportPolicy::All => self.session.gather(now),
            // Set a session description, step 4.1.2: host and server-reflexive candidates are administratively
            // prohibited. As there is no TURN client, that leaves none, and nothing is asked of the network.
            IceTransportPolicy::Relay => {
                self.tasks.extend([
                    Task::GatheringBegan,
                    Task::GenerationComplete(Some(ufrag)),
                    Task::GatheringComplete,
                ]);
            }
        }
    }

    /// webrtc-pc, the ICE Agent began gathering a generation. One that is complete already is gathered again after a
    /// restart was rolled back, for ICE alone: the application has its candidates.
    pub(super) fn gathering_began(&mut self) {
        if self.generation_is_complete() {
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

    /// The second task.
    pub(super) fn gathering_complete(&mut self) {
        if self.sctp.is_none() {
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

    /// Whether the local description has all candidates of its generation.
    fn generation_is_complete(&self) -> bool {
        self.negotiation.local().is_some_and(|local| local.has_all_candidates())
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
                let added = description.add_attribute(index, line.clone());
                let (.., is_new) = place.get_or_insert((index, mid, false));
                *is_new |= added;
            }
        }
        place
    }
}
