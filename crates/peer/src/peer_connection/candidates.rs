//! Remote candidates: addIceCandidate()
//! ([webrtc-pc, section 4.4.2](https://www.w3.org/TR/webrtc/#dom-peerconnection-addicecandidate)).

use std::collections::BTreeSet;
use std::time::Instant;

use sdp::Attribute;
use session::TransportId;

use crate::candidate::{fields_of, is_bad_port, to_ice};
use crate::jsep::Description;
use crate::operations::Job;
use crate::{Error, IceCandidate, IceCandidateInit, Outcome};

use super::PeerConnection;
use super::calls::Started;

/// The most candidates that one m-section of a remote description holds; further ones are refused. ICE itself checks
/// fewer.
const MAX_REMOTE_CANDIDATES: usize = 256;

/// What ICE was given already of the candidates of one transport's peer.
#[derive(Clone, Debug, Default)]
pub(crate) struct RemoteCandidates {
    /// Our and the peer's username fragment, which name the generation.
    generation: (String, String),
    /// Its candidates, as lines.
    given: BTreeSet<String>,
    /// Whether it is complete.
    ended: bool,
    /// The set of remote candidates.
    pub(crate) candidates: Vec<IceCandidate>,
}

impl PeerConnection {
    /// The steps of addIceCandidate that do not wait, 4.1 to 4.5.
    pub(super) fn start_add_candidate(&mut self, candidate: &IceCandidateInit) -> Started {
        match self.check_candidate(candidate) {
            Ok(true) => Started::Job(Job::AddIceCandidate(candidate.clone())),
            Ok(false) => Started::Settled(Ok(Outcome::Done)),
            Err(error) => Started::Settled(Err(error)),
        }
    }

    /// Whether there is something to add.
    fn check_candidate(&self, candidate: &IceCandidateInit) -> Result<bool, Error> {
        // Step 4.1.
        let Some(remote) = self.negotiation.remote() else {
            return Err(Error::invalid_state("there is no remote description yet"));
        };
        // Steps 4.2 and 4.3.
        let index = section_index(remote, candidate)?;
        // Step 4.4. What is rejected for good has no transceiver that could be in use.
        let local = self.negotiation.local().filter(|local| local.is_answer() || self.is_stable());
        let is_rejected = |index: usize| {
            // A pending offer may have recycled what was rejected.
            let mid = |description: &Description| {
                description.section(index).and_then(|section| section.mid()).map(str::to_owned)
            };
            let by_us = |local: &Description| local.is_rejected(index) && mid(local) == mid(remote);
            remote.is_rejected(index) || local.is_some_and(by_us)
        };
        if index.is_some_and(is_rejected) {
            return Ok(false);
        }
        // Step 4.5.
        if let Some(ufrag) = &candidate.username_fragment
            && !self.remote_ufrags(index).any(|known| known == ufrag)
        {
            return Err(Error::operation("no remote description has this username fragment"));
        }
        Ok(true)
    }

    fn is_stable(&self) -> bool {
        self.negotiation.state == crate::SignalingState::Stable
    }

    /// The username fragments of an m-section (or of any) in the applied remote descriptions.
    fn remote_ufrags(&self, index: Option<usize>) -> impl Iterator<Item = &str> {
        let descriptions = [&self.negotiation.pending_remote, &self.negotiation.current_remote];
        descriptions.into_iter().flatten().flat_map(move |description| {
            let indices = index.map_or(0..description.parsed.media.len(), |index| index..index + 1);
            indices.filter_map(|index| description.ufrag(index))
        })
    }

    /// Steps 4.7 and on: in the task.
    pub(super) fn apply_candidate(
        &mut self,
        now: Instant,
        candidate: &IceCandidateInit,
    ) -> Result<(), Error> {
        let Some(remote) = self.negotiation.remote() else {
            return Err(Error::invalid_state("there is no remote description any more"));
        };
        let index = section_index(remote, candidate)?;
        let line = if candidate.candidate.is_empty() {
            Attribute::EndOfCandidates
        } else {
            let parsed: sdp::Candidate = candidate
                .candidate
                .parse()
                .map_err(|error| Error::operation(format!("the candidate cannot be parsed: {error}")))?;
            Attribute::Candidate(Box::new(parsed))
        };
        // The generation: the one that is named, else the most recent.
        let ufrag =
            candidate.username_fragment.clone().or_else(|| generation(remote, index).map(str::to_owned));
        let negotiation = &mut self.negotiation;
        for description in
            [&mut negotiation.pending_remote, &mut negotiation.current_remote].into_iter().flatten()
        {
            let theirs = generation(description, index);
            if theirs.is_none() || theirs == ufrag.as_deref() {
                add_line(description, index, &line)?;
            }
        }
        self.feed_remote_candidates(now);
        Ok(())
    }

