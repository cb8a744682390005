//! The payload types of an offer: the same as long as the session lasts, and unique among the m-sections that share
//! a transport (RFC 9429, section 5.2.2; RFC 9143, section 10.1.1).

use sdp::MediaSection;

use super::codec_match::matches;
use super::format::{Format, repaired};
use crate::rtp::{KnownCodec, known_codecs};
use crate::{Codec, CodecParameters, MediaKind};

/// What the payload types of a session stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct PayloadTypes {
    used: Vec<(u8, Codec)>,
}

/// RFC 5761, section 4: what is free for dynamic use beside RTCP, in the order in which it is taken.
fn dynamic() -> impl Iterator<Item = u8> {
    (96..=127).chain(35..=63)
}

/// The payload types that multiplexed RTCP could be taken for (RFC 5761, section 4).
pub(crate) fn collides_with_rtcp(payload_type: u8) -> bool {
    (64..=95).contains(&payload_type)
}

impl PayloadTypes {
    /// Notes what the m-section of a description, ours or the peer's, has settled.
    pub(crate) fn note(&mut self, section: &MediaSection, kind: MediaKind) {
        for format in Format::of(section, kind) {
            let payload_type = format.payload_type();
            if !self.used.iter().any(|(used, _)| *used == payload_type) {
                self.used.push((payload_type, format.parameters.codec));
            }
        }
    }

    /// The formats of an m-section that offers these codecs. `standing` is what it offered or answered before.
    pub(crate) fn offer(&mut self, codecs: &[KnownCodec], standing: &[Format]) -> Vec<Format> {
        let mut taken: Vec<u8> = Vec::new();
        // What each default payload type has become.
        let mut names: Vec<(u8, u8)> = Vec::new();
        // RTX and RED name others, and so come after them; the order of the result is that of `codecs`.
        let (naming, plain): (Vec<_>, Vec<_>) =
            codecs.iter().enumerate().partition(|(_, known)| known.names_payload_types);
        let mut formats: Vec<(usize, Format)> = Vec::new();
        for (place, known) in plain.into_iter().chain(naming) {
            let Some(codec) = renamed(known, &names) else { continue };
            let default = known.parameters.payload_type;
            let Some(payload_type) = self.choose(&codec, default, standing, &taken) else { continue };
            taken.push(payload_type);
            names.push((default, payload_type));
            if !self.used.iter().any(|(used, _)| *used == payload_type) {
                self.used.push((payload_type, codec.clone()));
            }
            let feedback = known.feedback.iter().map(|&feedback| feedback.to_owned()).collect();
            formats.push((place, Format { parameters: CodecParameters { payload_type, codec }, feedback }));
        }
        formats.sort_by_key(|(place, _)| *place);
        formats.into_iter().map(|(_, format)| format).collect()
    }

    /// The m-section's own payload type for the codec, else that of another, else the default, else a free one.
    fn choose(&self, codec: &Codec, default: u8, standing: &[Format], taken: &[u8]) -> Option<u8> {
        let is_free_here = |payload_type: &u8| !taken.contains(payload_type);
        let own = standing.iter().filter(|format| is_same(codec, format.codec())).map(Format::payload_type);
        let others = self.used.iter().filter(|(_, used)| is_same(codec, used)).map(|(used, _)| *used);
        let is_unused = |payload_type: &u8| !self.used.iter().any(|(used, _)| used == payload_type);
        let fresh = std::iter::once(default).chain(dynamic()).filter(is_unused);
        own.chain(others).chain(fresh).find(is_free_here)
    }
}

/// Whether two codecs may share a payload type. RTX and RED may if they name the same payload types.
fn is_same(one: &Codec, other: &Codec) -> bool {
    let is_rtx = one.is_named("rtx");
    let names = is_rtx || one.is_named("red");
    matches(one, other)
        && (!is_rtx || repaired(one) == repaired(other))
        && (!names || is_rtx || one.sdp_fmtp_line == other.sdp_fmtp_line)
}

/// The codec with the payload types that its parameters name as they are in this session; `None` where one of them is
/// not offered.
fn renamed(known: &KnownCodec, names: &[(u8, u8)]) -> Option<Codec> {
    let mut codec = known.parameters.codec.clone();
    if !known.names_payload_types {
        return Some(codec);
    }
    let new = |text: &str| {
        let default: u8 = text.parse().ok()?;
        names.iter().find(|(from, _)| *from == default).map(|(_, to)| to.to_string())
    };
    let line = codec.sdp_fmtp_line.as_deref()?;
    codec.sdp_fmtp_line = Some(match line.strip_prefix("apt=") {
        Some(target) => format!("apt={}", new(target)?),
        None => line.split('/').map(new).collect::<Option<Vec<_>>>()?.join("/"),
    });
    Some(codec)
}

/// The codecs to offer or to answer with: all that are known, or those that setCodecPreferences() asked for, in its
/// order (RFC 9429, section 5.2.1).
pub(crate) fn wanted_codecs(kind: MediaKind, preferred: &[Codec]) -> Vec<KnownCodec> {
    let known = known_codecs(kind);
    // webrtc-pc, createOffer, final steps, step 3.2: as what is implemented does not depend on the direction, the
    // filter keeps everything.
    if preferred.is_empty() {
        return known;
    }
    let wants_rtx = preferred.iter().any(|codec| codec.is_named("rtx"));
    let mut wanted: Vec<KnownCodec> = Vec::new();
    for codec in preferred.iter().filter(|codec| !codec.is_named("rtx")) {
        for (place, candidate) in known.iter().enumerate() {
            let payload_type = candidate.parameters.payload_type;
            let is_new = !wanted.iter().any(|chosen| chosen.parameters.payload_type == payload_type);
            if !is_new || !matches(&candidate.parameters.codec, codec) {
                continue;
            }
            wanted.push(candidate.clone());
            let rtx = known.get(place + 1).filter(|next| next.parameters.codec.is_named("rtx"));
            wanted.extend(rtx.filter(|_| wants_rtx).cloned());
        }
    }
    wanted
}
