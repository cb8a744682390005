//! Who we are to a server: long-term credentials ([RFC 8489, section 9.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.2)).

use std::fmt;

use base::Redacted;
use stun_types::attribute::{Nonce, PasswordAlgorithms, Realm};
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, LongTermCredentials, Message};
use stun_types::prelude::*;

/// RFC 8489, section 9.2: such a nonce carries what the server can do, in four characters of base64.
const NONCE_COOKIE: &str = "obMatJos2";
/// RFC 8489, section 18.1: the server names the algorithms for the password.
const PASSWORD_ALGORITHMS_BIT: u32 = 1 << 23;
/// RFC 8489, section 18.5.
const MD5: u16 = 1;
const SHA256: u16 = 2;

/// A user's name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnCredentials {
    /// The name.
    pub username: String,
    /// The password.
    pub password: Redacted<String>,
}

/// What a request is signed with.
#[derive(Clone)]
pub(super) struct Authentication {
    pub(super) username: String,
    pub(super) realm: String,
    pub(super) nonce: String,
    pub(super) key: IntegrityKey,
    pub(super) algorithm: IntegrityAlgorithm,
    /// The server's PASSWORD-ALGORITHMS, which requests repeat so that nobody can have shortened the list.
    pub(super) offered: Option<Vec<u8>>,
}

impl Authentication {
    /// Takes up a challenge: a 401 or 438 response. `None` if it is none, or one that somebody has weakened.
    pub(super) fn answer(credentials: &TurnCredentials, challenge: &Message<'_>) -> Option<Authentication> {
        let realm = challenge.attribute::<Realm>().ok()?.realm().to_owned();
        let nonce = challenge.attribute::<Nonce>().ok()?.nonce().to_owned();
        let offered = challenge.raw_attribute(PasswordAlgorithms::TYPE).map(|raw| raw.value.to_vec());
        let algorithm = match &offered {
            // RFC 8489, section 9.2.5: the bit promises the attribute; without it, somebody took it out.
            None if promises_algorithms(&nonce) => return None,
            None => IntegrityAlgorithm::Sha1,
            Some(offered) => choose(offered)?,
        };
        let TurnCredentials { username, password } = credentials;
        let long_term = LongTermCredentials::new(username.clone(), password.expose_secret().clone());
        let key = long_term.to_key(realm.clone()).make_key(algorithm);
        Some(Authentication { username: username.clone(), realm, nonce, key, algorithm, offered })
    }

    /// Whether the server has signed a message.
    pub(super) fn has_signed(&self, message: &Message<'_>) -> bool {
        message.validate_integrity_with_key(&self.key).is_ok()
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication").field("realm", &self.realm).finish_non_exhaustive()
    }
}

/// The best that both know; each entry is a number, the length of its parameters, and those.
fn choose(offered: &[u8]) -> Option<IntegrityAlgorithm> {
    let mut reader = base::Reader::new(offered);
    let mut best = None;
    while let Some(number) = reader.u16() {
        let length = usize::from(reader.u16()?);
        reader.bytes(length.next_multiple_of(4))?;
        match number {
            SHA256 => best = Some(IntegrityAlgorithm::Sha256),
            MD5 => best = best.or(Some(IntegrityAlgorithm::Sha1)),
            _ => {}
        }
    }
    best
}

fn promises_algorithms(nonce: &str) -> bool {
    let features = nonce.strip_prefix(NONCE_COOKIE).and_then(|rest| rest.as_bytes().first_chunk::<4>());
    let digit = |bits: u32, character: &u8| base64(*character).map(|digit| bits << 6 | u32::from(digit));
    let bits = features.and_then(|features| features.iter().try_fold(0, digit));
    bits.is_some_and(|bits| bits & PASSWORD_ALGORITHMS_BIT != 0)
}

fn base64(character: u8) -> Option<u8> {
    Some(match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_says_what_its_server_can_do() {
        // "gAAA" is 0x800000, "QAAA" the bit after it (user name anonymity).
        assert!(promises_algorithms("obMatJos2gAAArest"));
        assert!(promises_algorithms("obMatJos2wAAA"));
        for nonce in ["obMatJos2QAAArest", "obMatJos2AAAA", "obMatJos2gAA", "obMatJos2!AAA", "gAAA", ""] {
            assert!(!promises_algorithms(nonce), "{nonce}");
        }
    }

    #[test]
    fn the_better_algorithm_is_chosen() {
        let md5 = [0, 1, 0, 0];
        let sha256 = [0, 2, 0, 0];
        let other = [0, 9, 0, 3, 1, 2, 3, 0];
        assert_eq!(choose(&md5), Some(IntegrityAlgorithm::Sha1));
        assert_eq!(choose(&[md5, sha256].concat()), Some(IntegrityAlgorithm::Sha256));
        assert_eq!(choose(&[sha256, md5].concat()), Some(IntegrityAlgorithm::Sha256));
        assert_eq!(choose(&[&other[..], &md5].concat()), Some(IntegrityAlgorithm::Sha1));
        assert_eq!(choose(&other), None);
        assert_eq!(choose(&[0, 2, 0, 9]), None);
        assert_eq!(choose(&[]), None);
    }
}
