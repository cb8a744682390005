//! setCodecPreferences()
//! ([webrtc-pc, section 5.4](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiver-setcodecpreferences)).

use super::{Codec, MediaKind, capabilities};
use crate::Error;

/// Whether a codec carries no media of its own that could be offered: RTX, RED, FEC or comfort noise.
pub(crate) fn is_resilience(codec: &Codec) -> bool {
    ["rtx", "red", "ulpfec", "flexfec", "flexfec-03", "CN"].iter().any(|name| codec.is_named(name))
}

/// What [[PreferredCodecs]] will be: codecs of our capabilities, spelled as there.
pub(crate) fn validate_preferences(codecs: &[Codec], kind: MediaKind) -> Result<Vec<Codec>, Error> {
    // Step 3.
    if codecs.is_empty() {
        return Ok(Vec::new());
    }
    // Step 6: sending and receiving are the same.
    let known = capabilities(kind, true).codecs;
    let mut preferred: Vec<Codec> = Vec::new();
    for codec in codecs {
        // Step 7.
        let Some(known) = known.iter().find(|known| codec.matches(known, false)) else {
            let message = format!("{} is not among the capabilities", codec.mime_type);
            return Err(Error::invalid_modification(message));
        };
        // Step 4.
        if !preferred.contains(known) {
            preferred.push(known.clone());
        }
    }
    // Step 8.
    if preferred.iter().all(is_resilience) {
        return Err(Error::invalid_modification("none of the codecs carries media"));
    }
    // Step 9.
    Ok(preferred)
}
