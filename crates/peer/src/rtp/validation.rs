//! What encodings must be: the addTransceiver sendEncodings validation steps
//! ([webrtc-pc, section 5.1](https://www.w3.org/TR/webrtc/#dfn-addtransceiver-sendencodings-validation-steps)), and
//! what they have in common with setParameters().

use std::collections::BTreeSet;

use super::{EncodingParameters, MediaKind, capabilities, scalability};
use crate::{Error, ErrorName};

/// maxN of webrtc-pc for video: as many as browsers send.
const MAX_VIDEO_ENCODINGS: usize = 3;
/// maxN for audio.
const MAX_AUDIO_ENCODINGS: usize = 1;

/// RFC 8852, section 3: what a header extension with a one-byte header can hold.
const MAX_RID: usize = 16;

/// Whether it can be an `a=rid` and in an RTP header: letters and digits only (RFC 8852, section 3; RFC 8851 has `-`
/// and `_` too, which its erratum 7132 takes back).
pub(crate) fn is_rid(rid: &str) -> bool {
    (1..=MAX_RID).contains(&rid.len()) && rid.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn range(message: &str) -> Error {
    Error::new(ErrorName::RangeError, message)
}

/// The addTransceiver sendEncodings validation steps. What comes back is what [[SendEncodings]] will be, unless it is
/// empty.
pub(crate) fn validate_send_encodings(
    mut encodings: Vec<EncodingParameters>,
    kind: MediaKind,
) -> Result<Vec<EncodingParameters>, Error> {
    check_numbers(&encodings)?;
    // Step 1.
    check_rids(&encodings)?;
    // Step 2: no other parameter is read-only.
    // Step 3.
    let known = capabilities(kind, true).codecs;
    let is_unknown = |encoding: &EncodingParameters| {
        encoding.codec.as_ref().is_some_and(|codec| !known.iter().any(|known| codec.matches(known, false)))
    };
    if encodings.iter().any(is_unknown) {
        return Err(Error::operation("there is no such codec"));
    }
    // webrtc-svc, addTransceiver().
    if scalability::is_unsupported(&encodings, &[], kind) {
        return Err(Error::operation("there is no such scalability mode"));
    }
    // Step 4: any codec can be set at any time.
    check_ptime(&encodings)?;
    if kind == MediaKind::Audio {
        // Step 5.
        remove_video_members(&mut encodings);
    }
    // webrtc-extensions, scaleResolutionDownTo.
    if has_bad_restriction(&encodings) {
        return Err(Error::operation("a scaleResolutionDownTo is missing or zero"));
    }
    // Step 6.
    check_scale(&encodings)?;
    // Step 7.
    check_framerate(&encodings)?;
    // Step 9.
    let is_scaled = encodings.iter().any(|encoding| encoding.scale_resolution_down_by.is_some());
    if is_scaled {
        encodings.iter_mut().for_each(default_scale);
    }
    // Steps 8 and 10.
    encodings.truncate(match kind {
        MediaKind::Audio => MAX_AUDIO_ENCODINGS,
        MediaKind::Video => MAX_VIDEO_ENCODINGS,
    });
    // Step 11.
    if kind == MediaKind::Video && !is_scaled {
        for (encoding, power) in encodings.iter_mut().rev().zip(0..) {
            encoding.scale_resolution_down_by = Some(2f64.powi(power));
        }
    }
    // Step 12.
    if let [lone] = &mut encodings[..] {
        lone.rid = None;
    }
    Ok(encodings)
}

/// WebIDL: a `double` is a finite number.
pub(crate) fn check_numbers(encodings: &[EncodingParameters]) -> Result<(), Error> {
    let numbers = encodings.iter().flat_map(|encoding| {
        [encoding.max_framerate, encoding.scale_resolution_down_by].into_iter().flatten()
    });
    match numbers.into_iter().all(f64::is_finite) {
        true => Ok(()),
        false => Err(Error::type_error("a number is not finite")),
    }
}

fn check_rids(encodings: &[EncodingParameters]) -> Result<(), Error> {
    let rids: Vec<&String> = encodings.iter().filter_map(|encoding| encoding.rid.as_ref()).collect();
    if !rids.iter().all(|rid| is_rid(rid)) {
        return Err(Error::type_error("a rid has letters and digits only, at least 1 and at most 16"));
    }
    if !rids.is_empty() && rids.len() != encodings.len() {
        return Err(Error::type_error("some encodings have a rid and others have none"));
    }
    if rids.iter().collect::<BTreeSet<_>>().len() != rids.len() {
        return Err(Error::type_error("two encodings have the same rid"));
    }
    Ok(())
}

/// webrtc-extensions, adaptivePtime.
pub(crate) fn check_ptime(encodings: &[EncodingParameters]) -> Result<(), Error> {
    match encodings.iter().any(|encoding| encoding.adaptive_ptime && encoding.ptime.is_some()) {
        true => Err(Error::invalid_modification("a ptime cannot be both set and adaptive")),
        false => Ok(()),
    }
}

/// What audio does not have.
pub(crate) fn remove_video_members(encodings: &mut [EncodingParameters]) {
    for encoding in encodings {
        encoding.scale_resolution_down_by = None;
        encoding.max_framerate = None;
        encoding.scale_resolution_down_to = None;
    }
}

/// webrtc-extensions, scaleResolutionDownTo: whether it is on some of the active encodings only, or not positive.
pub(crate) fn has_bad_restriction(encodings: &[EncodingParameters]) -> bool {
    let restrictions = || encodings.iter().filter_map(|encoding| encoding.scale_resolution_down_to);
    let is_missing =
        |encoding: &EncodingParameters| encoding.active && encoding.scale_resolution_down_to.is_none();
    restrictions().any(|restriction| restriction.max_width == 0 || restriction.max_height == 0)
        || (restrictions().next().is_some() && encodings.iter().any(is_missing))
}

/// Of video only.
pub(crate) fn check_scale(encodings: &[EncodingParameters]) -> Result<(), Error> {
    match encodings.iter().filter_map(|encoding| encoding.scale_resolution_down_by).all(|scale| scale >= 1.0)
    {
        true => Ok(()),
        false => Err(range("scaleResolutionDownBy is less than 1")),
    }
}

/// Of video only. addTransceiver(), step 7, asks for more than 0, where the member itself gives 0 a meaning ("freezing
/// the video on the next frame"), setParameters() takes it, and all browsers and their tests do in both.
pub(crate) fn check_framerate(encodings: &[EncodingParameters]) -> Result<(), Error> {
    match encodings.iter().filter_map(|encoding| encoding.max_framerate).all(|framerate| framerate >= 0.0) {
        true => Ok(()),
        false => Err(range("maxFramerate is negative")),
    }
}

/// A scale of 1 where there is none.
pub(crate) fn default_scale(encoding: &mut EncodingParameters) {
    encoding.scale_resolution_down_by.get_or_insert(1.0);
}
