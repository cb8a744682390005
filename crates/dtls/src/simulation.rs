//! For simulations: what makes a run repeat itself to the byte count.

use dimpl::crypto::{Buf, CryptoProvider, HashAlgorithm, KeyProvider, SignatureAlgorithm, SigningKey};
use dimpl::{CryptoError, crypto::aws_lc_rs::default_provider};

/// The length of half of all ECDSA P-256 signatures in DER; the others are a byte longer or shorter.
const SIGNATURE: usize = 71;
/// More tries than this do not happen: each succeeds with probability one half.
const MAX_TRIES: usize = 256;

/// The library's provider, but its signatures are always of the same length.
pub(crate) fn provider() -> CryptoProvider {
    CryptoProvider { key_provider: &EvenKeys, ..default_provider() }
}

#[derive(Debug)]
struct EvenKeys;

impl KeyProvider for EvenKeys {
    fn load_private_key(&self, der: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        Ok(Box::new(EvenKey(default_provider().key_provider.load_private_key(der)?)))
    }
}

#[derive(Debug)]
struct EvenKey(Box<dyn SigningKey>);

impl SigningKey for EvenKey {
    fn sign(&mut self, data: &[u8], hash: HashAlgorithm, out: &mut Buf) -> Result<(), CryptoError> {
        for _ in 0..MAX_TRIES {
            let mut signature = Buf::new();
            self.0.sign(data, hash, &mut signature)?;
            if signature.len() == SIGNATURE {
                out.extend_from_slice(&signature);
                return Ok(());
            }
        }
        self.0.sign(data, hash, out)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }

    fn hash_algorithm(&self) -> HashAlgorithm {
        self.0.hash_algorithm()
    }

    fn supported_hash_algorithms(&self) -> &[HashAlgorithm] {
        self.0.supported_hash_algorithms()
    }
}
