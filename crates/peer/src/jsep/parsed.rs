//! A description beside what JSEP needs of it.

use base::Redacted;
use ice::Credentials;
use sdp::{MediaKind, MediaSection, Setup};

use crate::{SdpType, SessionDescription};

/// What a description slot such as [[PendingLocalDescription]] holds.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    /// What the application sees.
    pub(crate) public: SessionDescription,
    /// The same, parsed.
    pub(crate) parsed: sdp::SessionDescription,
    /// The data m-section and its transport, if there is one that is not rejected.
    pub(crate) data: Option<DataTransport>,
}

/// The data m-section of a description and the transport that it uses.
#[derive(Clone, Debug)]
pub(crate) struct DataTransport {
    /// The m-section's index.
    pub(crate) index: usize,
    /// Its mid.
    pub(crate) mid: Option<String>,
    /// The ICE credentials.
    pub(crate) credentials: Credentials,
    /// The fingerprints that we can check.
    pub(crate) fingerprints: Vec<dtls::Fingerprint>,
    /// The DTLS role.
    pub(crate) setup: Option<Setup>,
    /// The name of the DTLS association (RFC 8842, section 4).
    pub(crate) tls_id: Option<String>,
    /// The SCTP port.
    pub(crate) sctp_port: u16,
    /// The largest message that the describer accepts; 0 is any (RFC 8841, section 6.1).
    pub(crate) max_message_size: u64,
}

impl Description {
    /// Keeps the text as it is.
    pub(crate) fn new(kind: SdpType, sdp: String, parsed: sdp::SessionDescription) -> Self {
        let data = DataTransport::find(&parsed);
        Description { public: SessionDescription { kind, sdp }, parsed, data }
    }

    /// Whether this is a provisional or final answer.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self.public.kind, SdpType::Answer | SdpType::PrAnswer)
    }

    /// The ICE generation that it represents.
    pub(crate) fn ufrag(&self) -> Option<&str> {
        self.data.as_ref().map(|data| data.credentials.ufrag.as_str())
    }

    /// The ICE generation of one m-section, or where it has none of its own, of the description.
    pub(crate) fn ufrag_of(&self, index: Option<usize>) -> Option<&str> {
        let section = index.and_then(|index| self.parsed.media.get(index));
        section.and_then(|section| section.ice_ufrag()).or(self.ufrag())
    }

    /// Whether all candidates of its generation are in it.
    pub(crate) fn has_all_candidates(&self) -> bool {
        let section = self.data.as_ref().and_then(|data| self.parsed.media.get(data.index));
        section.is_some_and(|section| section.attributes.contains(&sdp::Attribute::EndOfCandidates))
    }

    /// Adds an attribute (a candidate, the end of candidates) to the m-section with this index, once; whether it is
    /// new.
    pub(crate) fn add_attribute(&mut self, index: usize, attribute: sdp::Attribute) -> bool {
        self.change_section(index, attribute, |_| {})
    }

    /// The same for a description of ours, whose `m=` and `c=` lines carry the default candidate.
    pub(crate) fn add_local_attribute(&mut self, index: usize, attribute: sdp::Attribute) -> bool {
        self.change_section(index, attribute, super::default_candidate::fill_in)
    }

    fn change_section(
        &mut self,
        index: usize,
        attribute: sdp::Attribute,
        finish: fn(&mut MediaSection),
    ) -> bool {
        match self.parsed.media.get_mut(index) {
            Some(section) if !section.attributes.contains(&attribute) => {
                section.attributes.push(attribute);
                finish(section);
                self.public.sdp = self.parsed.to_string();
                true
            }
            _ => false,
        }
    }
}

impl DataTransport {
    /// The first data m-section that is not rejected and has what a transport needs.
    fn find(parsed: &sdp::SessionDescription) -> Option<Self> {
        let index = data_index(parsed)?;
        let section = &parsed.media[index];
        Some(DataTransport {
            index,
            mid: section.mid().map(str::to_owned),
            credentials: credentials(parsed, index)?,
            fingerprints: fingerprints(parsed, index),
            setup: setup(parsed, index),
            tls_id: tls_id(parsed, index),
            // RFC 8841, section 5.2, wants the attribute; older peers left the default port out.
            sctp_port: section.sctp_port().unwrap_or(super::SCTP_PORT),
            // RFC 8841, section 6.1: 64 KiB where nothing is said.
            max_message_size: section.max_message_size().unwrap_or(65_536),
        })
    }
}

