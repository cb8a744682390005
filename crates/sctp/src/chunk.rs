//! The values of those chunks that carry and acknowledge user data.

mod data;
mod forward_tsn;
mod sack;

pub(crate) use data::{Data, DataFlags};
pub(crate) use forward_tsn::ForwardTsn;
pub(crate) use sack::{Sack, SackParts};
