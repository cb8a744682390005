//! DATA_CHANNEL_ACK.

/// The answer to an OPEN ([RFC 8832, section 5.2](https://www.rfc-editor.org/rfc/rfc8832#section-5.2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ack;

impl Ack {
    /// The message type.
    pub(crate) const TYPE: u8 = 0x02;

    /// The message.
    pub(crate) const BYTES: &'static [u8] = &[Self::TYPE];
}
