//! Offer and answer: JSEP ([RFC 9429](https://www.rfc-editor.org/rfc/rfc9429)) without side effects. Descriptions
//! are made by `create_offer` and `create_answer`; what is set goes through `check` and `plan`, which hold all the
//! failures, and ends in `commit`, which cannot fail.

mod associations;
mod check;
mod check_media;
mod commit;
mod create_answer;
mod create_offer;
mod default_candidate;
mod m_section;
mod media;
mod negotiation;
mod parsed;
mod plan;
mod rollback;
mod sctp_init;
mod simulcast;
mod transceivers;
mod transport_map;

pub(crate) use create_offer::OfferInput;
pub(crate) use negotiation::{Mapping, Negotiation};
pub(crate) use parsed::{Description, is_data};
pub(crate) use transceivers::{TrackChanges, leaving};

use crate::TransceiverDirection;

/// The largest message that we accept, in bytes: what our descriptions say in `a=max-message-size`.
pub(crate) const MAX_MESSAGE_SIZE: u32 = session::SessionConfig::MAX_MESSAGE_SIZE;
/// RFC 8841, section 5.1: the SCTP port, of no meaning over DTLS but required to be there.
pub(crate) const SCTP_PORT: u16 = 5000;

/// The direction of an m-section, as its describer sees it (RFC 9429, section 5.8.2: sendrecv where nothing is said).
pub(crate) fn offered_direction(section: &sdp::MediaSection) -> TransceiverDirection {
    section.direction().map_or(TransceiverDirection::SendRecv, TransceiverDirection::from)
}
