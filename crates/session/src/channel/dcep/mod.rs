//! The Data Channel Establishment Protocol's messages
//! ([RFC 8832, section 5](https://www.rfc-editor.org/rfc/rfc8832#section-5)).

mod ack;
mod open;

#[cfg(test)]
mod tests;

pub(crate) use ack::Ack;
pub(crate) use open::Open;

use base::Reader;

/// A parsed message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Dcep {
    Open(Open),
    Ack,
}

/// Why a message is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParseError {
    /// Shorter than its type or its lengths say.
    Truncated,
    /// Longer than its lengths say.
    TrailingBytes,
    /// Not a message type of RFC 8832, section 8.2.1.
    MessageType(u8),
    /// Not a channel type of RFC 8832, section 8.2.2.
    ChannelType(u8),
    /// The label or the protocol is not UTF-8.
    NotUtf8,
}

/// Parses one message.
pub(crate) fn parse(message: &[u8]) -> Result<Dcep, ParseError> {
    let mut reader = Reader::new(message);
    match reader.u8().ok_or(ParseError::Truncated)? {
        Open::TYPE => Open::parse_body(reader).map(Dcep::Open),
        // Bytes behind the type carry nothing; there were stacks that padded it to four.
        Ack::TYPE => Ok(Dcep::Ack),
        other => Err(ParseError::MessageType(other)),
    }
}
