//! Key agreement.

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::kem::{DecapsulationKey, EncapsulationKey, ML_KEM_768};

use super::Refused;
use crate::suite::Group;

/// Bytes of an ML-KEM-768 encapsulation key (FIPS 203, table 3).
const ENCAPSULATION_KEY: usize = 1184;
/// Bytes of an ML-KEM-768 ciphertext.
const CIPHERTEXT: usize = 1088;

/// Our half of an agreement, to be used with whatever answers it.
pub(crate) struct KeyShare {
    group: Group,
    classical: PrivateKey,
    post_quantum: Option<DecapsulationKey>,
    public: Vec<u8>,
}

fn classical(group: Group) -> &'static agreement::Algorithm {
    match group {
        Group::X25519MlKem768 | Group::X25519 => &agreement::X25519,
        Group::P256 => &agreement::ECDH_P256,
        Group::P384 => &agreement::ECDH_P384,
    }
}

impl KeyShare {
    /// A new key of the group, from the crypto library's own randomness.
    pub(crate) fn generate(group: Group) -> Result<KeyShare, Refused> {
        let key = PrivateKey::generate(classical(group))?;
        let mut public = Vec::new();
        let post_quantum = if group == Group::X25519MlKem768 {
            let secret = DecapsulationKey::generate(&ML_KEM_768)?;
            public.extend_from_slice(secret.encapsulation_key()?.key_bytes()?.as_ref());
            Some(secret)
        } else {
            None
        };
        public.extend_from_slice(key.compute_public_key()?.as_ref());
        Ok(KeyShare { group, classical: key, post_quantum, public })
    }

    pub(crate) fn group(&self) -> Group {
        self.group
    }

    /// What the peer is told.
    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }

    /// The secret, with the peer's answer. The library refuses points that are none, and X25519's secret of zeros
    /// (RFC 8446, section 7.4.2).
    pub(crate) fn agree(&self, answer: &[u8]) -> Result<Vec<u8>, Refused> {
        let Some(key) = &self.post_quantum else { return ecdh(self.group, &self.classical, answer) };
        let (ciphertext, point) = answer.split_at_checked(CIPHERTEXT).ok_or(Refused)?;
        let mut secret = key.decapsulate(ciphertext.into())?.as_ref().to_vec();
        secret.extend(ecdh(self.group, &self.classical, point)?);
        Ok(secret)
    }
}

/// The answer to the share `offer` of a client, and the secret.
pub(crate) fn respond(group: Group, offer: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Refused> {
    let key = PrivateKey::generate(classical(group))?;
    let (mut public, mut secret, mut point) = (Vec::new(), Vec::new(), offer);
    if group == Group::X25519MlKem768 {
        let (encapsulation_key, rest) = offer.split_at_checked(ENCAPSULATION_KEY).ok_or(Refused)?;
        let encapsulation_key = EncapsulationKey::new(&ML_KEM_768, encapsulation_key).map_err(|_| Refused)?;
        let (ciphertext, shared) = encapsulation_key.encapsulate()?;
        public.extend_from_slice(ciphertext.as_ref());
        secret.extend_from_slice(shared.as_ref());
        point = rest;
    }
    public.extend_from_slice(key.compute_public_key()?.as_ref());
    secret.extend(ecdh(group, &key, point)?);
    Ok((public, secret))
}

fn ecdh(group: Group, key: &PrivateKey, point: &[u8]) -> Result<Vec<u8>, Refused> {
    // RFC 8446, section 4.2.8.2: points are uncompressed, and nothing else is.
    let is_uncompressed = matches!(group, Group::X25519MlKem768 | Group::X25519) || point.first() == Some(&4);
    if !is_uncompressed {
        return Err(Refused);
    }
    agree(key, UnparsedPublicKey::new(classical(group), point), Refused, |secret| Ok(secret.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_agree_in_every_group() {
        for group in Group::V13 {
            let share = KeyShare::generate(group).unwrap();
            let (answer, secret) = respond(group, share.public()).unwrap();
            assert_eq!(share.agree(&answer), Ok(secret.clone()), "{group:?}");
            let expected = match group {
                Group::X25519MlKem768 => 64,
                Group::X25519 | Group::P256 => 32,
                Group::P384 => 48,
            };
            assert_eq!(secret.len(), expected);
        }
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for group in Group::V13 {
            let share = KeyShare::generate(group).unwrap();
            for length in [0, 1, share.public().len() - 1] {
                assert_eq!(respond(group, &share.public()[..length]).err(), Some(Refused), "{group:?}");
            }
            let longer = [share.public(), &[0]].concat();
            assert_eq!(respond(group, &longer).err(), Some(Refused), "{group:?}");
            let (answer, _) = respond(group, share.public()).unwrap();
            assert_eq!(share.agree(&answer[1..]).err(), Some(Refused));
        }
        // RFC 7748, section 6.1: the secret of a point of small order is zeros, and refused.
        assert_eq!(respond(Group::X25519, &[0; 32]).err(), Some(Refused));
        // A point that is not on the curve.
        let off_curve = [&[4][..], &[1; 64]].concat();
        assert_eq!(respond(Group::P256, &off_curve).err(), Some(Refused));
    }
}
