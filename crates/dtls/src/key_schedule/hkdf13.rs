//! The key schedule of 1.3.

use crate::crypto::{Hash, Refused, hmac};
use crate::record::ProtectionKeys;
use crate::suite::Suite;

/// [RFC 9147, section 5.9](https://www.rfc-editor.org/rfc/rfc9147#section-5.9): DTLS's own prefix, without a space.
const PREFIX: &[u8] = b"dtls13";
/// Bytes of a nonce.
const IV: usize = 12;

/// RFC 5869, section 2.2.
fn extract(hash: Hash, salt: &[u8], secret: &[u8]) -> Vec<u8> {
    hmac(hash, salt, &[secret])
}

/// RFC 8446, section 7.1: HKDF-Expand-Label, with the given prefix of labels.
fn expand_with(
    hash: Hash,
    secret: &[u8],
    prefix: &[u8],
    label: &[u8],
    context: &[u8],
    length: usize,
) -> Vec<u8> {
    let mut info = Vec::with_capacity(4 + prefix.len() + label.len() + context.len());
    info.extend_from_slice(&(length as u16).to_be_bytes());
    info.push((prefix.len() + label.len()) as u8);
    info.extend_from_slice(prefix);
    info.extend_from_slice(label);
    info.push(context.len() as u8);
    info.extend_from_slice(context);
    let (mut out, mut block, mut counter) = (Vec::with_capacity(length + hash.length()), Vec::new(), 1_u8);
    while out.len() < length {
        block = hmac(hash, secret, &[&block, &info, &[counter]]);
        out.extend_from_slice(&block);
        counter = counter.wrapping_add(1);
    }
    out.truncate(length);
    out
}

fn expand(hash: Hash, secret: &[u8], label: &[u8], context: &[u8], length: usize) -> Vec<u8> {
    expand_with(hash, secret, PREFIX, label, context, length)
}

/// One direction's secret in one epoch.
#[derive(Clone)]
pub(crate) struct TrafficSecret {
    suite: Suite,
    secret: Vec<u8>,
}

impl TrafficSecret {
    /// RFC 8446, section 7.3, and `sn` of RFC 9147, section 4.2.3.
    pub(crate) fn keys(&self) -> Result<ProtectionKeys, Refused> {
        let (hash, length) = (self.suite.hash(), self.suite.aead().key_length());
        let key = expand(hash, &self.secret, b"key", &[], length);
        let iv = expand(hash, &self.secret, b"iv", &[], IV);
        let number = expand(hash, &self.secret, b"sn", &[], length);
        ProtectionKeys::new(self.suite.aead(), &key, &iv, &number)
    }

    /// RFC 8446, section 7.2: the secret after a KeyUpdate.
    pub(crate) fn next(&self) -> TrafficSecret {
        let hash = self.suite.hash();
        TrafficSecret {
            suite: self.suite,
            secret: expand(hash, &self.secret, b"traffic upd", &[], hash.length()),
        }
    }

    /// RFC 8446, section 4.4.4: the body of a Finished message over that hash of the transcript.
    pub(crate) fn verify_data(&self, transcript_hash: &[u8]) -> Vec<u8> {
        let hash = self.suite.hash();
        let key = expand(hash, &self.secret, b"finished", &[], hash.length());
        hmac(hash, &key, &[transcript_hash])
    }
}

/// The secrets of both directions.
#[derive(Clone)]
pub(crate) struct TrafficSecrets {
    pub(crate) client: TrafficSecret,
    pub(crate) server: TrafficSecret,
}

/// [RFC 8446, section 7.1](https://www.rfc-editor.org/rfc/rfc8446#section-7.1), from the handshake secret on.
pub(crate) struct HandshakeSecret {
    suite: Suite,
    secret: Vec<u8>,
}

impl HandshakeSecret {
    /// From the agreed secret, without a pre-shared key.
    pub(crate) fn new(suite: Suite, shared: &[u8]) -> HandshakeSecret {
        let hash = suite.hash();
        let zeros = vec![0; hash.length()];
        let early = extract(hash, &[], &zeros);
        let salt = derived(hash, &early);
        HandshakeSecret { suite, secret: extract(hash, &salt, shared) }
    }

