//! The m-sections that we offer and answer.

use ice::Credentials;
use sdp::{Attribute, Direction, MediaKind, MediaSection, Setup};

/// One m-section of ours.
#[derive(Clone, Debug)]
pub(crate) enum MSection {
    /// Data channels.
    Data {
        /// Its mid; `None` only where the offer has none.
        mid: Option<String>,
        /// Whether it is in our BUNDLE group.
        bundled: bool,
    },
    /// Rejected, or ready to be recycled (RFC 9429, section 5.2.2).
    Rejected {
        /// The kind of what is rejected.
        kind: MediaKind,
        /// Its protocol.
        protocol: String,
        /// Its formats, echoed.
        formats: Vec<String>,
        /// Its mid.
        mid: Option<String>,
    },
}

/// What a transport's attributes say.
#[derive(Clone, Debug)]
pub(crate) struct TransportLines {
    /// `a=ice-ufrag` and `a=ice-pwd`
    pub(crate) credentials: Credentials,
    /// `a=fingerprint`
    pub(crate) fingerprint: sdp::Fingerprint,
    /// `a=setup`
    pub(crate) setup: Setup,
    /// `a=candidate` and `a=end-of-candidates`, as far as they are known.
    pub(crate) candidates: Vec<Attribute>,
}

impl MSection {
    /// The rejection of a section.
    pub(crate) fn rejection_of(section: &MediaSection) -> Self {
        MSection::Rejected {
            kind: section.kind.clone(),
            protocol: section.protocol.clone(),
            formats: section.formats.clone(),
            mid: section.mid().map(str::to_owned),
        }
    }

    /// The lines of the m-section (RFC 9429, sections 5.2.1 and 5.3.1).
    fn write(&self, transport: &TransportLines) -> MediaSection {
        match self {
            MSection::Data { mid, .. } => write_data(mid.as_deref(), transport),
            MSection::Rejected { kind, protocol, formats, mid } => {
                let mut section = MediaSection::new(kind.clone(), protocol.clone(), formats.clone());
                // RFC 3264, section 6: a rejected m-section has port zero and the offered formats.
                section.port = 0;
                section.attributes.extend(mid.clone().map(Attribute::Mid));
                if section.is_rtp() {
                    section.attributes.push(Attribute::Direction(Direction::Inactive));
                }
                section
            }
        }
    }

    fn bundled_mid(&self) -> Option<&String> {
        match self {
            MSection::Data { mid, bundled: true } => mid.as_ref(),
            _ => None,
        }
    }
}

fn write_data(mid: Option<&str>, transport: &TransportLines) -> MediaSection {
    let mut section = MediaSection::new(MediaKind::Application, "UDP/DTLS/SCTP", ["webrtc-datachannel"]);
    section.attributes.extend(mid.map(|mid| Attribute::Mid(mid.to_owned())));
    section.attributes.extend([
        Attribute::IceUfrag(transport.credentials.ufrag.clone()),
        Attribute::IcePwd(transport.credentials.pwd.expose_secret().clone()),
        Attribute::Fingerprint(transport.fingerprint.clone()),
        Attribute::Setup(transport.setup),
        Attribute::SctpPort(super::SCTP_PORT),
        Attribute::MaxMessageSize(u64::from(super::MAX_MESSAGE_SIZE)),
    ]);
    section.attributes.extend(transport.candidates.iter().cloned());
    section
}

/// A whole description. The session version is that of `previous` where nothing but candidates differs from it, else
/// the next (RFC 9429, section 5.2.2; RFC 3264, section 8).
pub(crate) fn write_description(
    session_id: u64,
    sections: &[MSection],
    transport: &TransportLines,
    previous: Option<&sdp::SessionDescription>,
) -> sdp::SessionDescription {
    let version = previous.map_or(0, |previous| previous.origin.session_version);
    let mut description = sdp::SessionDescription::new(sdp::Origin::new(session_id, version));
    let mids: Vec<String> = sections.iter().filter_map(MSection::bundled_mid).cloned().collect();
    if !mids.is_empty() {
        description.attributes.push(Attribute::Group { semantics: "BUNDLE".to_owned(), mids });
    }
    // RFC 9429, section 5.2.1; "ice2" says that we follow RFC 8445 (its section 10).
    description.attributes.push(Attribute::IceOptions(vec!["trickle".to_owned(), "ice2".to_owned()]));
    description
        .attributes
        .push(Attribute::MsidSemantic { semantic: "WMS".to_owned(), streams: vec!["*".to_owned()] });
    description.media = sections.iter().map(|section| section.write(transport)).collect();
    let changed = previous.is_some_and(|previous| {
        without_candidates(previous.clone()) != without_candidates(description.clone())
    });
    if changed {
        description.origin.session_version = version.wrapping_add(1);
    }
    description
}

fn without_candidates(mut description: sdp::SessionDescription) -> sdp::SessionDescription {
    for section in &mut description.media {
        section
            .attributes
            .retain(|attribute| !matches!(attribute, Attribute::Candidate(_) | Attribute::EndOfCandidates));
    }
    description
}
