//! Generating an answer (RFC 9429, section 5.3).

use std::collections::BTreeSet;

use ice::Credentials;
use sdp::{Attribute, MediaSection, Setup};
use session::TransportId;

use super::associations::role_left;
use super::m_section::{Content, MSection, MediaLines, Placement, SessionLines, TransportLines};
use super::media::Format;
use super::media::codec_match::{self, has_media};
use super::media::extensions::ExtensionIds;
use super::media::payload_types::{PayloadTypes, wanted_codecs};
use super::negotiation::Negotiation;
use super::parsed::{Description, is_data, media_kind};
use super::simulcast;
use crate::BundlePolicy;
use crate::transceiver::{Transceiver, Transceivers};

impl Negotiation {
    /// The SDP of an answer to the pending remote offer; `None` without one. Draws new credentials where the offer
    /// restarts ICE; changes no slot.
    pub(crate) fn create_answer(&mut self, transceivers: &Transceivers) -> Option<String> {
        let offer = self.pending_remote.clone()?;
        let mut sections = self.answer_contents(transceivers, &offer);
        self.refuse_more_transports(&mut sections);
        let groups = answer_groups(&offer, &sections);
        self.place_answer(&mut sections, &groups, &offer);
        let session = SessionLines {
            groups: groups
                .iter()
                .map(|group| group.iter().filter_map(|&index| sections[index].mid.clone()).collect())
                .collect(),
            ice_options: self.ice_options(|option| has_ice_option(&offer, option)),
            extmap_allow_mixed: offer.parsed.attributes.contains(&Attribute::ExtmapAllowMixed),
        };
        Some(self.write_description(session, &sections))
    }

    /// What is accepted, and what is not.
    fn answer_contents(&self, transceivers: &Transceivers, offer: &Description) -> Vec<MSection> {
        let mut ids = ExtensionIds::default();
        offer.parsed.media.iter().for_each(|section| ids.note(section));
        let answer = |(index, section): (usize, &MediaSection)| {
            let content = if offer.is_rejected(index) {
                None
            } else if let Some(kind) = media_kind(section) {
                let owner = transceivers.iter().find(|transceiver| transceiver.m_line == Some(index));
                let owner = owner.filter(|owner| owner.kind == kind && !owner.stopped);
                owner.and_then(|owner| media_answer(owner, section, &mut ids)).map(Content::Media)
            } else if offer.data.is_some_and(|data| data.index == index) && is_data(section) {
                // RFC 9429, section 5.3.1: exactly the offered formats.
                Some(Content::Data(section.formats.clone(), self.answered_init(offer)))
            } else {
                None
            };
            match content {
                Some(content) => MSection {
                    mid: section.mid().map(str::to_owned),
                    // RFC 9429, section 5.3.1: exactly the offered protocol.
                    protocol: section.protocol.clone(),
                    content,
                    placement: Placement::None,
                },
                None => MSection::rejection_of(section),
            }
        };
        offer.parsed.media.iter().enumerate().map(answer).collect()
    }

    /// RFC 9429, section 4.1.1: with "max-bundle", what does not share the first transport is rejected.
    fn refuse_more_transports(&self, sections: &mut [MSection]) {
        if self.bundle_policy != BundlePolicy::MaxBundle {
            return;
        }
        let transport = |index: usize| self.offered.get(index).copied().flatten();
        let first = sections.iter().position(|section| !section.is_rejected()).and_then(transport);
        for (index, section) in sections.iter_mut().enumerate() {
            if !section.is_rejected() && transport(index) != first {
                let rejected = self.pending_remote.as_ref().and_then(|offer| offer.section(index));
                if let Some(offered) = rejected {
                    *section = MSection::rejection_of(offered);
                }
            }
        }
    }

    /// Says where the transport of each m-section is described.
    fn place_answer(&mut self, sections: &mut [MSection], groups: &[Vec<usize>], offer: &Description) {
        let mut bundled: Vec<bool> = vec![false; sections.len()];
        for group in groups {
            group.iter().skip(1).for_each(|&index| bundled[index] = true);
        }
        let mut described: BTreeSet<TransportId> = BTreeSet::new();
        for index in 0..sections.len() {
            let Some(id) = self.offered.get(index).copied().flatten() else { continue };
            if sections[index].is_rejected() {
                continue;
            }
            sections[index].placement = if bundled[index] || !described.insert(id) {
                Placement::Bundled
            } else {
                Placement::Own(self.answered_lines(id, index, offer))
            };
        }
    }

