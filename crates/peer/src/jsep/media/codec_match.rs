//! Which of the peer's formats are ours, and what they are called in our answer.

use super::format::{Format, is_auxiliary, parameter, repaired};
use crate::Codec;

/// What H.264 decoders can do (RFC 6184, section 8.1, table 5): profiles that several pairs of profile_idc and
/// profile-iop name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum H264Profile {
    ConstrainedBaseline,
    Baseline,
    Main,
    Extended,
    High,
    ConstrainedHigh,
    Other(u8, u8),
}

/// RFC 6184, section 8.1: without the parameter, Baseline at level 1.
const H264_DEFAULT: [u8; 3] = [0x42, 0x00, 0x0a];

/// profile_idc, profile-iop and level_idc.
fn h264_level_id(codec: &Codec) -> Option<[u8; 3]> {
    let Some(text) = parameter(codec, "profile-level-id") else { return Some(H264_DEFAULT) };
    let value = u32::from_str_radix(text, 16).ok().filter(|_| text.len() == 6)?;
    let [_, profile, iop, level] = value.to_be_bytes();
    Some([profile, iop, level])
}

fn h264_profile([profile, iop, _]: [u8; 3]) -> H264Profile {
    let has = |bits: u8| iop & bits == bits;
    match profile {
        0x42 if has(0x40) => H264Profile::ConstrainedBaseline,
        0x4d if has(0x80) => H264Profile::ConstrainedBaseline,
        0x58 if has(0xc0) => H264Profile::ConstrainedBaseline,
        0x42 => H264Profile::Baseline,
        0x58 if has(0x80) => H264Profile::Baseline,
        0x4d => H264Profile::Main,
        0x58 => H264Profile::Extended,
        0x64 if has(0x0c) => H264Profile::ConstrainedHigh,
        0x64 => H264Profile::High,
        profile => H264Profile::Other(profile, iop),
    }
}

/// RFC 7798, section 7.1: `level-id` is thirty times the level, and 93 where nothing is said.
fn h265_level(codec: &Codec) -> Option<u8> {
    parameter(codec, "level-id").map_or(Some(93), |level| level.parse().ok())
}

/// Whether two codecs are the same for offer and answer: the parameters that both sides must have alike are alike.
/// RTX and RED, whose parameters name payload types, are compared by their names alone.
pub(crate) fn matches(ours: &Codec, theirs: &Codec) -> bool {
    let same = ours.mime_type.eq_ignore_ascii_case(&theirs.mime_type)
        && ours.clock_rate == theirs.clock_rate
        && ours.channels == theirs.channels;
    let alike = |name: &str, default: &str| {
        parameter(ours, name).unwrap_or(default) == parameter(theirs, name).unwrap_or(default)
    };
    if !same {
        false
    } else if ours.is_named("H264") {
        // RFC 6184, section 8.2.2: the profile and the packetization mode are used symmetrically.
        let profiles = (h264_level_id(ours).map(h264_profile), h264_level_id(theirs).map(h264_profile));
        profiles.0.is_some() && profiles.0 == profiles.1 && alike("packetization-mode", "0")
    } else if ours.is_named("H265") {
        // RFC 7798, section 7.2.2: all that identifies the media format is used symmetrically, except the level.
        h265_level(theirs).is_some()
            && [("profile-space", "0"), ("profile-id", "1"), ("tier-flag", "0"), ("tx-mode", "SRST")]
                .iter()
                .all(|(name, default)| alike(name, default))
    } else if ours.is_named("VP9") {
        // RFC 9628, section 6.
        alike("profile-id", "0")
    } else if ours.is_named("AV1") {
        // AV1's RTP payload format, section 7.2.3.
        alike("profile", "0")
    } else {
        true
    }
}

/// The parameters of our answer, for a format of the peer's.
fn answered_parameters(ours: &Codec, theirs: &Codec) -> Option<String> {
    if ours.is_named("H265") {
        return answered_h265(ours, theirs);
    }
    if !ours.is_named("H264") {
        return ours.sdp_fmtp_line.clone();
    }
    let (Some([.., our_level]), Some([profile, iop, their_level])) =
        (h264_level_id(ours), h264_level_id(theirs))
    else {
        return ours.sdp_fmtp_line.clone();
    };
    let is_asymmetric =
        |codec: &Codec| parameter(codec, "level-asymmetry-allowed").is_some_and(|value| value == "1");
    // RFC 6184, section 8.2.2: with asymmetry, a level is the answerer's own; without, it is the lower.
    let both = is_asymmetric(ours) && is_asymmetric(theirs);
    let level = if both { our_level } else { our_level.min(their_level) };
    let mode = parameter(ours, "packetization-mode").unwrap_or("0");
    let asymmetry = if both { "level-asymmetry-allowed=1;" } else { "" };
    Some(format!("{asymmetry}packetization-mode={mode};profile-level-id={profile:02x}{iop:02x}{level:02x}"))
}

