//! Everything that can be wrong with a description (RFC 9429, section 5.8, and webrtc-pc, set a session description).
//! Reads the slots, changes none.

use std::collections::BTreeSet;

use sdp::{Attribute, MediaSection, Setup};
use session::TransportId;

use super::associations::role_left;
use super::check_media::{check_extension_ids, check_formats, check_msids, check_simulcast};
use super::negotiation::{MAX_TRANSPORTS, Mapping, Negotiation};
use super::offered_direction;
use super::parsed::{Description, is_data};
use crate::{BundlePolicy, Error, SdpType, SignalingState, TransceiverDirection};

/// A description that can be committed, and the state that it leads to.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) description: Description,
    pub(crate) next_state: SignalingState,
    /// The transports of its m-sections.
    pub(crate) mapping: Mapping,
    /// The name that the next transport gets.
    pub(crate) next_transport: u32,
}

impl Negotiation {
    /// Checks a description that is no rollback.
    pub(crate) fn check(&self, remote: bool, kind: SdpType, sdp: String) -> Result<Checked, Error> {
        // webrtc-pc, set a session description, step 4.6.2: the type must fit the state.
        let next_state = self.state.after(remote, kind)?;
        // Step 4.6.3: valid syntax.
        let parsed = sdp::SessionDescription::parse(&sdp)
            .map_err(|error| Error::sdp_syntax(Some(error.line), error.kind.to_string()))?;
        if remote {
            check_groups(&parsed)?;
        }
        let description = Description::new(kind, sdp, parsed);
        if remote {
            check_rtcp_mux(&description)?;
            check_transports(&description)?;
            check_formats(&description)?;
            check_msids(&description)?;
            check_simulcast(&description)?;
            check_extension_ids(&description, self.descriptions())?;
        }
        let (mapping, next_transport) = match kind {
            SdpType::Offer => {
                self.check_offer(remote, &description.parsed)?;
                self.map_offer(remote, &description)
            }
            _ => {
                self.check_answer(remote, &description)?;
                (self.map_answer(&description), self.next_transport)
            }
        };
        // webrtc-pc, step 4.6.7: nothing is wrong with the description but what it would take.
        if mapping.iter().flatten().collect::<BTreeSet<_>>().len() > MAX_TRANSPORTS {
            return Err(Error::operation(format!("it has more than {MAX_TRANSPORTS} transports")));
        }
        if remote {
            self.check_continuity(&description, &mapping)?;
        }
        Ok(Checked { description, next_state, mapping, next_transport })
    }

    /// RFC 9429, sections 5.2.2 and 5.10: m-sections keep their places, kinds and mids, but for recycled ones.
    fn check_offer(&self, remote: bool, offer: &sdp::SessionDescription) -> Result<(), Error> {
        if let (Some(ours), Some(theirs)) = (&self.current_local, &self.current_remote) {
            check_places(ours, theirs, offer)?;
        }
        // webrtc-pc, step 4.4: a remote offer on top of another is checked as if the first had been answered.
        match &self.pending_remote {
            Some(pending) if remote => check_places(pending, pending, offer),
            _ => Ok(()),
        }
    }

