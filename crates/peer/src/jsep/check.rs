//! Everything that can be wrong with a description (RFC 9429, section 5.8, and webrtc-pc, set a session description).
//! Reads the slots, changes none.

use std::collections::BTreeSet;

use sdp::{Attribute, MediaSection, Setup};

use super::negotiation::Negotiation;
use super::parsed::{Description, credentials, data_index, fingerprints, is_data, setup};
use crate::{Error, SdpType, SignalingState};

/// A description that can be committed, and the state that it leads to.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) description: Description,
    pub(crate) next_state: SignalingState,
}

impl Negotiation {
    /// Checks a description that is no rollback.
    pub(crate) fn check(&self, remote: bool, kind: SdpType, sdp: String) -> Result<Checked, Error> {
        // webrtc-pc, set a session description, step 4.4.2: the type must fit the state.
        let next_state = self.state.after(remote, kind)?;
        // Step 4.4.3: valid syntax.
        let parsed = sdp::SessionDescription::parse(&sdp)
            .map_err(|error| Error::sdp_syntax(Some(error.line), error.kind.to_string()))?;
        if remote {
            check_rtcp_mux(&parsed)?;
            check_groups(&parsed)?;
            check_transports(&parsed, kind)?;
        }
        match kind {
            SdpType::Offer => self.check_offer(remote, &parsed)?,
            _ => self.check_answer(remote, &parsed)?,
        }
        let description = Description::new(kind, sdp, parsed);
        if remote {
            self.check_continuity(&description)?;
        }
        Ok(Checked { description, next_state })
    }

    /// RFC 9429, sections 5.2.2 and 5.10: m-sections keep their places, kinds and mids, but for recycled ones.
    fn check_offer(&self, remote: bool, offer: &sdp::SessionDescription) -> Result<(), Error> {
        if let (Some(ours), Some(theirs)) = (&self.current_local, &self.current_remote) {
            check_places(&ours.parsed, &theirs.parsed, offer)?;
        }
        // webrtc-pc, step 4.1.4: a remote offer on top of another is checked as if the first had been answered.
        match &self.pending_remote {
            Some(pending) if remote => check_places(&pending.parsed, &pending.parsed, offer),
            _ => Ok(()),
        }
    }

    /// RFC 3264, section 6, and RFC 9429, section 5.8.4: an answer has the offer's m-sections, in the same order.
    fn check_answer(&self, remote: bool, answer: &sdp::SessionDescription) -> Result<(), Error> {
        let offer = if remote { &self.pending_local } else { &self.pending_remote };
        let Some(offer) = offer else { return Err(Error::invalid_state("there is no offer to answer")) };
        if answer.media.len() != offer.parsed.media.len() {
            return Err(Error::invalid_access("the answer has another number of m-sections than the offer"));
        }
        for (index, (offered, answered)) in offer.parsed.media.iter().zip(&answer.media).enumerate() {
            let same_mid = answered.mid().is_none() || answered.mid() == offered.mid();
            if answered.kind != offered.kind || answered.protocol != offered.protocol || !same_mid {
                return Err(Error::invalid_access(format!(
                    "m-section {index} of the answer has another kind, protocol or mid than the offer's"
                )));
            }
            if !answered.is_rejected() && (offered.is_rejected() || is_data(offered) != is_data(answered)) {
                return Err(Error::invalid_access(format!("m-section {index} was not offered like that")));
            }
        }
        Ok(())
    }

