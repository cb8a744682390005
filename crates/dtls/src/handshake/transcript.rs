//! The messages of a handshake, as both ends hash them.

use crate::crypto::Hash;
use crate::event::Version;
use crate::message::{Fragment, Message, kind};

/// All messages so far. In 1.2 they are hashed with the header that they would have unfragmented (RFC 6347, section
/// 4.2.6); in 1.3 as TLS has them, without numbers (RFC 9147, section 5.2).
///
/// The bytes are kept, as signatures of 1.2 are made over them and not over their hash. They are bounded by what is
/// reassembled of one handshake.
#[derive(Clone, Debug)]
pub(crate) struct Transcript {
    version: Version,
    bytes: Vec<u8>,
}

impl Transcript {
    pub(crate) fn new(version: Version) -> Transcript {
        Transcript { version, bytes: Vec::new() }
    }

    pub(crate) fn push(&mut self, message: &Message) {
        match self.version {
            Version::Dtls12 => {
                let whole = Fragment {
                    kind: message.kind,
                    length: message.body.len(),
                    sequence: message.sequence,
                    offset: 0,
                    body: &message.body,
                };
                self.bytes.extend_from_slice(&whole.header());
            }
            Version::Dtls13 => self.push_header(message.kind, message.body.len()),
        }
        self.bytes.extend_from_slice(&message.body);
    }

    /// RFC 8446, section 4.4.1: a ClientHello that was answered by a HelloRetryRequest counts by its hash.
    pub(crate) fn push_hash_of(&mut self, hash: Hash, hello: &Message) {
        let mut alone = Transcript::new(self.version);
        alone.push(hello);
        self.push_header(kind::MESSAGE_HASH, hash.length());
        self.bytes.extend(hash.of(&alone.bytes));
    }

    fn push_header(&mut self, kind: u8, length: usize) {
        self.bytes.push(kind);
        self.bytes.extend_from_slice(&(length as u32).to_be_bytes()[1..]);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn hash(&self, hash: Hash) -> Vec<u8> {
        hash.of(&self.bytes)
    }
}
