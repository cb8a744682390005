//! setHeaderExtensionsToNegotiate()
//! ([webrtc-extensions](https://w3c.github.io/webrtc-extensions/#dom-rtcrtptransceiver-setheaderextensionstonegotiate)).

use super::HeaderExtensionCapability;
use super::capabilities::MID_URI;
use crate::{Error, TransceiverDirection};

/// Whether `extensions` may take the place of `current`.
pub(crate) fn check_extensions(
    extensions: &[HeaderExtensionCapability],
    current: &[HeaderExtensionCapability],
) -> Result<(), Error> {
    // WebIDL knows no empty URI to be wrong, but browsers take it for a missing one.
    if extensions.iter().any(|extension| extension.uri.is_empty()) {
        return Err(Error::type_error("an extension has no uri"));
    }
    // Step 3.
    if extensions.len() != current.len() {
        return Err(Error::invalid_modification("extensions can be neither added nor removed"));
    }
    // Step 4.
    for (extension, current) in extensions.iter().zip(current) {
        if extension.uri != current.uri {
            return Err(Error::invalid_modification(format!("{} is out of place", extension.uri)));
        }
        if extension.uri == MID_URI && extension.direction != TransceiverDirection::SendRecv {
            return Err(Error::invalid_modification(format!("{MID_URI} has to be sent and received")));
        }
    }
    Ok(())
}
