//! The m-sections that we offer and answer.

use ice::Credentials;
use sdp::{Attribute, Direction, Extmap, MediaSection, Rid, RidDirection, Setup, Simulcast, SimulcastStream};

use super::default_candidate;
use super::media::Format;
use super::negotiation::Negotiation;
use crate::MediaKind;

/// One m-section of ours.
#[derive(Clone, Debug)]
pub(crate) struct MSection {
    /// Its mid; `None` only where the offer has none.
    pub(crate) mid: Option<String>,
    /// The protocol.
    pub(crate) protocol: String,
    /// What it is for.
    pub(crate) content: Content,
    /// Where its transport is described.
    pub(crate) placement: Placement,
}

/// What an m-section is for.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// Audio or video.
    Media(MediaLines),
    /// Data channels, with the formats and what stands for our SCTP INIT.
    Data(Vec<String>, Option<sctp::InitChunk>),
    /// Nothing: rejected, or ready to be recycled (RFC 9429, section 5.2.2). The kind and the formats are echoed.
    Rejected(sdp::MediaKind, Vec<String>),
}

/// Where the transport of an m-section is described.
#[derive(Clone, Debug)]
pub(crate) enum Placement {
    /// In itself.
    Own(TransportLines),
    /// In the tagged m-section of its group.
    Bundled,
    /// There too; a peer that does not bundle is to reject it (RFC 9143, section 6).
    BundleOnly,
    /// Nowhere.
    None,
}

/// What an m-section says about RTP.
#[derive(Clone, Debug)]
pub(crate) struct MediaLines {
    /// The kind.
    pub(crate) kind: MediaKind,
    /// The direction.
    pub(crate) direction: Direction,
    /// The payload types.
    pub(crate) formats: Vec<Format>,
    /// The header extensions.
    pub(crate) extensions: Vec<Extmap>,
    /// The ids of the streams of what is sent (RFC 8830). They are there whenever the transceiver wants to send, even if
    /// the peer does not want to receive.
    pub(crate) streams: Option<Vec<String>>,
    /// The streams of one source at once that this side sends (RFC 8853).
    pub(crate) send_rids: Vec<String>,
    /// Those that it receives.
    pub(crate) receive_rids: Vec<String>,
    /// `a=rtcp-rsize`
    pub(crate) reduced_size: bool,
    /// `a=rtcp-mux-only`: in offers (RFC 8858).
    pub(crate) mux_only: bool,
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
    /// The rejection of a section.
    pub(crate) fn rejection_of(section: &MediaSection) -> Self {
        MSection {
            mid: section.mid().map(str::to_owned),
            protocol: section.protocol.clone(),
            content: Content::Rejected(section.kind.clone(), section.formats.clone()),
            placement: Placement::None,
        }
    }

    /// Whether it is rejected.
    pub(crate) fn is_rejected(&self) -> bool {
        matches!(self.content, Content::Rejected(..))
    }

    /// Whether another m-section describes its transport. RFC 9143, section 7.1.3, wants no `a=fingerprint` in it then.
    /// But of several offered without one, Chromium rejects all but the first, and a Firefox that gets such an answer
    /// crashes. So the fingerprint, which is the same for all, also stands at the session level, where RFC 9429,
    /// section 5.2.1, allows it.
    fn is_described_elsewhere(&self) -> bool {
        matches!(self.placement, Placement::Bundled | Placement::BundleOnly)
    }

