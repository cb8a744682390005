//! A description beside what JSEP needs of it.

use std::collections::BTreeMap;

use base::Redacted;
use ice::Credentials;
use sdp::{Attribute, MediaSection, Setup};
use session::TransportId;

use crate::{MediaKind, SdpType, SessionDescription};

/// What a description slot such as [[PendingLocalDescription]] holds.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    /// What the application sees.
    pub(crate) public: SessionDescription,
    /// The same, parsed.
    pub(crate) parsed: sdp::SessionDescription,
    /// For each m-section the tagged one of its BUNDLE group, whose transport attributes hold for all of the group
    /// (RFC 9143, section 7); itself if it is in none.
    tags: Vec<usize>,
    /// Which m-sections are rejected.
    rejected: Vec<bool>,
    /// The data m-section, if there is one that is not rejected.
    pub(crate) data: Option<DataSection>,
    /// Of a description of ours that is set, the transports of its m-sections.
    pub(crate) transports: Vec<Option<TransportId>>,
}

/// The data m-section of a description.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DataSection {
    /// The m-section's index.
    pub(crate) index: usize,
    /// The SCTP port.
    pub(crate) sctp_port: u16,
    /// The largest message that the describer accepts; 0 is any (RFC 8841, section 6.1).
    pub(crate) max_message_size: u64,
    /// What stands for an SCTP INIT. A line that is not one is ignored: the handshake takes its place.
    pub(crate) sctp_init: Option<sctp::InitChunk>,
}

impl Description {
    /// Keeps the text as it is.
    pub(crate) fn new(kind: SdpType, sdp: String, parsed: sdp::SessionDescription) -> Self {
        let (tags, rejected) = bundles(&parsed);
        let data = data_index(&parsed, &rejected).map(|index| DataSection {
            index,
            // RFC 8841, section 5.2, wants the attribute; older peers left the default port out.
            sctp_port: parsed.media[index].sctp_port().unwrap_or(super::SCTP_PORT),
            // RFC 8841, section 6.1: 64 KiB where nothing is said.
            max_message_size: parsed.media[index].max_message_size().unwrap_or(65_536),
            sctp_init: parsed.media[index].sctp_init().and_then(sctp::InitChunk::from_bytes),
        });
        let public = SessionDescription { kind, sdp };
        Description { public, parsed, tags, rejected, data, transports: Vec::new() }
    }

