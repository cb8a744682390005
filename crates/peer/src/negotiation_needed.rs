//! The negotiation-needed flag
//! ([webrtc-pc, section 4.7.3](https://www.w3.org/TR/webrtc/#dfn-update-the-negotiation-needed-flag)).

use crate::jsep::{Negotiation, is_data};

/// [[NegotiationNeeded]] and [[UpdateNegotiationNeededFlagOnEmptyChain]].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NegotiationNeeded {
    /// [[NegotiationNeeded]]
    pub(crate) is_set: bool,
    /// [[UpdateNegotiationNeededFlagOnEmptyChain]]
    pub(crate) update_on_empty_chain: bool,
    /// Whether a task that updates the flag waits already. A second one would find nothing to do.
    pub(crate) is_queued: bool,
}

impl Negotiation {
    /// webrtc-pc, check if negotiation is needed. `has_channels`: a data channel was created by this side or the
    /// peer.
    pub(crate) fn is_needed(&self, has_channels: bool) -> bool {
        // Step 2.
        if !self.to_replace.is_empty() {
            return true;
        }
        // Steps 3 and 4. A data m-section that the peer rejected has been negotiated: asking again at once would
        // never end.
        let has_data = self.current_local.as_ref().is_some_and(|description| {
            description.parsed.media.iter().any(|section| is_data(section) && !section.is_rejected())
        });
        has_channels && !has_data
    }
}
