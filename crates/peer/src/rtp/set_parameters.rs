//! The setParameters validation steps
//! ([webrtc-pc, section 5.2](https://www.w3.org/TR/webrtc/#dfn-setparameters-validation-steps)).

use super::validation::{
    check_framerate, check_numbers, check_ptime, check_scale, default_scale, has_bad_restriction,
    remove_video_members,
};
use super::{
    Codec, EncodingParameters, MediaKind, SendParameters, SetParameterOptions, capabilities, scalability,
};
use crate::Error;

/// The validation steps. `last` is [[LastReturnedParameters]]. What comes back is what [[SendEncodings]] will be.
pub(crate) fn validate_parameters(
    parameters: SendParameters,
    options: &SetParameterOptions,
    last: &SendParameters,
    kind: MediaKind,
) -> Result<Vec<EncodingParameters>, Error> {
    check_numbers(&parameters.encodings)?;
    // Steps 4 and 5.
    check_read_only(&parameters, last)?;
    check_codecs(&parameters, kind)?;
    let mut encodings = parameters.encodings;
    check_ptime(&encodings)?;
    match kind {
        // Step 6.
        MediaKind::Audio => remove_video_members(&mut encodings),
        MediaKind::Video => {
            // webrtc-extensions, scaleResolutionDownTo.
            if has_bad_restriction(&encodings) {
                return Err(Error::invalid_modification("a scaleResolutionDownTo is missing or zero"));
            }
            // Step 7.
            encodings.iter_mut().for_each(default_scale);
            // Step 8.
            check_scale(&encodings)?;
            // Step 9.
            check_framerate(&encodings)?;
            // webrtc-extensions, setParameters().
            let keys = options.encoding_options.len();
            if keys != 0 && keys != encodings.len() {
                return Err(Error::invalid_modification("there are not as many options as encodings"));
            }
        }
    }
    // Step 10: any codec can be set for any encoding.
    Ok(encodings)
}

/// Step 5, its first three conditions.
fn check_read_only(parameters: &SendParameters, last: &SendParameters) -> Result<(), Error> {
    let rids = |parameters: &SendParameters| -> Vec<Option<String>> {
        parameters.encodings.iter().map(|encoding| encoding.rid.clone()).collect()
    };
    let what = if parameters.encodings.len() != last.encodings.len() {
        "the number of encodings"
    } else if rids(parameters) != rids(last) {
        "the rids of the encodings or their order"
    } else if parameters.transaction_id != last.transaction_id {
        "the transactionId"
    } else if parameters.codecs != last.codecs {
        "codecs"
    } else if parameters.header_extensions != last.header_extensions {
        "headerExtensions"
    } else if parameters.rtcp != last.rtcp {
        "rtcp"
    } else {
        return Ok(());
    };
    Err(Error::invalid_modification(format!("{what} cannot be changed")))
}

/// Step 5, its last condition, and what webrtc-svc adds to it.
fn check_codecs(parameters: &SendParameters, kind: MediaKind) -> Result<(), Error> {
    let negotiated: Vec<&Codec> = parameters.codecs.iter().map(|codec| &codec.codec).collect();
    let implemented = capabilities(kind, true).codecs;
    let choosable = if negotiated.is_empty() { implemented.iter().collect() } else { negotiated.clone() };
    let is_unknown = |encoding: &EncodingParameters| {
        encoding
            .codec
            .as_ref()
            .is_some_and(|codec| !choosable.iter().any(|choosable| codec.matches(choosable, true)))
    };
    if parameters.encodings.iter().any(is_unknown) {
        return Err(Error::invalid_modification("the codec is not among those that can be sent"));
    }
    if scalability::is_unsupported(&parameters.encodings, &negotiated, kind) {
        return Err(Error::invalid_modification("the scalability mode is not supported"));
    }
    Ok(())
}