    /// RFC 3264, section 6, and RFC 9429, section 5.8.4: an answer has the offer's m-sections, in the same order.
    fn check_answer(&self, remote: bool, answer: &Description) -> Result<(), Error> {
        let offer = if remote { &self.pending_local } else { &self.pending_remote };
        let Some(offer) = offer else { return Err(Error::invalid_state("there is no offer to answer")) };
        if answer.parsed.media.len() != offer.parsed.media.len() {
            return Err(Error::invalid_access("the answer has another number of m-sections than the offer"));
        }
        let sections = offer.parsed.media.iter().zip(&answer.parsed.media);
        for (index, (offered, answered)) in sections.enumerate() {
            let wrong = |what: &str| Err(Error::invalid_access(format!("m-section {index} {what}")));
            let same_mid = answered.mid().is_none() || answered.mid() == offered.mid();
            if answered.kind != offered.kind || answered.protocol != offered.protocol || !same_mid {
                return wrong("of the answer has another kind, protocol or mid than the offer's");
            }
            if answer.is_rejected(index) {
                continue;
            }
            if offer.is_rejected(index) || is_data(offered) != is_data(answered) {
                return wrong("was not offered like that");
            }
            let (offered_ways, answered_ways) =
                (offered_direction(offered).reversed(), offered_direction(answered));
            if answered.is_rtp() && !is_within(answered_ways, offered_ways) {
                return wrong("is answered with a direction that was not offered");
            }
            // RFC 9143, section 6: a bundle-only m-section is used in a bundle or not at all.
            if offered.is_bundle_only() && !is_grouped(answer, index) {
                return wrong("was offered for a bundle only");
            }
        }
        check_answered_groups(offer, answer)?;
        // RFC 9429, section 4.1.1.
        let transports: BTreeSet<TransportId> = self.map_answer(answer).into_iter().flatten().collect();
        if remote && self.bundle_policy == BundlePolicy::MaxBundle && transports.len() > 1 {
            return Err(Error::invalid_access("the answer does not bundle, which max-bundle wants"));
        }
        Ok(())
    }

    /// A remote description cannot silently exchange the peer: another certificate, name or DTLS role is another
    /// association, which comes with other ICE credentials; and those of the same one change only by an offer or in
    /// answer to a restart.
    fn check_continuity(&self, description: &Description, mapping: &Mapping) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        for (index, id) in mapping.iter().enumerate().filter_map(|(index, id)| Some((index, (*id)?))) {
            if seen.insert(id) {
                self.check_transport_continuity(description, description.tag(index), id)?;
            }
        }
        Ok(())
    }

    fn check_transport_continuity(
        &self,
        description: &Description,
        index: usize,
        id: TransportId,
    ) -> Result<(), Error> {
        let Some(standing) = self.plan.transports.get(&id) else { return Ok(()) };
        let role = role_left(description.setup(index));
        if let Some(what) = self.association_change(id, description, index, role) {
            // RFC 8842, section 3.3. The second peer of an offer answers with credentials of its own, though ours
            // are not new to it.
            return match self.has_new_credentials(id, description, index) {
                true => Ok(()),
                false => Err(Error::invalid_access(format!(
                    "other {what} than the DTLS connection has, without other ICE credentials"
                ))),
            };
        }
        let is_restarted =
            self.stable_plan.transports.get(&id).map(|plan| &plan.ice.local) != Some(&standing.ice.local);
        if description.is_answer()
            && !is_restarted
            && let Some((remote, _)) = &standing.ice.remote
            && description.credentials(index).as_ref() != Some(remote)
        {
            return Err(Error::invalid_access("the answer restarts ICE, which the offer did not"));
        }
        Ok(())
    }
}

/// Whether every way of the one direction is in the other.
fn is_within(direction: TransceiverDirection, limit: TransceiverDirection) -> bool {
    (!direction.sends() || limit.sends()) && (!direction.receives() || limit.receives())
}

/// Whether an m-section is in a BUNDLE group.
fn is_grouped(description: &Description, index: usize) -> bool {
    let mid = description.section(index).and_then(|section| section.mid());
    mid.is_some_and(|mid| {
        description.parsed.bundle_groups().any(|group| group.iter().any(|member| member == mid))
    })
}

/// RFC 9143, section 7.3: what is grouped in an answer was grouped in the offer.
fn check_answered_groups(offer: &Description, answer: &Description) -> Result<(), Error> {
    for group in answer.parsed.bundle_groups() {
        let mut offered = offer.parsed.bundle_groups();
        let is_offered = |candidate: &[String]| {
            let candidate: BTreeSet<&String> = candidate.iter().collect();
            group.iter().all(|mid| candidate.contains(mid))
        };
        if !group.is_empty() && !offered.any(is_offered) {
            return Err(Error::invalid_access("a BUNDLE group of the answer was not offered"));
        }
    }
    Ok(())
}

