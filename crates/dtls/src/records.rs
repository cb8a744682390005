//! A datagram's records, before any goes anywhere: which could do nothing but harm.
//!
//! Until the keys stand, records prove nothing. An alert among them would end the handshake for the price of
//! one spoofed datagram, and handshake fragments that no handshake has would fill buffers
//! (RFC 6347, sections 4.1.2.7 and 4.2.3; RFC 9147, sections 4.5.2 and 5.5).

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
const CLIENT_HELLO: u8 = 1;

/// What may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A server has answered nothing yet: a ClientHello. Anything else would wait in the place of the real
    /// client's later messages.
    ClientHello,
    /// The handshake runs.
    Handshake,
    /// The keys stand.
    Data,
}

/// What to do with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Look at it.
    Accept,
    /// Do not.
    Drop,
    /// Do not: it is an alert in the clear, saying that the peer gave up, which anybody could have sent.
    DropAlert,
}

/// A datagram's records, one by one: what one of them is does not decide over those beside it.
#[derive(Clone, Debug)]
pub(crate) struct Records<'a> {
    rest: &'a [u8],
}

/// Takes a datagram apart.
pub(crate) fn records(datagram: &[u8]) -> Records<'_> {
    Records { rest: datagram }
}

impl<'a> Records<'a> {
    /// The next record, and what to do with it.
    pub(crate) fn next(&mut self, expected: Expected) -> Option<(&'a [u8], Verdict)> {
        let first = self.rest.first()?;
        if CIPHERTEXT.contains(first) {
            let length = ciphertext_length(self.rest).unwrap_or(self.rest.len());
            return Some((self.split(length), Verdict::Accept));
        }
        let Some(record) = Record::read(self.rest) else {
            return Some((std::mem::take(&mut self.rest), Verdict::Drop));
        };
        let verdict = match record.is_acceptable(expected) {
            true => Verdict::Accept,
            false if record.kind == ALERT && record.fragment.first() == Some(&FATAL) => Verdict::DropAlert,
            false => Verdict::Drop,
        };
        Some((self.split(HEADER + record.fragment.len()), verdict))
    }

    fn split(&mut self, length: usize) -> &'a [u8] {
        let (record, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        record
    }
}

/// How long a DTLS 1.3 ciphertext is that says so (RFC 9147, section 4); it reaches to the datagram's end if
/// it does not. Connection ids are not offered.
fn ciphertext_length(bytes: &[u8]) -> Option<usize> {
    const SEQUENCE_16: u8 = 0x08;
    const LENGTH: u8 = 0x04;
    let mut reader = Reader::new(bytes);
    let flags = reader.u8().filter(|flags| flags & LENGTH != 0)?;
    let sequence_number = if flags & SEQUENCE_16 != 0 { 2 } else { 1 };
    reader.bytes(sequence_number)?;
    let length = usize::from(reader.u16()?);
    Some(1 + sequence_number + 2 + length)
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

    fn is_acceptable(&self, expected: Expected) -> bool {
        match (self.epoch, self.kind) {
            // Of what is not protected, only handshake messages have a use once the keys stand: they ask for
            // our last flight again.
            (0, HANDSHAKE) => {
                has_possible_fragments(self.fragment)
                    && (expected != Expected::ClientHello || is_first_hello(self.fragment))
            }
            (0, CHANGE_CIPHER_SPEC | ACK) => expected == Expected::Handshake,
            (0, _) => false,
            (_, CHANGE_CIPHER_SPEC) => false,
            (_, ALERT | HANDSHAKE | APPLICATION_DATA | ACK) => true,
            _ => false,
        }
    }
}

/// Whether the first fragment is one of the ClientHello with which everything begins: message 0.
fn is_first_hello(fragments: &[u8]) -> bool {
    fragments.first() == Some(&CLIENT_HELLO) && fragments.get(4..6) == Some(&[0, 0])
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
        // A ClientHello is the first message, or the second after a HelloVerifyRequest or HelloRetryRequest.
        let last = if fragments.first() == Some(&CLIENT_HELLO) { 2 } else { MAX_PLAINTEXT_MESSAGES };
        let is_possible = message < last
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
