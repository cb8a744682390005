//! Generating an offer (RFC 9429, section 5.2).

use std::collections::BTreeSet;

use ice::Credentials;
use sdp::Setup;
use session::TransportId;

use super::m_section::{Content, MSection, MediaLines, Placement, SessionLines, TransportLines};
use super::media::Format;
use super::media::extensions::ExtensionIds;
use super::media::payload_types::{PayloadTypes, wanted_codecs};
use super::negotiation::{Fresh, MAX_TRANSPORTS, Negotiation};
use super::parsed::{is_data, media_kind};
use crate::BundlePolicy;
use crate::transceiver::{Transceiver, TransceiverId, Transceivers};

/// What an offer is made of beside the transceivers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfferInput {
    /// Whether a data m-section is wanted.
    pub(crate) data: bool,
    /// Whether it comes before those of new transceivers.
    pub(crate) data_first: bool,
    /// Whether ICE is to restart.
    pub(crate) ice_restart: bool,
}

/// The ICE credentials of an offer's transports.
struct OfferCredentials {
    /// Whether all that stand restart.
    ice_restart: bool,
    /// Whether any that stands does not.
    is_any_kept: bool,
    /// Of those that are new, and of those that restart if all do.
    fresh: Option<Credentials>,
    /// Of those that restart beside others that do not.
    restarted: Option<Credentials>,
}

/// What an m-section of an offer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Transceiver(TransceiverId),
    Data,
    /// Nothing: ready to be recycled.
    Free,
}

impl Negotiation {
    /// The SDP of an offer, and the transceivers of its m-sections. Draws new credentials where ICE is to restart;
    /// changes no slot.
    pub(crate) fn create_offer(
        &mut self,
        transceivers: &Transceivers,
        input: OfferInput,
    ) -> (String, Vec<Option<TransceiverId>>) {
        let slots = self.offer_slots(transceivers, input);
        let mut sections = self.offer_contents(transceivers, &slots);
        let groups = self.offer_groups(transceivers, &slots, &sections);
        self.place_offer(&mut sections, &groups, input.ice_restart);
        let session = SessionLines {
            groups: groups
                .iter()
                .map(|group| group.iter().filter_map(|&index| sections[index].mid.clone()).collect())
                .collect(),
            ice_options: self.ice_options(|_| true),
            extmap_allow_mixed: slots.iter().any(|slot| matches!(slot, Slot::Transceiver(_))),
        };
        let owners = slots.iter().map(|slot| match slot {
            Slot::Transceiver(id) => Some(*id),
            _ => None,
        });
        let owners = owners.collect();
        (self.write_description(session, &sections), owners)
    }

    /// What each m-section is for: those that stand keep their places, new ones take those of rejected ones, then
    /// come at the end (RFC 9429, section 5.2.2).
    fn offer_slots(&self, transceivers: &Transceivers, input: OfferInput) -> Vec<Slot> {
        let mut slots = self.standing_slots(transceivers);
        // webrtc-pc, createOffer: a stopping transceiver counts as stopped, and gets no m-section.
        let is_new = |transceiver: &&Transceiver| transceiver.m_line.is_none() && !transceiver.stopping;
        let new = transceivers.iter().filter(is_new).map(|transceiver| Slot::Transceiver(transceiver.id));
        let data = (input.data && !slots.contains(&Slot::Data)).then_some(Slot::Data);
        // webrtc-extensions, alwaysNegotiateDataChannels: before any audio or video.
        let (before, after) = if input.data_first { (data, None) } else { (None, data) };
        for slot in before.into_iter().chain(new).chain(after) {
            match slots.iter_mut().find(|slot| **slot == Slot::Free) {
                Some(free) => *free = slot,
                None => slots.push(slot),
            }
        }
        slots
    }

    /// The m-sections of the last negotiation, or of the local offer that was set since.
    fn standing_slots(&self, transceivers: &Transceivers) -> Vec<Slot> {
        let Some(local) = self.local() else { return Vec::new() };
        // While an offer is pending, nothing has been accepted or rejected yet.
        let remote = if self.pending_local.is_some() { None } else { self.current_remote.as_ref() };
        let is_rejected =
            |index: usize| local.is_rejected(index) || remote.is_some_and(|remote| remote.is_rejected(index));
        let slot = |(index, section): (usize, &sdp::MediaSection)| {
            let owner = transceivers.iter().find(|transceiver| transceiver.m_line == Some(index));
            match owner {
                Some(owner) => Slot::Transceiver(owner.id),
                None if is_data(section) && !is_rejected(index) => Slot::Data,
                None => Slot::Free,
            }
        };
        local.parsed.media.iter().enumerate().map(slot).collect()
    }

