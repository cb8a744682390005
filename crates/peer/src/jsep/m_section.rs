//! The m-sections that we offer and answer.

use ice::Credentials;
use sdp::{Attribute, Direction, MediaKind, MediaSection, Setup};

use super::default_candidate;
use super::negotiation::Negotiation;

/// One m-section of ours.
#[derive(Clone, Debug)]
pub(crate) enum MSection {
    /// Data channels.
    Data {
        /// Its mid; `None` only where the offer has none.
        mid: Option<String>,
        /// Whether it is in our BUNDLE group.
        bundled: bool,
        /// The protocol.
        protocol: String,
        /// The formats.
        formats: Vec<String>,
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
    /// `a=tls-id`
    pub(crate) tls_id: Option<String>,
    /// `a=candidate` and `a=end-of-candidates`, as far as they are known.
    pub(crate) candidates: Vec<Attribute>,
}

impl MSection {
    /// Data as we offer it (RFC 9429, section 5.2.1).
    pub(crate) fn data(mid: Option<String>) -> Self {
        MSection::Data {
            bundled: mid.is_some(),
            mid,
            protocol: "UDP/DTLS/SCTP".to_owned(),
            formats: vec!["webrtc-datachannel".to_owned()],
        }
    }

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
            MSection::Data { mid, protocol, formats, .. } => {
                let section = MediaSection::new(MediaKind::Application, protocol, formats.clone());
                write_data(section, mid.as_deref(), transport)
            }
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
            MSection::Data { mid, bundled: true, .. } => mid.as_ref(),
            _ => None,
        }
    }
}

fn write_data(mut section: MediaSection, mid: Option<&str>, transport: &TransportLines) -> MediaSection {
    section.attributes.extend(mid.map(|mid| Attribute::Mid(mid.to_owned())));
    section.attributes.extend([
        Attribute::IceUfrag(transport.credentials.ufrag.clone()),
        Attribute::IcePwd(transport.credentials.pwd.expose_secret().clone()),
        Attribute::Fingerprint(transport.fingerprint.clone()),
        Attribute::Setup(transport.setup),
    ]);
    section.attributes.extend(transport.tls_id.clone().map(Attribute::TlsId));
    section.attributes.extend([
        Attribute::SctpPort(super::SCTP_PORT),
        Attribute::MaxMessageSize(u64::from(super::MAX_MESSAGE_SIZE)),
    ]);
    section.attributes.extend(transport.candidates.iter().cloned());
    default_candidate::fill_in(&mut section);
    section
}

impl Negotiation {
    /// A whole description. `options` are those of `a=ice-options`.
    pub(crate) fn write_description(
        &mut self,
        sections: &[MSection],
        transport: &TransportLines,
        options: Vec<String>,
    ) -> String {
        let version = self.last_written.as_ref().map_or(0, |last| last.origin.session_version);
        let mut description = sdp::SessionDescription::new(sdp::Origin::new(self.session_id, version));
        let mids: Vec<String> = sections.iter().filter_map(MSection::bundled_mid).cloned().collect();
        if !mids.is_empty() {
            description.attributes.push(Attribute::Group { semantics: "BUNDLE".to_owned(), mids });
        }
        if !options.is_empty() {
            description.attributes.push(Attribute::IceOptions(options));
        }
        description
            .attributes
            .push(Attribute::MsidSemantic { semantic: "WMS".to_owned(), streams: vec!["*".to_owned()] });
        description.media = sections.iter().map(|section| section.write(transport)).collect();
        // RFC 9429, sections 5.2.2 and 5.3.2: the next version wherever anything differs from what was created
        // last, whether that was ever set, and even if it was rolled back.
        if self.last_written.as_ref().is_some_and(|last| *last != description) {
            description.origin.session_version = version.wrapping_add(1);
        }
        let text = description.to_string();
        self.last_written = Some(description);
        text
    }
}
