//! What a socket that many connections share has to know of a datagram: whose it is, without a key.
//!
//! Nothing here is authenticated. It only chooses who gets to look at the datagram.

/// RFC 8489, section 5: the length of the header.
const HEADER: usize = 20;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
/// RFC 8489, section 14.3.
const USERNAME: u16 = 0x0006;
/// RFC 8445, section 5.3: the longest username fragment.
const MAX_UFRAG: usize = 256;

/// The bytes that tell one STUN transaction from another.
pub(crate) type TransactionId = [u8; 12];

/// What a datagram is to the router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peek<'a> {
    /// A STUN request or indication to this username fragment.
    ToFragment(&'a [u8]),
    /// The answer to a STUN request.
    Answer(TransactionId),
    /// Not STUN: its path decides.
    ByPath,
    /// STUN that can be for nobody.
    Nothing,
}

/// Looks at a datagram ([RFC 7983, section 7](https://www.rfc-editor.org/rfc/rfc7983#section-7): the first byte of STUN
/// is 0 to 3).
pub(crate) fn peek(datagram: &[u8]) -> Peek<'_> {
    match datagram.first() {
        None => Peek::Nothing,
        Some(4..) => Peek::ByPath,
        Some(_) => peek_stun(datagram).unwrap_or(Peek::Nothing),
    }
}

fn peek_stun(datagram: &[u8]) -> Option<Peek<'_>> {
    let (header, attributes) = datagram.split_at_checked(HEADER)?;
    if header[4..8] != MAGIC_COOKIE || usize::from(u16_at(header, 2)?) != attributes.len() {
        return None;
    }
    // RFC 8489, section 5: the second bit of the class says that it is an answer.
    if header[0] & 1 != 0 {
        return header[8..HEADER].try_into().ok().map(Peek::Answer);
    }
    // A keepalive has no USERNAME and needs none: it asks for nothing.
    username(attributes).map(Peek::ToFragment)
}

/// The receiver's half of USERNAME. Linear in the datagram: every attribute is at least four bytes.
fn username(mut attributes: &[u8]) -> Option<&[u8]> {
    loop {
        let (kind, length) = (u16_at(attributes, 0)?, usize::from(u16_at(attributes, 2)?));
        if kind == USERNAME {
            let value = attributes.get(4..4 + length)?;
            let end = value.iter().take(MAX_UFRAG + 1).position(|byte| *byte == b':')?;
            return Some(&value[..end]);
        }
        attributes = attributes.get(4 + length.next_multiple_of(4)..)?;
    }
}

/// The transaction of a STUN request, of whatever method, that we send.
pub(crate) fn request_id(datagram: &[u8]) -> Option<TransactionId> {
    let (header, _) = datagram.split_at_checked(HEADER)?;
    // Both bits of the class are zero.
    let is_request = header[0] < 4 && header[0] & 1 == 0 && header[1] & 0x10 == 0;
    if is_request && header[4..8] == MAGIC_COOKIE { header[8..HEADER].try_into().ok() } else { None }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, value) in attributes {
            body.extend(kind.to_be_bytes());
            body.extend((value.len() as u16).to_be_bytes());
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let mut message = kind.to_be_bytes().to_vec();
        message.extend((body.len() as u16).to_be_bytes());
        message.extend(MAGIC_COOKIE);
        message.extend([7; 12]);
        message.extend(body);
        message
    }

    #[test]
    fn a_request_is_for_the_first_half_of_its_username() {
        let request = message(0x0001, &[(0x8022, b"soft"), (USERNAME, b"ours:theirs")]);
        assert_eq!(peek(&request), Peek::ToFragment(b"ours"));
        assert_eq!(request_id(&request), Some([7; 12]));
    }

    #[test]
    fn an_answer_is_for_who_asked_and_asks_nothing() {
        for kind in [0x0101, 0x0111, 0x0113] {
            let answer = message(kind, &[(USERNAME, b"ours:theirs")]);
            assert_eq!(peek(&answer), Peek::Answer([7; 12]));
            assert_eq!(request_id(&answer), None);
        }
        assert_eq!(request_id(&message(0x0003, &[])), Some([7; 12]), "a TURN allocation is a request too");
        assert_eq!(request_id(&message(0x0011, &[])), None, "an indication is not");
    }

    #[test]
    fn what_is_not_stun_goes_by_its_path() {
        for first in [20, 63, 64, 79, 128, 255] {
            assert_eq!(peek(&[first; 30]), Peek::ByPath);
        }
    }

    #[test]
    fn broken_stun_is_for_nobody() {
        let whole = message(0x0001, &[(0x0024, b"prio"), (USERNAME, b"ours:theirs")]);
        for length in 0..whole.len() {
            assert_eq!(peek(&whole[..length]), Peek::Nothing, "{length}");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert_eq!(peek(&longer), Peek::Nothing);
        for attributes in [&[][..], &[(USERNAME, b"no colon" as &[u8])], &[(USERNAME, &[b'a'; 300])]] {
            assert_eq!(peek(&message(0x0001, attributes)), Peek::Nothing);
        }
        // The attribute claims more than there is.
        let mut overrun = message(0x0001, &[(USERNAME, b"ours:them")]);
        overrun[HEADER + 3] = 200;
        assert_eq!(peek(&overrun), Peek::Nothing);
    }

    #[test]
    fn no_byte_makes_it_panic() {
        let whole = message(0x0001, &[(0x0024, b"prio"), (USERNAME, b"ours:theirs")]);
        for at in 0..whole.len() {
            for value in 0..=255 {
                let mut mutated = whole.clone();
                mutated[at] = value;
                let _ = (peek(&mutated), request_id(&mutated));
            }
        }
    }
}