    /// The m-sections, without their transports.
    fn offer_contents(&self, transceivers: &Transceivers, slots: &[Slot]) -> Vec<MSection> {
        let (mut types, mut ids) = (PayloadTypes::default(), ExtensionIds::default());
        for description in self.descriptions() {
            for section in &description.parsed.media {
                if let Some(kind) = media_kind(section) {
                    types.note(section, kind);
                    ids.note(section);
                }
            }
        }
        let mut mids = self.used_mids(transceivers);
        let standing = |index: usize| self.local().and_then(|local| local.section(index));
        let mut sections = Vec::new();
        for (index, slot) in slots.iter().enumerate() {
            let owner = match slot {
                Slot::Transceiver(id) => transceivers.get(*id),
                _ => None,
            };
            sections.push(match (slot, owner, standing(index)) {
                (Slot::Transceiver(_), Some(owner), standing) if owner.stopping => match standing {
                    Some(standing) => MSection::rejection_of(standing),
                    None => continue,
                },
                (Slot::Transceiver(_), Some(owner), standing) => {
                    let mid = owner.jsep_mid.clone().unwrap_or_else(|| self.new_mid(&mut mids));
                    let standing = standing.filter(|section| section.mid() == Some(mid.as_str()));
                    let formats = standing.map(|section| Format::of(section, owner.kind)).unwrap_or_default();
                    let protocol = standing.map(|section| section.protocol.clone());
                    MSection {
                        protocol: protocol.unwrap_or_else(|| "UDP/TLS/RTP/SAVPF".to_owned()),
                        content: Content::Media(media_offer(owner, &formats, &mut types, &mut ids)),
                        placement: Placement::None,
                        mid: Some(mid),
                    }
                }
                (Slot::Data, _, standing) => {
                    let standing = standing.filter(|section| is_data(section));
                    let mid = standing.and_then(|section| section.mid()).map(str::to_owned);
                    MSection {
                        mid: Some(mid.unwrap_or_else(|| self.new_mid(&mut mids))),
                        protocol: "UDP/DTLS/SCTP".to_owned(),
                        content: Content::Data(vec!["webrtc-datachannel".to_owned()], self.offered_init()),
                        placement: Placement::None,
                    }
                }
                (_, _, Some(standing)) => MSection::rejection_of(standing),
                (_, _, None) => continue,
            });
        }
        sections
    }

    /// The mids that are no new m-section's.
    fn used_mids(&self, transceivers: &Transceivers) -> BTreeSet<String> {
        let sections = self.descriptions().flat_map(|description| &description.parsed.media);
        let described = sections.filter_map(|section| section.mid()).map(str::to_owned);
        described.chain(transceivers.iter().filter_map(|transceiver| transceiver.jsep_mid.clone())).collect()
    }

    /// The smallest number that is no mid, and never was one that was negotiated: of an m-section that was recycled,
    /// the old mid must not name another.
    fn new_mid(&self, used: &mut BTreeSet<String>) -> String {
        let mut number = self.next_mid;
        // Ends after at most one step for each mid in use.
        while used.contains(number.to_string().as_str()) {
            number += 1;
        }
        used.insert(number.to_string());
        number.to_string()
    }

