//! CertificateRequest ([RFC 8446, section 4.3.2](https://www.rfc-editor.org/rfc/rfc8446#section-4.3.2);
//! [RFC 5246, section 7.4.4](https://www.rfc-editor.org/rfc/rfc5246#section-7.4.4)).

use base::Reader;

use super::alert::decode;
use super::extension::{self, Extensions};
use super::vector::{numbers, vector8, vector16, whole, write8, write16};
use super::{Alert, Refusal};
use crate::event::Version;
use crate::suite::Scheme;

/// ClientCertificateType: rsa_sign and ecdsa_sign (RFC 8422, section 5.5).
const TYPES: [u8; 2] = [1, 64];

/// The signature schemes that the server takes, of those that we know.
pub(crate) fn read(version: Version, body: &[u8]) -> Result<Vec<Scheme>, Refusal> {
    match version {
        Version::Dtls13 => {
            let mut reader = Reader::new(body);
            decode(vector8(&mut reader).filter(|context| context.is_empty()))?;
            let extensions = Extensions::read(&mut reader)?;
            decode(reader.is_empty().then_some(()))?;
            let schemes = extensions.numbers(extension::SIGNATURE_ALGORITHMS)?;
            Ok(schemes.ok_or(Alert::MissingExtension)?.filter_map(Scheme::from_id).collect())
        }
        Version::Dtls12 => {
            let schemes = whole(body, |reader| {
                vector8(reader)?;
                let schemes = numbers(vector16(reader)?)?;
                // The names of authorities are nothing to a certificate that nobody issued.
                vector16(reader)?;
                Some(schemes)
            });
            Ok(decode(schemes)?.filter_map(Scheme::from_id).collect())
        }
    }
}

/// The body of the message.
pub(crate) fn write(version: Version) -> Vec<u8> {
    let schemes = Scheme::of(version).iter().map(|scheme| scheme.id());
    let mut out = Vec::new();
    match version {
        Version::Dtls13 => {
            out.push(0);
            write16(&mut out, |out| extension::write_numbers(out, extension::SIGNATURE_ALGORITHMS, schemes));
        }
        Version::Dtls12 => {
            write8(&mut out, |out| out.extend(TYPES));
            write16(&mut out, |out| schemes.for_each(|scheme| out.extend(scheme.to_be_bytes())));
            write16(&mut out, |_| {});
        }
    }
    out
}
