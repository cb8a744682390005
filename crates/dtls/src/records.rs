//! What is left of a datagram before it goes anywhere: the records that could do nothing but harm are gone.
//!
//! Until the keys stand, records prove nothing. An alert among them would end the handshake for the price of
//! one spoofed datagram, and handshake fragments that no handshake has would fill buffers
//! (RFC 6347, sections 4.1.2.7 and 4.2.3; RFC 9147, sections 4.5.2 and 5.5).

use std::borrow::Cow;

use base::Reader;

/// Bytes of a plaintext record's header.
const HEADER: usize = 13;
/// Bytes of a handshake fragment's header.
const HANDSHAKE_HEADER: usize = 12;
/// Plaintext handshake messages are numbered from 0 and end long before this.
const MAX_PLAINTEXT_MESSAGES: u16 = 24;
/// A longer handshake message (in WebRTC: a certificate) is not taken.
const MAX_HANDSHAKE_MESSAGE: usize = 16 * 1024;

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
const ACK: u8 = 26;
/// DTLS 1.3 ciphertexts begin with the bits 001 (RFC 9147, section 4).
const CIPHERTEXT: std::ops::RangeInclusive<u8> = 32..=63;

const FATAL: u8 = 2;

/// What a datagram carried.
#[derive(Debug)]
pub(crate) struct Filtered<'a> {
    /// What may be looked at.
    pub(crate) datagram: Cow<'a, [u8]>,
    /// There was a plaintext alert saying that the peer gave up, which anybody could have sent.
    pub(crate) has_plaintext_alert: bool,
    /// There was something that goes on with a handshake or belongs to a connection.
    pub(crate) goes_on: bool,
    /// How many records were dropped.
    pub(crate) dropped: u64,
}

/// Drops what must not be looked at; `is_connected` says whether the keys stand.
pub(crate) fn filter(datagram: &[u8], is_connected: bool) -> Filtered<'_> {
    let mut filtered = Filtered {
        datagram: Cow::Borrowed(datagram),
        has_plaintext_alert: false,
        goes_on: false,
        dropped: 0,
    };
    let mut kept = Vec::new();
    let mut rest = datagram;
    while let Some(first) = rest.first() {
        if CIPHERTEXT.contains(first) {
            // Where it ends depends on what was agreed; what authenticates it is the key.
            filtered.goes_on = true;
            kept.extend_from_slice(rest);
            break;
        }
        let Some(record) = Record::read(rest) else {
            filtered.dropped += 1;
            break;
        };
        let (bytes, tail) = rest.split_at(HEADER + record.fragment.len());
        rest = tail;
        if record.is_acceptable(is_connected) {
            filtered.goes_on = true;
            kept.extend_from_slice(bytes);
        } else {
            filtered.dropped += 1;
            filtered.has_plaintext_alert |= record.kind == ALERT && record.fragment.first() == Some(&FATAL);
        }
    }
    if filtered.dropped > 0 {
        filtered.datagram = Cow::Owned(kept);
    }
    filtered
}

/// A record with a whole header (RFC 6347, section 4.1).
struct Record<'a> {
    kind: u8,
    epoch: u16,
    fragment: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let kind = reader.u8()?;
        let _version = reader.u16()?;
        let epoch = reader.u16()?;
        let _sequence_number = reader.bytes(6)?;
        let length = usize::from(reader.u16()?);
        Some(Record { kind, epoch, fragment: reader.bytes(length)? })
    }

    fn is_acceptable(&self, is_connected: bool) -> bool {
        match (self.epoch, self.kind) {
            // Of what is not protected, only handshake messages have a use once the keys stand: they ask for
            // our last flight again.
            (0, HANDSHAKE) => has_possible_fragments(self.fragment),
            (0, CHANGE_CIPHER_SPEC | ACK) => !is_connected,
            (0, _) => false,
            (_, CHANGE_CIPHER_SPEC) => false,
            (_, ALERT | HANDSHAKE | APPLICATION_DATA | ACK) => true,
            _ => false,
        }
    }
}

/// Whether each handshake fragment lies inside a message that a handshake can have (RFC 6347, section 4.2.2).
fn has_possible_fragments(mut fragments: &[u8]) -> bool {
    if fragments.is_empty() {
        return false;
    }
    while !fragments.is_empty() {
        let mut reader = Reader::new(fragments);
        let fields = (|| {
            let _kind = reader.u8()?;
            Some((u24(&mut reader)?, reader.u16()?, u24(&mut reader)?, u24(&mut reader)?))
        })();
        let Some((length, message, offset, fragment)) = fields else { return false };
        let is_possible = message < MAX_PLAINTEXT_MESSAGES
            && length <= MAX_HANDSHAKE_MESSAGE
            && offset + fragment <= length
            && (fragment > 0 || length == 0);
        match fragments.get(HANDSHAKE_HEADER + fragment..) {
            Some(rest) if is_possible => fragments = rest,
            _ => return false,
        }
    }
    true
}

fn u24(reader: &mut Reader<'_>) -> Option<usize> {
    let [high, middle, low] = reader.array()?;
    Some(usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low))
}

#[cfg(test)]
mod tests;
