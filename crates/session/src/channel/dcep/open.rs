//! DATA_CHANNEL_OPEN.

use std::time::Duration;

use base::{Reader, Writer};
use sctp::Reliability;

use super::ParseError;

/// The request to open a channel on the stream that it comes on
/// ([RFC 8832, section 5.1](https://www.rfc-editor.org/rfc/rfc8832#section-5.1)).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Open {
    pub(crate) ordered: bool,
    pub(crate) reliability: Reliability,
    pub(crate) priority: u16,
    pub(crate) label: String,
    pub(crate) protocol: String,
}

impl Open {
    /// The message type.
    pub(crate) const TYPE: u8 = 0x03;
    /// The flag of an unordered channel in the channel type.
    const UNORDERED: u8 = 0x80;
    const RELIABLE: u8 = 0x00;
    const PARTIAL_RELIABLE_REXMIT: u8 = 0x01;
    const PARTIAL_RELIABLE_TIMED: u8 = 0x02;

    /// Parses what follows the message type.
    pub(super) fn parse_body(mut reader: Reader<'_>) -> Result<Open, ParseError> {
        let short = ParseError::Truncated;
        let channel_type = reader.u8().ok_or(short)?;
        let priority = reader.u16().ok_or(short)?;
        let parameter = reader.u32().ok_or(short)?;
        let label_length = reader.u16().ok_or(short)?;
        let protocol_length = reader.u16().ok_or(short)?;
        let label = reader.bytes(usize::from(label_length)).ok_or(short)?;
        let protocol = reader.bytes(usize::from(protocol_length)).ok_or(short)?;
        if !reader.is_empty() {
            return Err(ParseError::TrailingBytes);
        }
        let reliability = match channel_type & !Self::UNORDERED {
            // RFC 8832, section 5.1: the parameter of a reliable channel is ignored on reception.
            Self::RELIABLE => Reliability::Reliable,
            // W3C's maxRetransmits has 16 bits: more than that is as good as that.
            Self::PARTIAL_RELIABLE_REXMIT => {
                Reliability::MaxRetransmits(u16::try_from(parameter).unwrap_or(u16::MAX))
            }
            Self::PARTIAL_RELIABLE_TIMED => {
                Reliability::MaxLifetime(Duration::from_millis(u64::from(parameter)))
            }
            _ => return Err(ParseError::ChannelType(channel_type)),
        };
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned);
        Ok(Open {
            ordered: channel_type & Self::UNORDERED == 0,
            reliability,
            priority,
            label: text(label).map_err(|_| ParseError::NotUtf8)?,
            protocol: text(protocol).map_err(|_| ParseError::NotUtf8)?,
        })
    }

    /// Appends the message. `None`, and nothing appended, if the label or the protocol is longer than 65,535 bytes.
    pub(crate) fn write(&self, buffer: &mut Vec<u8>) -> Option<()> {
        let label_length = u16::try_from(self.label.len()).ok()?;
        let protocol_length = u16::try_from(self.protocol.len()).ok()?;
        let (kind, parameter) = match self.reliability {
            // RFC 8832, section 5.1: SHOULD be 0.
            Reliability::Reliable => (Self::RELIABLE, 0),
            Reliability::MaxRetransmits(count) => (Self::PARTIAL_RELIABLE_REXMIT, u32::from(count)),
            Reliability::MaxLifetime(lifetime) => {
                (Self::PARTIAL_RELIABLE_TIMED, u32::try_from(lifetime.as_millis()).unwrap_or(u32::MAX))
            }
        };
        let flag = if self.ordered { 0 } else { Self::UNORDERED };
        Writer::new(buffer)
            .u8(Self::TYPE)
            .u8(kind | flag)
            .u16(self.priority)
            .u32(parameter)
            .u16(label_length)
            .u16(protocol_length)
            .bytes(self.label.as_bytes())
            .bytes(self.protocol.as_bytes());
        Some(())
    }
}
