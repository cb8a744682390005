//! EncryptedExtensions ([RFC 8446, section 4.3.1](https://www.rfc-editor.org/rfc/rfc8446#section-4.3.1)).

use base::Reader;

use super::extension::{self, Extensions};
use super::vector::write16;
use super::{Alert, Refusal};
use crate::suite::SrtpProfile;

/// What the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answers13 {
    /// The profile that it chose.
    pub(crate) srtp: Option<SrtpProfile>,
    /// What it takes (RFC 8449).
    pub(crate) record_size_limit: Option<u16>,
}

/// Reads the message.
pub(crate) fn read(body: &[u8]) -> Result<Answers13, Refusal> {
    let mut reader = Reader::new(body);
    let extensions = Extensions::read(&mut reader)?;
    if body.is_empty() || !reader.is_empty() {
        return Err(Alert::DecodeError.into());
    }
    // RFC 8446, section 4.2.7: a server may say its groups for later.
    extensions.allow(&[extension::USE_SRTP, extension::SUPPORTED_GROUPS, extension::RECORD_SIZE_LIMIT])?;
    let record_size_limit = extensions.record_size_limit()?;
    Ok(Answers13 { srtp: chosen_profile(&extensions)?, record_size_limit })
}

/// RFC 5764, section 4.1.1: one profile, of those that were offered.
pub(crate) fn chosen_profile(extensions: &Extensions<'_>) -> Result<Option<SrtpProfile>, Refusal> {
    if !extensions.has(extension::USE_SRTP) {
        return Ok(None);
    }
    match extensions.srtp_profiles()?[..] {
        [profile] => Ok(Some(profile)),
        _ => Err(Alert::IllegalParameter.into()),
    }
}

/// The body of the message.
pub(crate) fn write(answers: Answers13) -> Vec<u8> {
    let mut out = Vec::new();
    write16(&mut out, |out| {
        if let Some(profile) = answers.srtp {
            extension::write_srtp(out, &[profile]);
        }
        if let Some(limit) = answers.record_size_limit {
            extension::write_record_size_limit(out, limit);
        }
    });
    out
}