/// Whether this is a data m-section in the form of RFC 8841. The form before it (`m=application 9 DTLS/SCTP 5000`
/// with `a=sctpmap`), which no maintained peer sends any more, is not: it is answered as rejected, like media.
pub(crate) fn is_data(section: &MediaSection) -> bool {
    section.kind == MediaKind::Application
        && matches!(section.protocol.as_str(), "UDP/DTLS/SCTP" | "TCP/DTLS/SCTP")
        && section.formats.iter().any(|format| format == "webrtc-datachannel")
}

/// The data m-section that is used: the first that is not rejected (RFC 9429, section 5.3.1: there is at most one).
pub(crate) fn data_index(parsed: &sdp::SessionDescription) -> Option<usize> {
    parsed.media.iter().position(|section| is_data(section) && !section.is_rejected())
}

/// The m-sections that share the transport of the one at `index`, itself first (RFC 9143, section 7).
fn transport_sections(parsed: &sdp::SessionDescription, index: usize) -> Vec<&MediaSection> {
    let mut sections: Vec<&MediaSection> = parsed.media.get(index).into_iter().collect();
    let group = sections
        .first()
        .and_then(|section| section.mid())
        .and_then(|mid| parsed.bundle_groups().find(|group| group.iter().any(|member| member == mid)));
    // The tagged m-section, the group's first, carries the transport attributes for all of the group.
    let tagged = group.and_then(|group| group.first()).and_then(|mid| parsed.media_by_mid(mid));
    sections.extend(tagged);
    sections
}

/// The ICE credentials that hold for an m-section: its own, its bundle's or the session's.
pub(crate) fn credentials(parsed: &sdp::SessionDescription, index: usize) -> Option<Credentials> {
    let sections = transport_sections(parsed, index);
    let of = |section: &MediaSection| Some((section.ice_ufrag()?.to_owned(), section.ice_pwd()?.to_owned()));
    let session = || Some((parsed.ice_ufrag()?.to_owned(), parsed.ice_pwd()?.to_owned()));
    let mixed = || {
        let section = sections.first()?;
        Some((parsed.ice_ufrag_for(section)?.to_owned(), parsed.ice_pwd_for(section)?.to_owned()))
    };
    let (ufrag, pwd) = sections.iter().find_map(|section| of(section)).or_else(session).or_else(mixed)?;
    Some(Credentials { ufrag, pwd: Redacted::new(pwd) })
}

/// The fingerprints that hold for an m-section, as far as a match would prove something.
pub(crate) fn fingerprints(parsed: &sdp::SessionDescription, index: usize) -> Vec<dtls::Fingerprint> {
    transport_sections(parsed, index)
        .into_iter()
        .map(|section| parsed.fingerprints_for(section))
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

/// The `a=setup` that holds for an m-section.
pub(crate) fn setup(parsed: &sdp::SessionDescription, index: usize) -> Option<Setup> {
    transport_sections(parsed, index).into_iter().find_map(|section| parsed.setup_for(section))
}

/// The `a=tls-id` that holds for an m-section.
fn tls_id(parsed: &sdp::SessionDescription, index: usize) -> Option<String> {
    transport_sections(parsed, index).into_iter().find_map(|section| section.tls_id()).map(str::to_owned)
}

/// Whether two m-sections are the same or in the same BUNDLE group, and so use one transport.
pub(crate) fn same_bundle(parsed: &sdp::SessionDescription, one: usize, other: usize) -> bool {
    let mid = |index: usize| parsed.media.get(index).and_then(|section| section.mid());
    one == other
        || parsed.bundle_groups().any(|group| {
            let contains = |index| mid(index).is_some_and(|mid| group.iter().any(|member| member == mid));
            contains(one) && contains(other)
        })
}