/// Whether an offer has the m-sections of the last negotiation, as its two sides described them.
fn check_places(
    ours: &Description,
    theirs: &Description,
    offer: &sdp::SessionDescription,
) -> Result<(), Error> {
    if offer.media.len() < ours.parsed.media.len() {
        return Err(Error::invalid_access("the offer has fewer m-sections than before"));
    }
    for (index, (section, before)) in offer.media.iter().zip(&ours.parsed.media).enumerate() {
        let is_recyclable = ours.is_rejected(index) || theirs.is_rejected(index);
        let is_same = section.kind == before.kind && section.mid() == before.mid();
        if !is_recyclable && !is_same {
            return Err(Error::invalid_access(format!(
                "m-section {index} has another kind or mid than before"
            )));
        }
    }
    Ok(())
}

/// Step 4.6.4: rtcpMuxPolicy is always "require". RFC 9143, section 7.1.3: the tagged m-section says it for its group.
fn check_rtcp_mux(description: &Description) -> Result<(), Error> {
    let multiplexes =
        |section: &MediaSection| section.attributes.contains(&Attribute::RtcpMux) || !section.is_rtp();
    let lacks_mux = |(index, section): &(usize, &MediaSection)| {
        let tag = description.tag(*index);
        let by_tag = tag != *index && description.section(tag).is_some_and(multiplexes);
        !multiplexes(section) && !by_tag
    };
    match description.used().find(lacks_mux) {
        Some(_) => Err(Error::invalid_access("an m-section does not multiplex RTP and RTCP (a=rtcp-mux)")),
        None => Ok(()),
    }
}

/// RFC 9143, section 7: mids are unique, and a BUNDLE group has only m-sections of the description, none of which is
/// in two groups.
fn check_groups(parsed: &sdp::SessionDescription) -> Result<(), Error> {
    let mut mids = BTreeSet::new();
    for mid in parsed.media.iter().filter_map(MediaSection::mid) {
        if !mids.insert(mid) {
            return Err(Error::invalid_access("two m-sections have the same mid"));
        }
    }
    let mut grouped = BTreeSet::new();
    for mid in parsed.bundle_groups().flatten() {
        if !mids.contains(mid.as_str()) {
            return Err(Error::invalid_access("a BUNDLE group names an m-section that is not there"));
        }
        if !grouped.insert(mid) {
            return Err(Error::invalid_access("an m-section is twice in BUNDLE groups"));
        }
    }
    Ok(())
}

/// RFC 9429, section 5.8.3: every m-section that is used has a transport with ICE credentials, a fingerprint that we
/// can check, and a DTLS role.
fn check_transports(description: &Description) -> Result<(), Error> {
    for (index, section) in description.used() {
        // Protocols that nobody knows (the old form of data m-sections among them) are rejected without a look.
        if !(is_data(section) || section.is_rtp()) {
            continue;
        }
        let wrong = |what: &str| Err(Error::invalid_access(format!("m-section {index} {what}")));
        if description.credentials(index).is_none() {
            return wrong("has no ICE credentials (a=ice-ufrag, a=ice-pwd)");
        }
        if !description.has_fingerprint(index) {
            return wrong("has no fingerprint of a supported hash function (a=fingerprint)");
        }
        match description.setup(index) {
            Some(Setup::HoldConn) => return wrong("does not connect (a=setup:holdconn)"),
            Some(Setup::ActPass) if description.is_answer() => {
                return wrong("leaves the DTLS role open in an answer (a=setup:actpass)");
            }
            _ => {}
        }
    }
    let data = description.data.and_then(|data| description.section(data.index));
    if data.and_then(MediaSection::sctp_port) == Some(0) {
        return Err(Error::invalid_access("the SCTP port is 0"));
    }
    Ok(())
}