    /// The lines of the m-section (RFC 9429, sections 5.2.1 and 5.3.1).
    fn write(&self) -> MediaSection {
        let (kind, formats) = match &self.content {
            Content::Media(media) => {
                let formats = media.formats.iter().map(|format| format.payload_type().to_string());
                (media.kind.into(), formats.collect())
            }
            Content::Data(formats, _) => (sdp::MediaKind::Application, formats.clone()),
            Content::Rejected(kind, formats) => (kind.clone(), formats.clone()),
        };
        let mut section = MediaSection::new(kind, self.protocol.clone(), formats);
        section.attributes.extend(self.mid.clone().map(Attribute::Mid));
        match &self.placement {
            Placement::Own(transport) => transport.write(&mut section),
            Placement::Bundled => {}
            Placement::BundleOnly => {
                section.port = 0;
                section.attributes.push(Attribute::BundleOnly);
            }
            // RFC 3264, section 6: a rejected m-section has port zero.
            Placement::None => section.port = 0,
        }
        match &self.content {
            Content::Media(media) => {
                let is_own = matches!(self.placement, Placement::Own(_));
                media.write(&mut section, is_own);
            }
            Content::Data(_, init) => {
                section.attributes.extend([
                    Attribute::SctpPort(super::SCTP_PORT),
                    Attribute::MaxMessageSize(u64::from(super::MAX_MESSAGE_SIZE)),
                ]);
                section.attributes.extend(init.map(|init| Attribute::SctpInit(init.to_bytes())));
            }
            Content::Rejected(..) if section.is_rtp() => {
                section.attributes.push(Attribute::Direction(Direction::Inactive));
            }
            Content::Rejected(..) => {}
        }
        if let Placement::Own(transport) = &self.placement {
            section.attributes.extend(transport.candidates.iter().cloned());
            default_candidate::fill_in(&mut section);
        }
        section
    }
}

impl TransportLines {
    fn write(&self, section: &mut MediaSection) {
        section.attributes.extend([
            Attribute::IceUfrag(self.credentials.ufrag.clone()),
            Attribute::IcePwd(self.credentials.pwd.expose_secret().clone()),
            Attribute::Fingerprint(self.fingerprint.clone()),
            Attribute::Setup(self.setup),
        ]);
        section.attributes.extend(self.tls_id.clone().map(Attribute::TlsId));
    }
}

impl MediaLines {
    fn write(&self, section: &mut MediaSection, is_own: bool) {
        let lines = &mut section.attributes;
        lines.extend(self.extensions.iter().cloned().map(Attribute::Extmap));
        lines.push(Attribute::Direction(self.direction));
        if let Some(streams) = &self.streams {
            // RFC 9429, section 5.2.1: one line for each stream, or one that says that there is none.
            let none = streams.is_empty().then(|| "-".to_owned());
            let msid = |stream| Attribute::Msid { stream, track: None };
            lines.extend(streams.iter().cloned().chain(none).map(msid));
        }
        // Category IDENTICAL (RFC 9143, section 7.1.3): the tagged m-section would do, but there are peers that look
        // for them in every m-section.
        lines.push(Attribute::RtcpMux);
        if self.mux_only && is_own {
            lines.push(Attribute::RtcpMuxOnly);
        }
        if self.reduced_size {
            lines.push(Attribute::RtcpRsize);
        }
        lines.extend(self.formats.iter().flat_map(Format::lines));
        let rid = |direction| {
            move |id: &String| Attribute::Rid(Rid { id: id.clone(), direction, restrictions: Vec::new() })
        };
        lines.extend(self.send_rids.iter().map(rid(RidDirection::Send)));
        lines.extend(self.receive_rids.iter().map(rid(RidDirection::Recv)));
        let streams = |rids: &[String]| {
            rids.iter().map(|rid| vec![SimulcastStream { rid: rid.clone(), paused: false }]).collect()
        };
        if !self.send_rids.is_empty() || !self.receive_rids.is_empty() {
            let simulcast = Simulcast { send: streams(&self.send_rids), recv: streams(&self.receive_rids) };
            lines.push(Attribute::Simulcast(simulcast));
        }
    }
}

/// The ICE option of draft-thatcher-ice-renomination-01, section 3.
pub(crate) const RENOMINATION: &str = "renomination";

