//! CertificateVerify ([RFC 8446, section 4.4.3](https://www.rfc-editor.org/rfc/rfc8446#section-4.4.3);
//! [RFC 5246, section 7.4.8](https://www.rfc-editor.org/rfc/rfc5246#section-7.4.8)).

use super::alert::decode;
use super::vector::{vector16, whole, write16};
use super::{Alert, Refusal};
use crate::config::Role;
use crate::event::Version;
use crate::suite::Scheme;

/// The scheme and the signature: also the end of a ServerKeyExchange.
pub(crate) fn read(version: Version, body: &[u8]) -> Result<(Scheme, &[u8]), Refusal> {
    let (scheme, signature) = decode(whole(body, |reader| Some((reader.u16()?, vector16(reader)?))))?;
    let scheme = Scheme::from_id(scheme).filter(|scheme| Scheme::of(version).contains(scheme));
    Ok((scheme.ok_or(Alert::IllegalParameter)?, signature))
}

/// The body of the message.
pub(crate) fn write(scheme: Scheme, signature: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(4 + signature.len());
    out.extend(scheme.id().to_be_bytes());
    write16(&mut out, |out| out.extend_from_slice(signature));
    out
}

/// What an end signs in 1.3.
pub(crate) fn signed13(signer: Role, transcript_hash: &[u8]) -> Vec<u8> {
    let context: &[u8] = match signer {
        Role::Client => b"TLS 1.3, client CertificateVerify\0",
        Role::Server => b"TLS 1.3, server CertificateVerify\0",
    };
    [&[b' '; 64], context, transcript_hash].concat()
}