    /// Whether this is a provisional or final answer.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self.public.kind, SdpType::Answer | SdpType::PrAnswer)
    }

    /// An m-section.
    pub(crate) fn section(&self, index: usize) -> Option<&MediaSection> {
        self.parsed.media.get(index)
    }

    /// The m-sections that are not rejected.
    pub(crate) fn used(&self) -> impl Iterator<Item = (usize, &MediaSection)> {
        let sections = self.parsed.media.iter().enumerate();
        sections.filter(|(index, _)| !self.is_rejected(*index))
    }

    /// Whether an m-section is rejected, or not there.
    pub(crate) fn is_rejected(&self, index: usize) -> bool {
        self.rejected.get(index).copied().unwrap_or(true)
    }

    /// The tagged m-section of an m-section's BUNDLE group, or itself.
    pub(crate) fn tag(&self, index: usize) -> usize {
        self.tags.get(index).copied().unwrap_or(index)
    }

    /// The m-section and the tagged one of its group.
    fn with_tag(&self, index: usize) -> impl Iterator<Item = &MediaSection> {
        [index, self.tag(index)].into_iter().filter_map(|index| self.section(index))
    }

    /// The ICE credentials that hold for an m-section: its own, its bundle's or the session's.
    pub(crate) fn credentials(&self, index: usize) -> Option<Credentials> {
        let parsed = &self.parsed;
        let own = self.with_tag(index).find_map(|section| Some((section.ice_ufrag()?, section.ice_pwd()?)));
        let session = || Some((parsed.ice_ufrag()?, parsed.ice_pwd()?));
        let mixed = || {
            let section = self.section(index)?;
            Some((parsed.ice_ufrag_for(section)?, parsed.ice_pwd_for(section)?))
        };
        let (ufrag, pwd) = own.or_else(session).or_else(mixed)?;
        Some(Credentials { ufrag: ufrag.to_owned(), pwd: Redacted::new(pwd.to_owned()) })
    }

    /// Whether an ICE option holds for an m-section.
    pub(crate) fn has_ice_option(&self, index: usize, option: &str) -> bool {
        self.section(index).is_some_and(|section| self.parsed.has_ice_option_for(section, option))
    }

    /// The ICE generation of an m-section.
    pub(crate) fn ufrag(&self, index: usize) -> Option<&str> {
        let own = self.with_tag(index).find_map(|section| section.ice_ufrag());
        own.or_else(|| self.parsed.ice_ufrag())
    }

    /// The ICE credentials of every m-section that has some of its own.
    pub(crate) fn all_credentials(&self) -> Vec<Credentials> {
        let used = self.used().filter_map(|(index, _)| self.credentials(index));
        let mut all: Vec<Credentials> = Vec::new();
        for credentials in used {
            if all.last() != Some(&credentials) {
                all.push(credentials);
            }
        }
        all
    }

    /// The fingerprints that hold for an m-section, as far as a match would prove something.
    pub(crate) fn fingerprints(&self, index: usize) -> Vec<dtls::Fingerprint> {
        self.with_tag(index)
            .map(|section| self.parsed.fingerprints_for(section))
            .find(|all| !all.is_empty())
            .unwrap_or_default()
            .into_iter()
            .filter_map(|fingerprint| {
                let algorithm = dtls::HashAlgorithm::from_name(&fingerprint.algorithm)?;
                let is_usable = algorithm.is_trusted() && fingerprint.value.len() == algorithm.length();
                is_usable.then(|| dtls::Fingerprint { algorithm, value: fingerprint.value.clone() })
            })
            .collect()
    }

    /// Whether an m-section has a fingerprint of an algorithm that is known, even if a match would prove nothing. With
    /// such alone, DTLS fails, and not the negotiation.
    pub(crate) fn has_fingerprint(&self, index: usize) -> bool {
        self.with_tag(index)
            .flat_map(|section| self.parsed.fingerprints_for(section))
            .any(|fingerprint| dtls::HashAlgorithm::from_name(&fingerprint.algorithm).is_some())
    }

    /// The `a=setup` that holds for an m-section.
    pub(crate) fn setup(&self, index: usize) -> Option<Setup> {
        self.with_tag(index).find_map(|section| self.parsed.setup_for(section))
    }

    /// The `a=tls-id` that holds for an m-section (RFC 8842, section 4).
    pub(crate) fn tls_id(&self, index: usize) -> Option<&str> {
        self.with_tag(index).find_map(|section| section.tls_id())
    }

    /// Whether the trickled candidates of an m-section are those of its transport: not where it is bundled and yet has
    /// an address of its own, which nobody uses then.
    pub(crate) fn speaks_for_transport(&self, index: usize) -> bool {
        self.tag(index) == index || self.section(index).is_some_and(|section| section.ice_ufrag().is_none())
    }

    /// The m-section of ours that describes this ICE generation of a transport. Several transports may have the same
    /// credentials.
    pub(crate) fn describes(&self, id: TransportId, ufrag: &str) -> Option<usize> {
        let mut sections = self.transports.iter().zip(&self.parsed.media);
        sections.position(|(transport, section)| *transport == Some(id) && section.ice_ufrag() == Some(ufrag))
    }

    /// Whether all candidates of an m-section are in it.
    pub(crate) fn has_all_candidates(&self, index: usize) -> bool {
        let ends = |section: &MediaSection| section.attributes.contains(&Attribute::EndOfCandidates);
        self.with_tag(index).any(ends)
    }

    /// Adds an attribute (a candidate, the end of candidates) to the m-section with this index, once; whether it is
    /// new.
    pub(crate) fn add_attribute(&mut self, index: usize, attribute: Attribute) -> bool {
        match self.parsed.media.get_mut(index) {
            Some(section) if !section.attributes.contains(&attribute) => {
                add(section, attribute);
                self.public.sdp = self.text();
                true
            }
            _ => false,
        }
    }

    /// The same for a description of ours, whose `m=` and `c=` lines carry the default candidate: its own, and those
    /// of the m-sections that share its transport.
    pub(crate) fn add_local_attribute(&mut self, index: usize, attribute: Attribute) -> bool {
        let Some(section) = self.parsed.media.get_mut(index) else { return false };
        if section.attributes.contains(&attribute) {
            return false;
        }
        add(section, attribute);
        super::default_candidate::fill_in(section);
        let (port, connection) = (section.port, section.connection.clone());
        for (other, section) in self.parsed.media.iter_mut().enumerate() {
            let shares = other != index && self.tags[other] == index && section.ice_ufrag().is_none();
            if shares && section.port != 0 {
                section.port = port;
                section.connection.clone_from(&connection);
            }
        }
        self.public.sdp = self.text();
        true
    }

    /// As a text that takes no more memory than it needs: it is kept.
    fn text(&self) -> String {
        let mut text = self.parsed.to_string();
        text.shrink_to_fit();
        text
    }
}

