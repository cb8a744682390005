//! Scalability modes ([webrtc-svc](https://www.w3.org/TR/webrtc-svc/#scalabilitymodes*)).

use super::{Codec, EncodingParameters, MediaKind, known_codecs};

/// Those that every codec for video has: temporal scalability.
const TEMPORAL: &[&str] = &["L1T1", "L1T2", "L1T3"];

/// The others, which VP9 and AV1 have.
const SPATIAL: &[&str] = &[
    "L2T1",
    "L2T2",
    "L2T3",
    "L3T1",
    "L3T2",
    "L3T3",
    "L2T1h",
    "L2T2h",
    "L2T3h",
    "L3T1h",
    "L3T2h",
    "L3T3h",
    "S2T1",
    "S2T2",
    "S2T3",
    "S2T1h",
    "S2T2h",
    "S2T3h",
    "S3T1",
    "S3T2",
    "S3T3",
    "S3T1h",
    "S3T2h",
    "S3T3h",
    "L2T2_KEY",
    "L2T2_KEY_SHIFT",
    "L2T3_KEY",
    "L2T3_KEY_SHIFT",
    "L3T1_KEY",
    "L3T2_KEY",
    "L3T2_KEY_SHIFT",
    "L3T3_KEY",
    "L3T3_KEY_SHIFT",
];

/// Whether a codec has a mode.
fn supports(codec: &Codec, mode: &str) -> bool {
    let is_any = |names: &[&str]| names.iter().any(|name| codec.is_named(name));
    (is_any(&["VP8", "H264", "VP9", "AV1"]) && TEMPORAL.contains(&mode))
        || (is_any(&["VP9", "AV1"]) && SPATIAL.contains(&mode))
}

/// Whether some encoding has a mode that its codec, or no codec at all, has; or asks for both ways of simulcast at
/// once. `negotiated` is empty before there is an answer; else its first codec is the one of encodings that name none.
pub(crate) fn is_unsupported(
    encodings: &[EncodingParameters],
    negotiated: &[&Codec],
    kind: MediaKind,
) -> bool {
    let is_wrong = |encoding: &EncodingParameters| {
        let Some(mode) = encoding.scalability_mode.as_deref() else { return false };
        match (&encoding.codec, negotiated.first()) {
            (Some(codec), _) => !supports(codec, mode),
            (None, Some(codec)) => !supports(codec, mode),
            (None, None) => !known_codecs(kind).iter().any(|known| supports(&known.parameters.codec, mode)),
        }
    };
    let is_active_s_mode = |encoding: &&EncodingParameters| {
        encoding.active && encoding.scalability_mode.as_ref().is_some_and(|mode| mode.starts_with('S'))
    };
    let active = encodings.iter().filter(|encoding| encoding.active).count();
    encodings.iter().any(is_wrong) || (active > 1 && encodings.iter().any(|e| is_active_s_mode(&e)))
}

/// webrtc-svc, getParameters(): after a negotiation, a mode that the codec does not have gives way to one that it has,
/// with as many temporal layers.
pub(crate) fn adapt(encodings: &mut [EncodingParameters], negotiated: &[&Codec]) {
    for encoding in encodings {
        let codec = encoding.codec.as_ref().or(negotiated.first().copied());
        let (Some(codec), Some(mode)) = (codec, &mut encoding.scalability_mode) else { continue };
        if !supports(codec, mode) {
            let layers = mode.chars().skip_while(|letter| *letter != 'T').nth(1);
            let replacement =
                format!("L1T{}", layers.filter(|digit| matches!(digit, '1'..='3')).unwrap_or('1'));
            encoding.scalability_mode = supports(codec, &replacement).then_some(replacement);
        }
    }
}
