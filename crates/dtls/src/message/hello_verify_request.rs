//! HelloVerifyRequest ([RFC 6347, section 4.2.1](https://www.rfc-editor.org/rfc/rfc6347#section-4.2.1)).

use super::Refusal;
use super::alert::decode;
use super::vector::{vector8, whole};

/// The cookie. The version is not looked at: section 4.2.1 has servers say 1.0 there.
pub(crate) fn read(body: &[u8]) -> Result<&[u8], Refusal> {
    decode(whole(body, |reader| {
        reader.u16()?;
        vector8(reader)
    }))
}
