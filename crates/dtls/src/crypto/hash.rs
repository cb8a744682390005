//! Hashes and what is built of them.

use aws_lc_rs::{constant_time, digest, hmac as library};

/// A hash function of a cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
}

impl Hash {
    /// Bytes of a hash.
    pub(crate) fn length(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
        }
    }

    pub(crate) fn of(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }
}

/// HMAC over several pieces (RFC 2104).
pub(crate) fn hmac(hash: Hash, key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    let algorithm = match hash {
        Hash::Sha256 => library::HMAC_SHA256,
        Hash::Sha384 => library::HMAC_SHA384,
    };
    let mut context = library::Context::with_key(&library::Key::new(algorithm, key));
    for piece in pieces {
        context.update(piece);
    }
    context.sign().as_ref().to_vec()
}

/// Whether two secrets are the same, in a time that does not say where they differ.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}
