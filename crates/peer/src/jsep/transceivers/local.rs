//! A local description (webrtc-pc, set a session description, step 4.7.11.1).

use sdp::MediaSection;

use super::TrackChanges;
use super::settled::Sides;
use crate::TransceiverDirection;
use crate::jsep::parsed::media_kind;
use crate::jsep::{Description, Mapping, Negotiation, offered_direction, simulcast};
use crate::transceiver::{Transceiver, TransceiverId, Transceivers};

impl Negotiation {
    /// The steps for the local description that was committed.
    pub(crate) fn set_local_media(&self, transceivers: &mut Transceivers, changes: &mut TrackChanges) {
        let Some(local) = self.local() else { return };
        let mapping = if local.is_answer() { &self.transports } else { &self.offered };
        for (index, section) in local.parsed.media.iter().enumerate() {
            if media_kind(section).is_none() {
                continue;
            }
            let associated = transceivers.iter().find(|transceiver| transceiver.m_line == Some(index));
            let (id, is_new) = match (associated, self.offer_owners.get(index)) {
                (Some(transceiver), _) => (transceiver.id, false),
                (None, Some(&Some(owner))) if !local.is_answer() => (owner, true),
                _ => continue,
            };
            let Some(transceiver) = transceivers.get_mut(id) else { continue };
            if is_new {
                associate(transceiver, index, section, mapping);
            }
            self.set_local_section(transceiver, (index, section), local, changes);
        }
    }

    fn set_local_section(
        &self,
        transceiver: &mut Transceiver,
        (index, section): (usize, &MediaSection),
        local: &Description,
        changes: &mut TrackChanges,
    ) {
        // Step 4.7.11.1.3.
        if transceiver.stopped {
            return;
        }
        // Step 4.7.11.1.4.
        let direction = if local.is_rejected(index) {
            TransceiverDirection::Inactive
        } else {
            offered_direction(section)
        };
        // Step 4.7.11.1.5.
        transceiver.receptive = direction.receives();
        // Step 4.7.11.1.6 is for answers only: what an offer proposes is not negotiated, and all browsers, and the tests
        // that they share, keep it from getParameters().
        // Step 4.7.11.1.7.
        if !local.is_answer() {
            return;
        }
        // A transceiver that the remote offer has associated gets its transport now.
        let transport = self.transports.get(index).copied().flatten();
        transceiver.sender.transport = transport.or(transceiver.sender.transport);
        transceiver.receiver.transport = transport.or(transceiver.receiver.transport);
        // An m-section that does not send for now says nothing of simulcast.
        if direction.sends() {
            simulcast::narrow(&mut transceiver.sender, &simulcast::sent_rids(section));
        }
        if let Some(remote) = self.remote().and_then(|remote| remote.section(index)) {
            Sides { local: section, remote, remote_answers: false }.settle(transceiver, direction.receives());
        }
        let received = transceiver.fired_direction.is_some_and(TransceiverDirection::receives);
        if !direction.receives() && received {
            changes.set_streams(transceiver, &[]);
            changes.mute(transceiver);
        }
        transceiver.set_current_direction(Some(direction));
        transceiver.fired_direction = Some(direction);
        // Not among the steps, but without it a transceiver whose codecs the peer does not know would stay for good.
        if local.is_rejected(index) {
            changes.stop.push(transceiver.id);
        }
    }
}

/// Steps 4.7.11.1.1.2 to 4.7.11.1.1.7.
fn associate(transceiver: &mut Transceiver, index: usize, section: &MediaSection, mapping: &Mapping) {
    transceiver.m_line = Some(index);
    transceiver.jsep_mid = section.mid().map(str::to_owned);
    transceiver.mid.clone_from(&transceiver.jsep_mid);
    if transceiver.stopped {
        return;
    }
    let transport = mapping.get(index).copied().flatten();
    transceiver.sender.transport = transport;
    transceiver.receiver.transport = transport;
}

/// The transceivers that leave the set with an answer: stopped, and their m-sections rejected (step 4.7.13.1).
pub(crate) fn leaving(negotiation: &Negotiation, transceivers: &Transceivers) -> Vec<TransceiverId> {
    let is_rejected = |index: usize| {
        let descriptions = [&negotiation.current_local, &negotiation.current_remote];
        descriptions.into_iter().flatten().any(|description| description.is_rejected(index))
    };
    let leaves =
        |transceiver: &&Transceiver| transceiver.stopped && transceiver.m_line.is_some_and(is_rejected);
    transceivers.iter().filter(leaves).map(|transceiver| transceiver.id).collect()
}
