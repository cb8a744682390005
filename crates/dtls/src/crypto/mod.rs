//! The one seam to the crypto library.

mod aead;
mod group;
mod hash;
mod signature;

pub(crate) use aead::{Aead, AeadKey, MaskKey, TAG};
pub(crate) use group::{KeyShare, respond};
pub(crate) use hash::{Hash, hmac, same};
pub(crate) use signature::{KeyKind, PublicKey, Signer};

/// The crypto library refused: the peer's input, nearly always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

impl From<aws_lc_rs::error::Unspecified> for Refused {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Refused
    }
}