    fn answered_lines(&mut self, id: TransportId, index: usize, offer: &Description) -> TransportLines {
        let credentials = self.answer_credentials(id, index, offer);
        let role = role_left(offer.setup(index));
        let is_another = self.association_change(id, offer, index, role).is_some();
        let tls_id = match is_another {
            // RFC 8842, section 5.3: a new name where the offer asks for a new association.
            true => Some(self.new_tls_id()),
            false => {
                self.tls_ids.get(&id).or(self.fresh_transports.get(&id).map(|fresh| &fresh.tls_id)).cloned()
            }
        };
        TransportLines {
            candidates: self.candidates_of(id, &credentials.ufrag),
            credentials,
            fingerprint: self.fingerprint.clone(),
            setup: self.answer_setup(id, offer.setup(index), is_another),
            // RFC 8842, section 5.3: not in answer to an offer without one.
            tls_id: offer.tls_id(index).and(tls_id),
        }
    }

    /// New credentials if the offer has new ones (RFC 9429, section 5.3.1: an ICE restart is answered by one), those
    /// in use otherwise.
    fn answer_credentials(&mut self, id: TransportId, index: usize, offer: &Description) -> Credentials {
        // A provisional answer to this very offer was set already.
        if let Some(pending) = &self.pending_local
            && let Some(credentials) = pending.credentials(index)
        {
            return credentials;
        }
        if let Some(standing) = self.stable_plan.transports.get(&id) {
            let remote = standing.ice.remote.as_ref().map(|(remote, _)| remote);
            if remote == offer.credentials(index).as_ref() {
                return standing.ice.local.clone();
            }
            return Credentials::generate(&mut self.rng);
        }
        match self.fresh_transports.get(&id) {
            Some(fresh) => fresh.credentials.clone(),
            None => {
                let fresh = self.fresh();
                let credentials = fresh.credentials.clone();
                self.fresh_transports.insert(id, fresh);
                credentials
            }
        }
    }

    /// RFC 8842, section 5.3: active where the offer leaves the choice, which saves a round trip; the role of a
    /// DTLS association that stands stays as it is.
    fn answer_setup(&self, id: TransportId, offered: Option<Setup>, is_another: bool) -> Setup {
        let standing = self.plan.transports.get(&id).and_then(|transport| transport.dtls.as_ref());
        let standing = standing.filter(|_| !is_another);
        // RFC 4145, section 4.1: an offer without the attribute is an active one.
        match offered.unwrap_or(Setup::Active) {
            Setup::Active => Setup::Passive,
            Setup::Passive => Setup::Active,
            _ if standing.is_some_and(|dtls| dtls.role == dtls::Role::Server) => Setup::Passive,
            _ => Setup::Active,
        }
    }
}

/// The accepted m-sections of each offered group, in its order (RFC 9143, section 7.3: only what the offer has grouped
/// can be grouped in the answer).
fn answer_groups(offer: &Description, sections: &[MSection]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for group in offer.parsed.bundle_groups() {
        let member = |mid: &String| {
            sections.iter().position(|section| !section.is_rejected() && section.mid.as_ref() == Some(mid))
        };
        let mut members: Vec<usize> = group.iter().filter_map(member).collect();
        // The tagged m-section of the offer is that of the answer, if it is accepted (RFC 9143, section 7.3.1).
        if let Some(first) = members.first() {
            let tag = offer.tag(*first);
            members.sort_by_key(|index| *index != tag);
        }
        if !members.is_empty() {
            groups.push(members);
        }
    }
    groups
}

/// What a transceiver answers (RFC 9429, section 5.3.1); `None` if the two have no codec in common.
fn media_answer(
    transceiver: &Transceiver,
    offered: &MediaSection,
    ids: &mut ExtensionIds,
) -> Option<MediaLines> {
    let codecs = wanted_codecs(transceiver.kind, &transceiver.preferred_codecs);
    let ours = PayloadTypes::default().offer(&codecs, &[]);
    let theirs = Format::of(offered, transceiver.kind);
    let formats = codec_match::answer(&ours, &theirs, !transceiver.preferred_codecs.is_empty());
    if !has_media(&formats) {
        return None;
    }
    let direction = super::offered_direction(offered).reversed();
    let direction = crate::TransceiverDirection::new(
        direction.sends() && transceiver.direction.sends(),
        direction.receives() && transceiver.direction.receives(),
    );
    Some(MediaLines {
        kind: transceiver.kind,
        direction: direction.into(),
        formats,
        extensions: ids.answer(&transceiver.header_extensions_to_negotiate, offered),
        streams: transceiver.direction.sends().then(|| transceiver.sender.streams.clone()),
        send_rids: if direction.sends() {
            simulcast::answered_send(&transceiver.sender, offered)
        } else {
            Vec::new()
        },
        receive_rids: if direction.receives() {
            simulcast::answered_receive(transceiver.kind, offered)
        } else {
            Vec::new()
        },
        reduced_size: offered.attributes.contains(&Attribute::RtcpRsize),
        mux_only: false,
    })
}

/// RFC 9429, section 5.3.1: an answer has those options only that the offer has.
fn has_ice_option(offer: &Description, option: &str) -> bool {
    let parsed = &offer.parsed;
    parsed.has_ice_option(option) || parsed.media.iter().any(|section| section.has_ice_option(option))
}
