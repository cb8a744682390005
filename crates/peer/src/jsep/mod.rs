//! Offer and answer: JSEP ([RFC 9429](https://www.rfc-editor.org/rfc/rfc9429)) without side effects. Descriptions
//! are made by `create_offer` and `create_answer`; what is set goes through `check` and `plan`, which hold all the
//! failures, and ends in `commit`, which cannot fail.

mod check;
mod commit;
mod create_answer;
mod create_offer;
mod default_candidate;
mod m_section;
mod negotiation;
mod parsed;
mod plan;
mod rollback;

pub(crate) use negotiation::Negotiation;
pub(crate) use parsed::{Description, is_data, same_bundle};
pub(crate) use plan::{TRANSPORT, transport_of};

/// The largest message that we accept, in bytes: what our descriptions say in `a=max-message-size`.
pub(crate) const MAX_MESSAGE_SIZE: u32 = session::SessionConfig::MAX_MESSAGE_SIZE;
/// RFC 8841, section 5.1: the SCTP port, of no meaning over DTLS but required to be there.
pub(crate) const SCTP_PORT: u16 = 5000;