/// What stands before the m-sections.
#[derive(Clone, Debug, Default)]
pub(crate) struct SessionLines {
    /// The mids of each BUNDLE group.
    pub(crate) groups: Vec<Vec<String>>,
    /// `a=ice-options`
    pub(crate) ice_options: Vec<String>,
    /// `a=extmap-allow-mixed` (RFC 8285, section 6)
    pub(crate) extmap_allow_mixed: bool,
}

impl Negotiation {
    /// `a=ice-options`: those of RFC 9429, section 5.2.1 ("ice2" says that we follow RFC 8445: its section 10), and what
    /// the settings ask for, as far as `allows` has them.
    pub(crate) fn ice_options(&self, allows: impl Fn(&str) -> bool) -> Vec<String> {
        let known = ["trickle", "ice2"].into_iter().chain(self.renomination.then_some(RENOMINATION));
        known.filter(|option| allows(option)).map(str::to_owned).collect()
    }

    /// A whole description.
    pub(crate) fn write_description(&mut self, session: SessionLines, sections: &[MSection]) -> String {
        let version = self.last_written.as_ref().map_or(0, |(version, _)| *version);
        let mut description = sdp::SessionDescription::new(sdp::Origin::new(self.session_id, version));
        let lines = &mut description.attributes;
        let groups = session.groups.into_iter().filter(|mids| !mids.is_empty());
        lines.extend(groups.map(|mids| Attribute::Group { semantics: "BUNDLE".to_owned(), mids }));
        if session.extmap_allow_mixed {
            lines.push(Attribute::ExtmapAllowMixed);
        }
        // RFC 8839, section 5.3: at the level of the session.
        if self.is_ice_lite {
            lines.push(Attribute::IceLite);
        }
        if !session.ice_options.is_empty() {
            lines.push(Attribute::IceOptions(session.ice_options));
        }
        if sections.iter().any(MSection::is_described_elsewhere) {
            let own = sections.iter().filter_map(|section| match &section.placement {
                Placement::Own(transport) => Some(transport),
                _ => None,
            });
            // In an offer, Firefox also wants these for m-sections that are bundled already. There is room for one transport.
            if let [transport] = own.collect::<Vec<_>>()[..] {
                lines.push(Attribute::IceUfrag(transport.credentials.ufrag.clone()));
                lines.push(Attribute::IcePwd(transport.credentials.pwd.expose_secret().clone()));
                lines.push(Attribute::Setup(transport.setup));
            }
            lines.push(Attribute::Fingerprint(self.fingerprint.clone()));
        }
        lines.push(Attribute::MsidSemantic { semantic: "WMS".to_owned(), streams: vec!["*".to_owned()] });
        description.media = sections.iter().map(MSection::write).collect();
        share_default_candidates(&mut description);
        // RFC 9429, sections 5.2.2 and 5.3.2: the next version wherever anything differs from what was created
        // last, whether that was ever set, and even if it was rolled back.
        let mut text = description.to_string();
        if self.last_written.as_ref().is_some_and(|(_, last)| *last != text) {
            description.origin.session_version = version.wrapping_add(1);
            text = description.to_string();
        }
        text.shrink_to_fit();
        self.last_written = Some((description.origin.session_version, text.clone()));
        text
    }
}

/// RFC 9143, section 7.3: m-sections that share a transport say the same address.
fn share_default_candidates(description: &mut sdp::SessionDescription) {
    let groups: Vec<Vec<String>> = description.bundle_groups().map(<[String]>::to_vec).collect();
    for group in groups {
        let tagged = group.first().and_then(|mid| description.media_by_mid(mid));
        let Some((port, connection)) = tagged.map(|tagged| (tagged.port, tagged.connection.clone())) else {
            continue;
        };
        for section in &mut description.media {
            let is_member = section.mid().is_some_and(|mid| group.iter().any(|member| member == mid));
            if is_member && section.port != 0 && section.ice_ufrag().is_none() {
                section.port = port;
                section.connection.clone_from(&connection);
            }
        }
    }
}