    /// Gives ICE what it has not got of the remote candidates, once it runs with their generation.
    pub(super) fn feed_remote_candidates(&mut self, now: Instant) {
        let transports: BTreeSet<TransportId> =
            self.negotiation.transports.iter().flatten().copied().collect();
        for id in transports {
            self.feed_transport(now, id);
        }
    }

    /// The same for one transport: from the m-sections that use it and speak for it.
    fn feed_transport(&mut self, now: Instant, id: TransportId) {
        let Some(plan) = self.negotiation.plan.transports.get(&id) else { return };
        let Some(slots) = self.transports.get_mut(id) else { return };
        let Some((remote, _)) = &plan.ice.remote else {
            slots.remote = RemoteCandidates::default();
            return;
        };
        let ufrag = remote.ufrag.as_str();
        let generation = (plan.ice.local.ufrag.clone(), ufrag.to_owned());
        if slots.remote.generation != generation {
            slots.remote = RemoteCandidates { generation, ..RemoteCandidates::default() };
        }
        let negotiation = &self.negotiation;
        let mut given = Vec::new();
        let mut ended = false;
        for description in [&negotiation.pending_remote, &negotiation.current_remote].into_iter().flatten() {
            for (index, section) in description.used() {
                let is_used = negotiation.transports.get(index) == Some(&Some(id));
                let speaks = description.speaks_for_transport(index);
                if !is_used || !speaks || description.ufrag(index) != Some(ufrag) {
                    continue;
                }
                for candidate in section.candidates() {
                    if slots.remote.given.insert(candidate.to_string()) {
                        let mid = section.mid().map(str::to_owned);
                        slots.remote.candidates.reserve_exact(1);
                        slots.remote.candidates.push(signalled(candidate, mid, index, ufrag));
                        given.push(candidate.clone());
                    }
                }
                ended |= description.has_all_candidates(index);
            }
        }
        let is_end = ended && !std::mem::replace(&mut slots.remote.ended, true);
        let ufrag = ufrag.to_owned();
        for candidate in given {
            match to_ice(&candidate, &ufrag) {
                Some(_) if is_bad_port(candidate.port) => {
                    self.counters.remote_candidates_prohibited += 1;
                }
                Some(candidate) => self.session.add_remote_candidate(now, id, candidate),
                None if matches!(candidate.address, sdp::CandidateAddress::Name(_)) => {
                    self.counters.remote_candidates_named += 1;
                }
                None => self.counters.remote_candidates_unsupported += 1,
            }
        }
        if is_end {
            self.session.remote_end_of_candidates(now, id);
        }
    }
}

/// The most recent generation of an m-section, or where none is named, of the first that is used.
fn generation(description: &Description, index: Option<usize>) -> Option<&str> {
    let index = index.or_else(|| description.used().next().map(|(index, _)| index))?;
    description.ufrag(index)
}

/// The `RTCIceCandidate` of a candidate that was signalled to us.
fn signalled(candidate: &sdp::Candidate, mid: Option<String>, index: usize, ufrag: &str) -> IceCandidate {
    IceCandidate {
        candidate: candidate.to_string(),
        sdp_mid: mid,
        sdp_m_line_index: u16::try_from(index).ok(),
        username_fragment: Some(ufrag.to_owned()),
        fields: to_ice(candidate, ufrag).map(|candidate| fields_of(&candidate)),
    }
}

/// Which m-section a candidate names; `None` if it names none, which end-of-candidates may (steps 4.2 and 4.3).
fn section_index(remote: &Description, candidate: &IceCandidateInit) -> Result<Option<usize>, Error> {
    if let Some(mid) = &candidate.sdp_mid {
        let index = remote.parsed.media.iter().position(|section| section.mid() == Some(mid.as_str()));
        return match index {
            Some(index) => Ok(Some(index)),
            None => Err(Error::operation("the remote description has no m-section with this mid")),
        };
    }
    match candidate.sdp_m_line_index.map(usize::from) {
        Some(index) if index >= remote.parsed.media.len() => {
            Err(Error::operation("the remote description has no m-section with this index"))
        }
        index => Ok(index),
    }
}

/// Adds a line to one m-section, or to all that are not rejected.
fn add_line(description: &mut Description, index: Option<usize>, line: &Attribute) -> Result<(), Error> {
    let sections = description.parsed.media.iter().enumerate();
    let places: Vec<usize> = sections
        .filter(|(position, section)| match index {
            Some(index) => *position == index,
            None => !section.is_rejected(),
        })
        .map(|(position, _)| position)
        .collect();
    for place in places {
        let section = &description.parsed.media[place];
        if matches!(line, Attribute::Candidate(_)) && section.candidates().count() >= MAX_REMOTE_CANDIDATES {
            return Err(Error::operation("the m-section has too many candidates"));
        }
        description.add_attribute(place, line.clone());
    }
    Ok(())
}
