//! The values of those chunks that carry and acknowledge user data.

mod data;
mod forward_tsn;
mod i_data;
mod i_forward_tsn;
mod message_number;
mod sack;

pub(crate) use data::{Data, DataFlags};
pub(crate) use forward_tsn::ForwardTsn;
pub(crate) use i_forward_tsn::IForwardTsn;
pub(crate) use message_number::MessageNumber;
pub(crate) use sack::{Sack, SackParts};

/// Messages of a stream that will not come: all of their kind up to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Skipped {
    pub(crate) stream: u16,
    pub(crate) is_unordered: bool,
    pub(crate) number: MessageNumber,
}
