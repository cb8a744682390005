//! The key schedule of 1.2.

use crate::crypto::{Hash, hmac};
use crate::suite::Suite;

/// Bytes of a master secret, and of verify_data.
const MASTER: usize = 48;
const VERIFY_DATA: usize = 12;

/// [RFC 5246, section 5](https://www.rfc-editor.org/rfc/rfc5246#section-5): P_hash over label and seed.
pub(crate) fn prf(hash: Hash, secret: &[u8], label: &[u8], seed: &[&[u8]], length: usize) -> Vec<u8> {
    let mut pieces = vec![label];
    pieces.extend_from_slice(seed);
    let mut a = hmac(hash, secret, &pieces);
    let mut out = Vec::with_capacity(length + hash.length());
    while out.len() < length {
        let mut with_a = vec![&a[..]];
        with_a.extend_from_slice(&pieces);
        out.extend(hmac(hash, secret, &with_a));
        a = hmac(hash, secret, &[&a]);
    }
    out.truncate(length);
    out
}

/// What both ends know after the key exchange.
pub(crate) struct Secrets12 {
    pub(crate) suite: Suite,
    master: Vec<u8>,
    client_random: [u8; 32],
    server_random: [u8; 32],
}

/// One direction's keys.
pub(crate) struct Keys12 {
    pub(crate) key: Vec<u8>,
    pub(crate) iv: Vec<u8>,
}

impl Secrets12 {
    /// `session_hash` is that of the messages up to the ClientKeyExchange where both ends have the extended master
    /// secret ([RFC 7627, section 4](https://www.rfc-editor.org/rfc/rfc7627#section-4)).
    pub(crate) fn new(
        suite: Suite,
        premaster: &[u8],
        session_hash: Option<&[u8]>,
        client_random: [u8; 32],
        server_random: [u8; 32],
    ) -> Secrets12 {
        let (label, seed): (&[u8], [&[u8]; 2]) = match session_hash {
            Some(hash) => (b"extended master secret", [hash, &[]]),
            // RFC 5246, section 8.1.
            None => (b"master secret", [&client_random, &server_random]),
        };
        let master = prf(suite.hash(), premaster, label, &seed, MASTER);
        Secrets12 { suite, master, client_random, server_random }
    }

    /// The client's and the server's write keys
    /// ([RFC 5246, section 6.3](https://www.rfc-editor.org/rfc/rfc5246#section-6.3)). `iv_length`: 4 with an explicit
    /// nonce, else 12.
    pub(crate) fn keys(&self, iv_length: usize) -> [Keys12; 2] {
        let key_length = self.suite.aead().key_length();
        let length = 2 * (key_length + iv_length);
        let seed: [&[u8]; 2] = [&self.server_random, &self.client_random];
        let block = prf(self.suite.hash(), &self.master, b"key expansion", &seed, length);
        let (keys, ivs) = block.split_at(2 * key_length);
        [0, 1].map(|end| Keys12 {
            key: keys[end * key_length..][..key_length].to_vec(),
            iv: ivs[end * iv_length..][..iv_length].to_vec(),
        })
    }

    /// [RFC 5246, section 7.4.9](https://www.rfc-editor.org/rfc/rfc5246#section-7.4.9).
    pub(crate) fn verify_data(&self, is_client: bool, transcript: &[u8]) -> Vec<u8> {
        let label: &[u8] = if is_client { b"client finished" } else { b"server finished" };
        let hash = self.suite.hash();
        prf(hash, &self.master, label, &[&hash.of(transcript)], VERIFY_DATA)
    }

    /// [RFC 5705, section 4](https://www.rfc-editor.org/rfc/rfc5705#section-4), without a context.
    pub(crate) fn export(&self, label: &str, length: usize) -> Vec<u8> {
        let seed: [&[u8]; 2] = [&self.client_random, &self.server_random];
        prf(self.suite.hash(), &self.master, label.as_bytes(), &seed, length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The TLS working group's vectors for P_SHA256 and P_SHA384 (mailing list, 2009-02-23).
    #[test]
    fn the_prf_gives_the_published_vectors() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..][..2], 16).unwrap()).collect()
        };
        let secret = hex("9bbe436ba940f017b17652849a71db35");
        let seed = hex("a0ba9f936cda311827a6f796ffd5198c");
        let expected = hex(concat!(
            "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a",
            "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab",
            "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701",
            "87347b66",
        ));
        assert_eq!(prf(Hash::Sha256, &secret, b"test label", &[&seed], 100), expected);
        let secret = hex("b80b733d6ceefcdc71566ea48e5567df");
        let seed = hex("cd665cf6a8447dd6ff8b27555edb7465");
        let expected = hex("7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd");
        assert_eq!(prf(Hash::Sha384, &secret, b"test label", &[&seed], 32), expected);
    }
}