/// RFC 7798, section 7.2.2: an answer changes nothing but the level, which is not above the offer's.
fn answered_h265(ours: &Codec, theirs: &Codec) -> Option<String> {
    let level = h265_level(ours)?.min(h265_level(theirs)?);
    let value = |name: &str, default: &str| parameter(ours, name).unwrap_or(default).to_owned();
    let (profile, tier, mode) = (value("profile-id", "1"), value("tier-flag", "0"), value("tx-mode", "SRST"));
    Some(format!("level-id={level};profile-id={profile};tier-flag={tier};tx-mode={mode}"))
}

/// The formats of an answer: what both sides know, with the peer's payload types. `ours` is in the order of our
/// preference, which counts if `by_preference`; else the order is the offer's (RFC 9429, section 5.3.1).
pub(crate) fn answer(ours: &[Format], theirs: &[Format], by_preference: bool) -> Vec<Format> {
    let mut accepted = Vec::new();
    if by_preference {
        for our in ours {
            let same = theirs.iter().filter(|their| matches(our.codec(), their.codec()));
            accepted.extend(same.map(|their| (our, their)));
        }
    } else {
        for their in theirs {
            let same = ours.iter().find(|our| matches(our.codec(), their.codec()));
            accepted.extend(same.map(|our| (our, their)));
        }
    }
    // Several of ours may be the same as one of theirs: RTX is, once for each codec that it repairs.
    let mut seen = [false; 256];
    accepted.retain(|(_, their)| !std::mem::replace(&mut seen[usize::from(their.payload_type())], true));
    let is_base = |their: &&Format| !their.codec().is_named("rtx");
    let bases: Vec<u8> =
        accepted.iter().map(|(_, their)| *their).filter(is_base).map(Format::payload_type).collect();
    accepted.retain(|(_, their)| is_complete(their.codec(), &bases));
    let formats: Vec<Format> = accepted.into_iter().map(|(our, their)| answered(our, their)).collect();
    if by_preference { with_repair_behind(formats) } else { formats }
}

/// Whether what a format's parameters name is accepted too.
fn is_complete(codec: &Codec, accepted: &[u8]) -> bool {
    if codec.is_named("rtx") {
        return repaired(codec).is_some_and(|payload_type| accepted.contains(&payload_type));
    }
    match &codec.sdp_fmtp_line {
        // RFC 2198, section 5: a list of payload types.
        Some(line) if codec.is_named("red") => line
            .split('/')
            .all(|part| part.trim().parse().is_ok_and(|payload_type: u8| accepted.contains(&payload_type))),
        _ => true,
    }
}

fn answered(ours: &Format, theirs: &Format) -> Format {
    let mut format = theirs.clone();
    let names_payload_types = ["rtx", "red"].iter().any(|name| theirs.codec().is_named(name));
    if !names_payload_types {
        format.parameters.codec.sdp_fmtp_line = answered_parameters(ours.codec(), theirs.codec());
    }
    // The name in the case that we write it in, too.
    format.parameters.codec.mime_type.clone_from(&ours.parameters.codec.mime_type);
    // RFC 4585, section 4.2: feedback that is not understood is left out of the answer.
    format.feedback.retain(|feedback| ours.feedback.contains(feedback));
    format
}

/// RTX moves behind what it repairs.
fn with_repair_behind(formats: Vec<Format>) -> Vec<Format> {
    let (repair, mut others): (Vec<_>, Vec<_>) =
        formats.into_iter().partition(|format| format.codec().is_named("rtx"));
    for format in repair {
        let target = repaired(format.codec());
        let place = others.iter().position(|other| Some(other.payload_type()) == target);
        match place {
            Some(place) => others.insert(place + 1, format),
            None => others.push(format),
        }
    }
    others
}

/// Whether there is a codec for media among the formats.
pub(crate) fn has_media(formats: &[Format]) -> bool {
    formats.iter().any(|format| !is_auxiliary(format.codec()))
}

/// The formats of one description that the other has too, each as the first has it. RTX and RED come with what they
/// name.
pub(crate) fn common(formats: &[Format], other: &[Format]) -> Vec<Format> {
    let is_known = |format: &&Format| other.iter().any(|other| matches(other.codec(), format.codec()));
    let mut common: Vec<Format> = formats.iter().filter(is_known).cloned().collect();
    let bases = common.iter().filter(|format| !format.codec().is_named("rtx"));
    let bases: Vec<u8> = bases.map(Format::payload_type).collect();
    common.retain(|format| is_complete(format.codec(), &bases));
    common
}