    /// The m-sections of each BUNDLE group, the tagged one first: the groups that were negotiated, and in the first of
    /// them whatever is new.
    fn offer_groups(
        &self,
        transceivers: &Transceivers,
        slots: &[Slot],
        sections: &[MSection],
    ) -> Vec<Vec<usize>> {
        let is_used = |index: &usize| sections.get(*index).is_some_and(|section| !section.is_rejected());
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let answer = [&self.current_local, &self.current_remote]
            .into_iter()
            .filter_map(|description| description.as_deref())
            .find(|description| description.is_answer());
        let is_negotiated = |index: &usize| {
            answer.is_some_and(|answer| !answer.is_rejected(*index)) && is_standing(sections, answer, *index)
        };
        if let Some(answer) = answer {
            for group in answer.parsed.bundle_groups() {
                let member = |mid: &String| {
                    answer.parsed.media.iter().position(|section| section.mid() == Some(mid.as_str()))
                };
                groups.push(group.iter().filter_map(member).filter(is_used).filter(is_negotiated).collect());
            }
        }
        // An m-section whose peer did not bundle it stays by itself.
        let new = (0..sections.len()).filter(is_used).filter(|index| !is_negotiated(index));
        match groups.first_mut() {
            Some(first) => first.extend(new),
            None => groups.push(new.collect()),
        }
        groups.retain(|group| !group.is_empty());
        // webrtc-pc, createOffer, final steps, step 3.1: the first transceiver that is not stopped is the tagged one.
        let order = |index: &usize| match slots[*index] {
            Slot::Transceiver(id) => transceivers.iter().position(|transceiver| transceiver.id == id),
            _ => None,
        };
        for group in &mut groups {
            let first = group.iter().copied().filter(|index| order(index).is_some()).min_by_key(order);
            group.sort_by_key(|index| (Some(*index) != first, *index));
        }
        groups
    }

    /// Says where the transport of each m-section is described.
    fn place_offer(&mut self, sections: &mut [MSection], groups: &[Vec<usize>], ice_restart: bool) {
        let mut credentials = self.offer_credentials(sections, ice_restart || self.needs_ice_restart);
        let mut grouped: Vec<bool> = vec![false; sections.len()];
        let mut described: BTreeSet<TransportId> = BTreeSet::new();
        let standing = (0..sections.len()).filter_map(|index| self.standing_transport(index));
        let mut count = standing.collect::<BTreeSet<_>>().len();
        for group in groups {
            group.iter().for_each(|&index| grouped[index] = true);
            let tag = group.first().copied();
            // The bundle that is there is what new m-sections are for, the tagged one too.
            let bundle = group.iter().find_map(|&index| self.standing_transport(index));
            let bundle = bundle.filter(|_| self.is_bundle_negotiated());
            let mut kinds = Vec::new();
            for &index in group {
                let kind = kind_of(&sections[index]);
                let is_first_of_kind = !kinds.contains(&kind);
                kinds.push(kind);
                let placement = match self.standing_transport(index).or(bundle) {
                    Some(id) if !described.insert(id) => Placement::Bundled,
                    Some(id) => self.describe_standing(id, &mut credentials),
                    None => {
                        let is_own = match self.bundle_policy {
                            BundlePolicy::MaxCompat => true,
                            BundlePolicy::Balanced => is_first_of_kind,
                            BundlePolicy::MaxBundle => false,
                        };
                        // What is over the limit is for the bundle only.
                        if is_own && count < MAX_TRANSPORTS || Some(index) == tag {
                            count += 1;
                            self.describe_fresh(index, &mut credentials)
                        } else {
                            Placement::BundleOnly
                        }
                    }
                };
                sections[index].placement = placement;
            }
        }
        for index in 0..sections.len() {
            if grouped[index] || sections[index].is_rejected() {
                continue;
            }
            sections[index].placement = match self.standing_transport(index) {
                Some(id) if !described.insert(id) => Placement::Bundled,
                Some(id) => self.describe_standing(id, &mut credentials),
                None => self.describe_fresh(index, &mut credentials),
            };
        }
    }

    /// What is new in an offer has one pair of credentials, that of what stands: an m-section of which bundling alone
    /// changes the transport then keeps its credentials. Firefox takes others for an ICE restart.
    fn offer_credentials(&self, sections: &[MSection], ice_restart: bool) -> OfferCredentials {
        let used = sections.iter().enumerate().filter(|(_, section)| !section.is_rejected());
        let mut standing =
            used.filter_map(|(index, _)| self.local_credentials(self.standing_transport(index)?));
        let kept = standing.find(|credentials| !ice_restart && !self.must_replace(credentials));
        let fresh = self.fresh_sections.values().next().map(|fresh| &fresh.credentials);
        OfferCredentials {
            ice_restart,
            is_any_kept: kept.is_some(),
            fresh: kept.or(fresh).cloned(),
            restarted: None,
        }
    }

