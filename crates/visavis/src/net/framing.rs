//! Datagrams in a stream: framed on the way out, found again on the way in.

use std::ops::Range;

use session::Framing;

/// No frame is longer: 65,535 bytes and their length, or a STUN message of 65,532 bytes and its header.
pub(crate) const MAX_FRAME: usize = 65_552;

/// A STUN message's header; its length counts what follows (RFC 8489, section 5).
const STUN_HEADER: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
/// A ChannelData message's header; its length counts what follows but the padding (RFC 8656, section 12.4).
const CHANNEL_HEADER: usize = 4;

/// What a stream's bytes begin with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A datagram, which takes `length` bytes of the stream with what frames it.
    Datagram { range: Range<usize>, length: usize },
    /// The beginning of one.
    Part,
    /// Nothing that could be one: where the next begins is not to be found out.
    Garbage,
}

/// Appends a datagram with what frames it. False, and nothing is appended, where it cannot be framed: it is too long,
/// or not what its header says.
pub(crate) fn frame(framing: Framing, datagram: &[u8], out: &mut Vec<u8>) -> bool {
    match framing {
        Framing::Rfc4571 => {
            let Ok(length) = u16::try_from(datagram.len()) else { return false };
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(datagram);
        }
        Framing::Stun => {
            let Some((length, padded)) =
                stun_length(datagram).filter(|(length, _)| *length == datagram.len())
            else {
                return false;
            };
            out.extend_from_slice(datagram);
            out.resize(out.len() + padded - length, 0);
        }
    }
    true
}

/// Finds the first datagram in what has come of a stream.
pub(crate) fn first(framing: Framing, bytes: &[u8]) -> Found {
    let (start, end, length) = match framing {
        Framing::Rfc4571 => {
            let Some((header, _)) = bytes.split_first_chunk::<2>() else { return Found::Part };
            let end = 2 + usize::from(u16::from_be_bytes(*header));
            (2, end, end)
        }
        Framing::Stun if bytes.len() < CHANNEL_HEADER => return Found::Part,
        Framing::Stun => match stun_length(bytes) {
            Some((length, padded)) => (0, length, padded),
            None => return Found::Garbage,
        },
    };
    if bytes.len() < length { Found::Part } else { Found::Datagram { range: start..end, length } }
}

/// The length of a STUN or ChannelData message by its header, and with the padding that it has in a stream.
fn stun_length(bytes: &[u8]) -> Option<(usize, usize)> {
    let (&[kind, _, high, low], rest) = bytes.split_first_chunk::<CHANNEL_HEADER>()?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    match kind {
        // RFC 8489, section 5: the two top bits are zero, attributes are whole words, and the cookie is always there.
        0x00..=0x3f => {
            let is_stun = length.is_multiple_of(4) && COOKIE.starts_with(&rest[..rest.len().min(4)]);
            is_stun.then_some((STUN_HEADER + length, STUN_HEADER + length))
        }
        // RFC 8656, section 12: the numbers of channels.
        0x40..=0x4f => {
            let length = CHANNEL_HEADER + length;
            Some((length, length.next_multiple_of(4)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(framing: Framing, datagrams: &[&[u8]]) {
        let mut stream = Vec::new();
        for datagram in datagrams {
            assert!(frame(framing, datagram, &mut stream));
        }
        // However the bytes come, the same datagrams come out, and none before its last byte.
        let mut from = 0;
        let mut found = Vec::new();
        for to in 0..=stream.len() {
            while let Found::Datagram { range, length } = first(framing, &stream[from..to]) {
                found.push(&stream[from..][range]);
                from += length;
            }
        }
        assert_eq!((found.as_slice(), from), (datagrams, stream.len()));
    }

    #[test]
    fn datagrams_come_out_as_they_went_in() {
        let long = [7; 65_535];
        round_trip(Framing::Rfc4571, &[b"one", b"", &long, b"four"]);
        let mut binding = vec![0, 1, 0, 8];
        binding.extend_from_slice(&COOKIE);
        binding.extend_from_slice(&[9; 20]);
        round_trip(
            Framing::Stun,
            &[&binding, &[0x40, 0, 0, 5, 1, 2, 3, 4, 5], &[0x4f, 0xff, 0, 0], &binding],
        );
    }

    #[test]
    fn what_cannot_be_framed_is_refused() {
        let mut out = Vec::new();
        assert!(!frame(Framing::Rfc4571, &[0; 65_536], &mut out));
        // A datagram of DTLS, half a STUN message, and more than the header says.
        for datagram in [&[22, 254, 253, 0][..], &[0, 1, 0, 0], &[0x40, 0, 0, 1, 1, 1], &[]] {
            assert!(!frame(Framing::Stun, datagram, &mut out), "{datagram:?}");
        }
        assert!(out.is_empty());
    }

    #[test]
    fn what_is_no_stun_ends_the_stream() {
        // SSH, TLS, mail, and a STUN header whose length is no whole number of words.
        for bytes in [&b"SSH-"[..], &[0x16, 3, 1, 2], b"220 mail", &[0, 1, 0, 3]] {
            assert_eq!(first(Framing::Stun, bytes), Found::Garbage, "{bytes:?}");
        }
        assert_eq!(first(Framing::Stun, &[0x80]), Found::Part);
    }

    #[test]
    fn no_frame_is_longer_than_the_longest() {
        for kind in 0..=255 {
            let mut bytes = vec![0; MAX_FRAME];
            bytes[4..8].copy_from_slice(&COOKIE);
            for low in [252, 255] {
                bytes[..4].copy_from_slice(&[kind, 255, 255, low]);
                for framing in [Framing::Rfc4571, Framing::Stun] {
                    assert_ne!(first(framing, &bytes), Found::Part, "{framing:?} {kind} {low}");
                }
            }
        }
    }
}
