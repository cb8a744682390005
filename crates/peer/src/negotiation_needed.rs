//! The negotiation-needed flag
//! ([webrtc-pc, section 4.7.3](https://www.w3.org/TR/webrtc/#dfn-update-the-negotiation-needed-flag)).

use sdp::{Attribute, MediaSection};

use crate::jsep::{Description, Negotiation, is_data, offered_direction};
use crate::transceiver::{Transceiver, Transceivers};
use crate::{SdpType, TransceiverDirection};

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
    pub(crate) fn is_needed(&self, transceivers: &Transceivers, has_channels: bool) -> bool {
        // Step 2.
        if !self.to_replace.is_empty() {
            return true;
        }
        // Steps 3 and 4. A data m-section that the peer rejected has been negotiated: asking again at once would
        // never end.
        let has_data = self.current_local.as_ref().is_some_and(|description| {
            description.parsed.media.iter().any(|section| is_data(section) && !section.is_rejected())
        });
        if has_channels && !has_data {
            return true;
        }
        // Step 5.
        transceivers.iter().any(|transceiver| self.is_needed_for(transceiver))
    }

    /// Step 5, for one transceiver.
    fn is_needed_for(&self, transceiver: &Transceiver) -> bool {
        let is_stopping = transceiver.stopping && !transceiver.stopped;
        let association = transceiver.m_line.and_then(|index| {
            let description = self.current_local.as_ref()?;
            Some((index, description, description.section(index)?))
        });
        match association {
            // Step 5.1. One that never was in a description has nothing to be negotiated: no offer has an m-section for
            // it, so that asking for one would never end.
            None if transceiver.stopping => is_stopping && transceiver.m_line.is_some(),
            _ if is_stopping => true,
            // Step 5.2.
            None => true,
            // Step 5.4.
            Some((index, local, _)) if transceiver.stopped => {
                let remote = self.current_remote.as_ref();
                !local.is_rejected(index) && !remote.is_some_and(|remote| remote.is_rejected(index))
            }
            // Step 5.3.
            Some((index, local, section)) => {
                let sends = transceiver.direction.sends();
                (sends && has_other_streams(section, &transceiver.sender.streams))
                    || self.is_direction_needed(transceiver.direction, index, local, section)
            }
        }
    }

    /// Steps 5.3.2 and 5.3.3.
    fn is_direction_needed(
        &self,
        direction: TransceiverDirection,
        index: usize,
        local: &Description,
        section: &MediaSection,
    ) -> bool {
        let remote = self.current_remote.as_ref().and_then(|remote| remote.section(index));
        let theirs = remote.map(|remote| offered_direction(remote).reversed());
        let ours = offered_direction(section);
        if local.public.kind == SdpType::Offer {
            return ours != direction && theirs != Some(direction);
        }
        let offered = theirs.unwrap_or(TransceiverDirection::Inactive);
        let intersection = TransceiverDirection::new(
            direction.sends() && offered.sends(),
            direction.receives() && offered.receives(),
        );
        ours != intersection
    }
}

/// Step 5.3.1: whether the `a=msid` lines do not say what the sender's streams are.
fn has_other_streams(section: &MediaSection, streams: &[String]) -> bool {
    let mut described: Vec<&str> = Vec::new();
    let mut is_described = false;
    for attribute in &section.attributes {
        if let Attribute::Msid { stream, .. } = attribute {
            is_described = true;
            described.extend((stream != "-").then_some(stream.as_str()));
        }
    }
    !is_described
        || described.len() != streams.len()
        || streams.iter().any(|stream| !described.contains(&stream.as_str()))
}