    /// Whether the last answer has bundled anything, so that what is new can join.
    fn is_bundle_negotiated(&self) -> bool {
        let answers = [&self.current_local, &self.current_remote].into_iter().flatten();
        answers
            .filter(|description| description.is_answer())
            .any(|answer| answer.parsed.bundle_groups().next().is_some())
    }

    /// The transport that an m-section has, or that the pending offer of ours gives it.
    pub(crate) fn standing_transport(&self, index: usize) -> Option<TransportId> {
        let mapping = if self.pending_local.is_some() { &self.offered } else { &self.transports };
        mapping.get(index).copied().flatten()
    }

    /// The lines of a transport that stands, with the credentials in use, or new ones: asked for by the application,
    /// because restartIce() wants those in use replaced, or because the ICE configuration changed (RFC 9429, sections
    /// 5.2.2 and 5.2.3.1).
    fn describe_standing(&mut self, id: TransportId, offered: &mut OfferCredentials) -> Placement {
        let credentials = match self.local_credentials(id).cloned() {
            Some(credentials) if !offered.ice_restart && !self.must_replace(&credentials) => credentials,
            _ => {
                let new = if offered.is_any_kept { &mut offered.restarted } else { &mut offered.fresh };
                new.get_or_insert_with(|| Credentials::generate(&mut self.rng)).clone()
            }
        };
        let candidates = self.candidates_of(id, &credentials.ufrag);
        let tls_id = self.tls_ids.get(&id).cloned();
        Placement::Own(self.offered_lines(credentials, tls_id, candidates))
    }

    /// The lines of a transport for an m-section that has none.
    fn describe_fresh(&mut self, index: usize, offered: &mut OfferCredentials) -> Placement {
        let credentials = offered.fresh.get_or_insert_with(|| Credentials::generate(&mut self.rng)).clone();
        let known = self.fresh_sections.remove(&index).map(|fresh| fresh.tls_id);
        let tls_id = known.unwrap_or_else(|| self.new_tls_id());
        let fresh = Fresh { credentials: credentials.clone(), tls_id: tls_id.clone() };
        self.fresh_sections.insert(index, fresh);
        Placement::Own(self.offered_lines(credentials, Some(tls_id), Vec::new()))
    }

    fn offered_lines(
        &self,
        credentials: Credentials,
        tls_id: Option<String>,
        candidates: Vec<sdp::Attribute>,
    ) -> TransportLines {
        TransportLines {
            candidates,
            credentials,
            fingerprint: self.fingerprint.clone(),
            // RFC 8842, section 5.2: actpass in every offer, later ones included.
            setup: Setup::ActPass,
            // RFC 8842, section 5.2: in every offer, and the same as long as the association is.
            tls_id,
        }
    }
}

/// Whether an m-section is still the one that the answer is about.
fn is_standing(sections: &[MSection], answer: Option<&super::Description>, index: usize) -> bool {
    let answered = answer.and_then(|answer| answer.section(index)).and_then(|section| section.mid());
    sections.get(index).is_some_and(|section| section.mid.as_deref() == answered)
}

/// What the "balanced" policy takes for a type of media.
fn kind_of(section: &MSection) -> Option<crate::MediaKind> {
    match &section.content {
        Content::Media(media) => Some(media.kind),
        _ => None,
    }
}

/// What a transceiver offers (RFC 9429, section 5.2.1).
fn media_offer(
    transceiver: &Transceiver,
    standing: &[Format],
    types: &mut PayloadTypes,
    ids: &mut ExtensionIds,
) -> MediaLines {
    let codecs = wanted_codecs(transceiver.kind, &transceiver.preferred_codecs);
    let encodings = &transceiver.sender.encodings;
    // webrtc-pc, createOffer, final steps, step 3.3.
    let is_simulcast = encodings.len() > 1;
    let rids = encodings.iter().filter(|_| is_simulcast).filter_map(|encoding| encoding.rid.clone());
    MediaLines {
        kind: transceiver.kind,
        direction: transceiver.direction.into(),
        formats: types.offer(&codecs, standing),
        extensions: ids.offer(&transceiver.header_extensions_to_negotiate),
        streams: transceiver.direction.sends().then(|| transceiver.sender.streams.clone()),
        send_rids: if transceiver.direction.sends() { rids.collect() } else { Vec::new() },
        receive_rids: Vec::new(),
        reduced_size: true,
        mux_only: true,
    }
}