    /// A remote description cannot silently exchange the peer: the certificate and the DTLS role of an association
    /// that stands are fixed (RFC 8842, section 5.1, would make a new association, which is not supported), and ICE
    /// credentials change only by an offer or in answer to a restart.
    fn check_continuity(&self, description: &Description) -> Result<(), Error> {
        let Some(data) = &description.data else { return Ok(()) };
        if let Some(standing) = self.standing().and_then(|standing| standing.dtls.as_ref()) {
            let same = |one: &[dtls::Fingerprint], other: &[dtls::Fingerprint]| {
                one.iter().all(|fingerprint| other.contains(fingerprint))
            };
            if !same(&standing.fingerprints, &data.fingerprints)
                || !same(&data.fingerprints, &standing.fingerprints)
            {
                return Err(Error::invalid_access(
                    "the fingerprints differ from those of the DTLS connection",
                ));
            }
            // RFC 8842, section 5.1: another name would be another association.
            let remote_before = self.remote().and_then(|remote| remote.data.as_ref());
            if let (Some(before), Some(now)) =
                (remote_before.and_then(|data| data.tls_id.as_ref()), &data.tls_id)
                && before != now
            {
                return Err(Error::invalid_access("the tls-id differs from that of the DTLS connection"));
            }
            let peer_role = match data.setup {
                Some(Setup::Active) => Some(dtls::Role::Client),
                Some(Setup::Passive) => Some(dtls::Role::Server),
                _ => None,
            };
            if peer_role == Some(standing.role) {
                return Err(Error::invalid_access("the DTLS role differs from that of the DTLS connection"));
            }
        }
        if description.is_answer()
            && let Some(standing) = self.standing()
            && let Some((remote, _)) = &standing.ice.remote
            && *remote != data.credentials
            && self.pending_local.as_ref().and_then(Description::ufrag)
                == Some(standing.ice.local.ufrag.as_str())
        {
            return Err(Error::invalid_access("the answer restarts ICE, which the offer did not"));
        }
        Ok(())
    }
}

/// Whether an offer has the m-sections of the last negotiation, as its two sides described them.
fn check_places(
    ours: &sdp::SessionDescription,
    theirs: &sdp::SessionDescription,
    offer: &sdp::SessionDescription,
) -> Result<(), Error> {
    if offer.media.len() < ours.media.len() {
        return Err(Error::invalid_access("the offer has fewer m-sections than before"));
    }
    let before = ours.media.iter().zip(&theirs.media);
    for (index, (section, (ours, theirs))) in offer.media.iter().zip(before).enumerate() {
        let is_recyclable = ours.is_rejected() || theirs.is_rejected();
        if !is_recyclable && (section.kind != ours.kind || section.mid() != ours.mid()) {
            return Err(Error::invalid_access(format!(
                "m-section {index} has another kind or mid than before"
            )));
        }
    }
    Ok(())
}

/// Step 4.4.4: rtcpMuxPolicy is always "require".
fn check_rtcp_mux(parsed: &sdp::SessionDescription) -> Result<(), Error> {
    let lacks_mux = |section: &&MediaSection| {
        section.is_rtp() && !section.is_rejected() && !section.attributes.contains(&Attribute::RtcpMux)
    };
    match parsed.media.iter().find(lacks_mux) {
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
fn check_transports(parsed: &sdp::SessionDescription, kind: SdpType) -> Result<(), Error> {
    for (index, section) in parsed.media.iter().enumerate() {
        // Media is going to be rejected, but what its transport lacks is wrong all the same. Protocols that nobody
        // knows (the old form of data m-sections among them) are rejected without a look.
        if section.is_rejected() || !(is_data(section) || section.is_rtp()) {
            continue;
        }
        let wrong = |what: &str| Err(Error::invalid_access(format!("m-section {index} {what}")));
        if credentials(parsed, index).is_none() {
            return wrong("has no ICE credentials (a=ice-ufrag, a=ice-pwd)");
        }
        if fingerprints(parsed, index).is_empty() {
            return wrong("has no fingerprint of a supported hash function (a=fingerprint)");
        }
        match (setup(parsed, index), kind) {
            (Some(Setup::HoldConn), _) => return wrong("does not connect (a=setup:holdconn)"),
            (Some(Setup::ActPass), SdpType::Answer | SdpType::PrAnswer) => {
                return wrong("leaves the DTLS role open in an answer (a=setup:actpass)");
            }
            _ => {}
        }
    }
    if let Some(data) = data_index(parsed)
        && parsed.media[data].sctp_port() == Some(0)
    {
        return Err(Error::invalid_access("the SCTP port is 0"));
    }
    Ok(())
}