    /// `transcript_hash`: up to the ServerHello.
    pub(crate) fn traffic(&self, transcript_hash: &[u8]) -> TrafficSecrets {
        secrets(self.suite, &self.secret, [b"c hs traffic", b"s hs traffic"], transcript_hash)
    }

    /// The application's secrets and the exporter's; `transcript_hash`: up to the server's Finished.
    pub(crate) fn application(&self, transcript_hash: &[u8]) -> (TrafficSecrets, Exporter) {
        let hash = self.suite.hash();
        let zeros = vec![0; hash.length()];
        let master = extract(hash, &derived(hash, &self.secret), &zeros);
        let traffic = secrets(self.suite, &master, [b"c ap traffic", b"s ap traffic"], transcript_hash);
        let exporter = expand(hash, &master, b"exp master", transcript_hash, hash.length());
        (traffic, Exporter { hash, secret: exporter })
    }
}

fn derived(hash: Hash, secret: &[u8]) -> Vec<u8> {
    expand(hash, secret, b"derived", &hash.of(&[]), hash.length())
}

fn secrets(suite: Suite, secret: &[u8], labels: [&[u8; 12]; 2], transcript_hash: &[u8]) -> TrafficSecrets {
    let hash = suite.hash();
    let [client, server] = labels.map(|label| TrafficSecret {
        suite,
        secret: expand(hash, secret, label, transcript_hash, hash.length()),
    });
    TrafficSecrets { client, server }
}

/// [RFC 8446, section 7.5](https://www.rfc-editor.org/rfc/rfc8446#section-7.5).
pub(crate) struct Exporter {
    hash: Hash,
    secret: Vec<u8>,
}

impl Exporter {
    /// Keying material for `label`, without a context.
    pub(crate) fn export(&self, label: &str, length: usize) -> Vec<u8> {
        let (hash, nothing) = (self.hash, self.hash.of(&[]));
        let secret = expand(hash, &self.secret, label.as_bytes(), &nothing, hash.length());
        expand(hash, &secret, b"exporter", &nothing, length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: String = text.split_whitespace().collect();
        (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..][..2], 16).unwrap()).collect()
    }

    /// RFC 8448, section 3, with TLS's prefix: the same schedule but for the labels.
    #[test]
    fn extraction_and_expansion_are_those_of_rfc_8448() {
        let hash = Hash::Sha256;
        let early = extract(hash, &[], &[0; 32]);
        assert_eq!(early, hex("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"));
        let salt = expand_with(hash, &early, b"tls13 ", b"derived", &hash.of(&[]), 32);
        assert_eq!(salt, hex("6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba"));
        let shared = hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d");
        let handshake = extract(hash, &salt, &shared);
        assert_eq!(handshake, hex("1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac"));
        let transcript = hex("860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8");
        let client = expand_with(hash, &handshake, b"tls13 ", b"c hs traffic", &transcript, 32);
        assert_eq!(client, hex("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"));
        let key = expand_with(hash, &client, b"tls13 ", b"key", &[], 16);
        assert_eq!(key, hex("dbfaa693d1762c5b666af5d950258d01"));
        let iv = expand_with(hash, &client, b"tls13 ", b"iv", &[], 12);
        assert_eq!(iv, hex("5bd3c71b836e0b76bb73265f"));
    }

    #[test]
    fn labels_have_the_prefix_of_dtls() {
        let secret = TrafficSecret { suite: Suite::Aes128GcmSha256, secret: vec![7; 32] };
        let dtls = expand_with(Hash::Sha256, &[7; 32], b"dtls13", b"traffic upd", &[], 32);
        assert_eq!(secret.next().secret, dtls);
        assert_ne!(dtls, expand_with(Hash::Sha256, &[7; 32], b"tls13 ", b"traffic upd", &[], 32));
    }
}
