//! SCTP's INITs in the descriptions instead of a handshake
//! ([draft-hancke-tsvwg-snap](https://datatracker.ietf.org/doc/draft-hancke-tsvwg-snap/)).
//!
//! The draft's later text makes an error of a line that is no INIT; here, as in its -00, such a line is ignored, and the
//! handshake takes place: both sides can still have it.

use sctp::InitChunk;

use super::negotiation::Negotiation;
use super::parsed::{DataSection, Description};

impl Negotiation {
    /// What an offer says. "Subsequent offers and answers MUST include the line [...] with the same value"; but an
    /// association that has begun without both lines cannot get one, nor be asked to.
    pub(crate) fn offered_init(&self) -> Option<InitChunk> {
        let data = |description: &Option<Box<Description>>| description.as_ref().and_then(|given| given.data);
        match (data(&self.current_local), data(&self.current_remote)) {
            (Some(ours), Some(theirs)) => agreed(ours, theirs).1.and(ours.sctp_init),
            _ => self.sctp_init,
        }
    }

    /// What an answer to `offer` says: nothing if the offer does not.
    pub(crate) fn answered_init(&self, offer: &Description) -> Option<InitChunk> {
        let offered = offer.data?.sctp_init?;
        self.offered_init().filter(|ours| offered.is_others(ours))
    }
}

/// What the plan has of two descriptions that belong together. The peer's without ours asks for nothing; ours without
/// the peer's is what our INIT will say.
pub(crate) fn agreed(ours: DataSection, theirs: DataSection) -> (Option<InitChunk>, Option<InitChunk>) {
    let remote = theirs.sctp_init.filter(|theirs| ours.sctp_init.is_some_and(|ours| theirs.is_others(&ours)));
    (ours.sctp_init, remote)
}
