//! Certificate ([RFC 8446, section 4.4.2](https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2);
//! [RFC 5246, section 7.4.2](https://www.rfc-editor.org/rfc/rfc5246#section-7.4.2)).

use base::Reader;

use super::alert::decode;
use super::vector::{vector8, vector16, vector24, whole, write24};
use super::{Alert, Refusal};
use crate::event::Version;

/// More certificates than this no chain has: in WebRTC it is one.
const MAX_CHAIN: usize = 10;

/// The end's own certificate: the first one. `None`: there is none. Whoever issued it is nothing to us (RFC 8827,
/// section 6.5: the fingerprint is the trust), but it must be readable.
pub(crate) fn read(version: Version, body: &[u8]) -> Result<Option<&[u8]>, Refusal> {
    let list = decode(whole(body, |reader| {
        if version == Version::Dtls13 {
            // RFC 8446, section 4.4.2: the context is that of the request, and empty in a handshake.
            vector8(reader).filter(|context| context.is_empty())?;
        }
        vector24(reader)
    }))?;
    let mut reader = Reader::new(list);
    let (mut first, mut count) = (None, 0);
    while !reader.is_empty() {
        let certificate = decode(vector24(&mut reader).filter(|it| !it.is_empty()))?;
        if version == Version::Dtls13 {
            decode(vector16(&mut reader))?;
        }
        count += 1;
        if count > MAX_CHAIN {
            return Err(Alert::BadCertificate.into());
        }
        first = first.or(Some(certificate));
    }
    Ok(first)
}

/// The body of the message.
pub(crate) fn write(version: Version, der: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(der.len() + 9);
    if version == Version::Dtls13 {
        out.push(0);
    }
    write24(&mut out, |out| {
        write24(out, |out| out.extend_from_slice(der));
        if version == Version::Dtls13 {
            out.extend([0, 0]);
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONS: [Version; 2] = [Version::Dtls12, Version::Dtls13];

    #[test]
    fn the_first_certificate_reads_as_it_was_written_and_none_is_none() {
        for version in VERSIONS {
            let body = write(version, b"certificate");
            assert_eq!(read(version, &body), Ok(Some(&b"certificate"[..])));
            for length in 0..body.len() {
                assert!(read(version, &body[..length]).is_err());
            }
        }
        assert_eq!(read(Version::Dtls12, &[0, 0, 0]), Ok(None));
        assert_eq!(read(Version::Dtls13, &[0, 0, 0, 0]), Ok(None));
        assert!(read(Version::Dtls13, &[1, 7, 0, 0, 0]).is_err(), "another request's context");
    }

    #[test]
    fn a_chain_has_an_end() {
        let chain = |depth: usize| {
            let mut body = Vec::new();
            write24(&mut body, |out| {
                for _ in 0..depth {
                    write24(out, |out| out.push(b'x'));
                }
            });
            body
        };
        assert_eq!(read(Version::Dtls12, &chain(10)), Ok(Some(&b"x"[..])));
        assert_eq!(read(Version::Dtls12, &chain(16)), Err(Alert::BadCertificate.into()));
    }
}
