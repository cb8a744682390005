//! Certificate and CertificateVerify of 1.3, which are the same in both directions
//! ([RFC 8446, section 4.4](https://www.rfc-editor.org/rfc/rfc8446#section-4.4)).

use super::identity::Identity;
use super::transcript::Transcript;
use crate::config::Role;
use crate::crypto::Hash;
use crate::event::Version;
use crate::message::{Alert, Message, Refusal, certificate, certificate_verify};
use crate::suite::Scheme;

/// The peer's certificate, which it has proven to be its own, and which is the signalled one. Both messages are in the
/// transcript afterwards.
pub(crate) fn authenticate(
    identity: &Identity,
    peer: Role,
    (chain, verify): (&Message, &Message),
    transcript: &mut Transcript,
    hash: Hash,
) -> Result<Vec<u8>, Refusal> {
    let der = certificate::read(Version::Dtls13, &chain.body)?.ok_or(Alert::CertificateRequired)?;
    // Which comes first: another one's certificate is refused whatever it is able to sign.
    identity.verify(der)?;
    let key = Identity::key_of(der)?;
    transcript.push(chain);
    let (scheme, signature) = certificate_verify::read(Version::Dtls13, &verify.body)?;
    let signed = certificate_verify::signed13(peer, &transcript.hash(hash));
    key.verify(scheme, true, &signed, signature).map_err(|_| Alert::DecryptError)?;
    transcript.push(verify);
    Ok(der.to_vec())
}

/// The body of our own CertificateVerify.
pub(crate) fn sign(
    identity: &Identity,
    us: Role,
    scheme: Scheme,
    transcript: &Transcript,
    hash: Hash,
) -> Result<Vec<u8>, Refusal> {
    let signed = certificate_verify::signed13(us, &transcript.hash(hash));
    Ok(certificate_verify::write(scheme, &identity.sign(scheme, &signed)?))
}
