//! What we need of a peer's certificate: its key ([RFC 5280, section 4.1](https://www.rfc-editor.org/rfc/rfc5280)).
//!
//! Nothing else in it means anything here: names, validity and issuers prove nothing when the fingerprint was
//! signalled (RFC 8827, section 6.5; RFC 8122, section 5).

use base::Reader;

use crate::crypto::{KeyKind, PublicKey};

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const NULL: u8 = 0x05;
/// `[0] EXPLICIT`: the version.
const VERSION: u8 = 0xa0;

/// 1.2.840.10045.2.1, 1.2.840.10045.3.1.7, 1.3.132.0.34, 1.2.840.113549.1.1.1
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Bytes of the largest RSA modulus whose signatures are checked: 8,192 bits. The work grows with its cube.
const MAX_MODULUS: usize = 1024;

/// The key that a certificate is about. `None`: it cannot be read, or its key is of a kind that we cannot use.
pub(crate) fn public_key(der: &[u8]) -> Option<PublicKey> {
    let mut outer = Reader::new(der);
    let mut certificate = Reader::new(element(&mut outer, SEQUENCE)?);
    if !outer.is_empty() {
        return None;
    }
    let mut fields = Reader::new(element(&mut certificate, SEQUENCE)?);
    if fields.clone().u8() == Some(VERSION) {
        element(&mut fields, VERSION)?;
    }
    element(&mut fields, INTEGER)?;
    // The signature's algorithm, the issuer, the validity, the subject.
    for _ in 0..4 {
        element(&mut fields, SEQUENCE)?;
    }
    key_info(element(&mut fields, SEQUENCE)?)
}

/// A SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7; RFC 5480, section 2; RFC 3279, section 2.3.1).
fn key_info(info: &[u8]) -> Option<PublicKey> {
    let mut info = Reader::new(info);
    let mut algorithm = Reader::new(element(&mut info, SEQUENCE)?);
    let [unused, key @ ..] = element(&mut info, BIT_STRING)? else { return None };
    if *unused != 0 || !info.is_empty() {
        return None;
    }
    let name = element(&mut algorithm, OBJECT_IDENTIFIER)?;
    let kind = if name == RSA_ENCRYPTION {
        element(&mut algorithm, NULL)?;
        KeyKind::Rsa
    } else if name == EC_PUBLIC_KEY {
        match element(&mut algorithm, OBJECT_IDENTIFIER)? {
            P256 => KeyKind::P256,
            P384 => KeyKind::P384,
            _ => return None,
        }
    } else {
        return None;
    };
    let is_possible = match kind {
        KeyKind::P256 => key.len() == 65 && key.first() == Some(&4),
        KeyKind::P384 => key.len() == 97 && key.first() == Some(&4),
        KeyKind::Rsa => is_rsa_key(key),
    };
    (algorithm.is_empty() && is_possible).then(|| PublicKey { kind, bytes: key.to_vec() })
}

/// Whether it is an RSAPublicKey of a size that we check signatures with (RFC 8017, appendix A.1.1).
fn is_rsa_key(key: &[u8]) -> bool {
    let read = || {
        let mut outer = Reader::new(key);
        let mut fields = Reader::new(element(&mut outer, SEQUENCE)?);
        let modulus = element(&mut fields, INTEGER)?;
        let exponent = element(&mut fields, INTEGER)?;
        (outer.is_empty() && fields.is_empty()).then_some((modulus, exponent))
    };
    // A leading zero keeps the number positive. Exponents have up to 33 bits, as in the crypto library.
    read().is_some_and(|(modulus, exponent)| modulus.len() <= MAX_MODULUS + 1 && exponent.len() <= 5)
}

/// The contents of the next element, which must have that tag and a length in its shortest form (X.690, section 10.1).
fn element<'a>(reader: &mut Reader<'a>, tag: u8) -> Option<&'a [u8]> {
    reader.u8().filter(|found| *found == tag)?;
    let length = match reader.u8()? {
        short @ 0..=0x7f => usize::from(short),
        0x81 => usize::from(reader.u8().filter(|length| *length >= 0x80)?),
        0x82 => usize::from(reader.u16().filter(|length| *length >= 0x100)?),
        // A certificate of 64 KiB does not come this far.
        _ => return None,
    };
    reader.bytes(length)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Certificate;

    fn certificate() -> Certificate {
        let day = Duration::from_secs(86_400);
        Certificate::generate_ecdsa_p256(20_000 * day, 30 * day).unwrap()
    }

    #[test]
    fn our_own_certificate_has_our_own_key() {
        let certificate = certificate();
        let key = public_key(certificate.der()).unwrap();
        let signer = certificate.signer(false).unwrap();
        let scheme = crate::suite::Scheme::EcdsaSha256;
        let signed = signer.sign(scheme, b"message").unwrap();
        assert_eq!(key.verify(scheme, true, b"message", &signed), Ok(()));
        assert!(key.verify(scheme, true, b"massage", &signed).is_err());
        assert!(key.verify(crate::suite::Scheme::EcdsaSha384, true, b"message", &signed).is_err());
    }

    #[test]
    fn parts_of_a_certificate_and_touched_ones_are_read_without_panic() {
        let der = certificate().der().to_vec();
        for length in 0..der.len() {
            assert_eq!(public_key(&der[..length]), None);
        }
        for at in 0..der.len() {
            for bits in [1, 0x80, 0xff] {
                let mut touched = der.clone();
                touched[at] ^= bits;
                let _ = public_key(&touched);
            }
        }
        let longer = [&der[..], &[0]].concat();
        assert_eq!(public_key(&longer), None);
    }

    #[test]
    fn lengths_have_one_form() {
        let read = |bytes: &[u8]| element(&mut Reader::new(bytes), NULL).map(<[u8]>::len);
        assert_eq!(read(&[5, 0]), Some(0));
        assert_eq!(read(&[5, 0x81, 1, 9]), None, "longer than needed");
        assert_eq!(read(&[5, 0x80, 0, 0]), None, "without an end");
        assert_eq!(read(&[5, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(read(&[&[5, 0x81, 0x80][..], &[0; 128]].concat()), Some(128));
        assert_eq!(read(&[4, 0]), None);
    }

    #[test]
    fn a_key_that_would_take_minutes_is_none() {
        let integer = |length: usize| {
            [&[INTEGER, 0x82][..], &(length as u16).to_be_bytes(), &vec![0x7f; length]].concat()
        };
        let key = |modulus: usize| {
            let fields = [integer(modulus), vec![INTEGER, 3, 1, 0, 1]].concat();
            [&[SEQUENCE, 0x82][..], &(fields.len() as u16).to_be_bytes(), &fields].concat()
        };
        assert!(is_rsa_key(&key(1025)));
        assert!(!is_rsa_key(&key(2048)), "RSA of 16,384 bits");
    }
}