/// Adds a line. There are few to come, which need no room twice what there is.
fn add(section: &mut MediaSection, attribute: Attribute) {
    section.attributes.reserve_exact(1);
    section.attributes.push(attribute);
}

/// For each m-section the tagged one of its group, the first that is not rejected; and whether it is rejected itself.
fn bundles(parsed: &sdp::SessionDescription) -> (Vec<usize>, Vec<bool>) {
    let mut tags: Vec<usize> = (0..parsed.media.len()).collect();
    // RFC 9143, section 6: bundle-only without a bundle is nothing.
    let mut rejected: Vec<bool> = parsed.media.iter().map(|section| section.port == 0).collect();
    let mids: BTreeMap<&str, usize> = parsed
        .media
        .iter()
        .enumerate()
        .filter_map(|(index, section)| Some((section.mid()?, index)))
        .collect();
    for group in parsed.bundle_groups() {
        let members = group.iter().filter_map(|mid| mids.get(mid.as_str()).copied());
        let members: Vec<usize> = members.filter(|&index| !parsed.media[index].is_rejected()).collect();
        // RFC 9143, section 7.2: a bundle-only m-section has no address that the others could share.
        let tag = members.iter().find(|&&index| !parsed.media[index].is_bundle_only()).copied();
        for member in members {
            if let Some(tag) = tag {
                tags[member] = tag;
                rejected[member] = false;
            }
        }
    }
    (tags, rejected)
}

/// Whether this is a data m-section in the form of RFC 8841. The form before it (`m=application 9 DTLS/SCTP 5000`
/// with `a=sctpmap`), which no maintained peer sends any more, is not: it is answered as rejected.
pub(crate) fn is_data(section: &MediaSection) -> bool {
    section.kind == sdp::MediaKind::Application
        && matches!(section.protocol.as_str(), "UDP/DTLS/SCTP" | "TCP/DTLS/SCTP")
        && section.formats.iter().any(|format| format == "webrtc-datachannel")
}

/// The kind of a media m-section that a transceiver can stand for.
pub(crate) fn media_kind(section: &MediaSection) -> Option<MediaKind> {
    match section.kind {
        _ if !section.is_rtp() => None,
        sdp::MediaKind::Audio => Some(MediaKind::Audio),
        sdp::MediaKind::Video => Some(MediaKind::Video),
        _ => None,
    }
}

/// The data m-section that is used: the first that is not rejected (RFC 9429, section 5.3.1: there is at most one).
fn data_index(parsed: &sdp::SessionDescription, rejected: &[bool]) -> Option<usize> {
    let mut sections = parsed.media.iter().zip(rejected);
    sections.position(|(section, rejected)| is_data(section) && !rejected)
}
