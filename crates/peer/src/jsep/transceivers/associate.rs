//! Which transceiver stands for an m-section of a remote description (RFC 9429, section 5.10).

use sdp::MediaSection;

use crate::jsep::parsed::media_kind;
use crate::jsep::{Description, offered_direction, simulcast};
use crate::transceiver::{Transceiver, TransceiverId, Transceivers};
use crate::{EncodingParameters, TransceiverDirection};

/// The transceiver of an m-section, found or created; `None` for one that is no media, or was never more than rejected.
pub(super) fn transceiver_of(
    transceivers: &mut Transceivers,
    description: &Description,
    index: usize,
    section: &MediaSection,
) -> Option<TransceiverId> {
    let kind = media_kind(section)?;
    let proposed = match description.is_answer() {
        true => Vec::new(),
        false => simulcast::proposed_encodings(section),
    };
    let found = match associated(transceivers, description, index, section) {
        Some(id) => Some(id),
        None if description.is_answer() || description.is_rejected(index) => return None,
        None => match_by_kind(transceivers, section),
    };
    let id = match found {
        Some(id) => {
            propose(transceivers.get_mut(id)?, proposed);
            id
        }
        // The most that there can be exist already.
        None if transceivers.is_full() => return None,
        None => {
            let created = transceivers.create(kind, None, &[], proposed, TransceiverDirection::RecvOnly);
            created.by_remote = true;
            created.id
        }
    };
    let mid = section.mid().map(str::to_owned);
    let generated = mid.is_none().then(|| transceivers.unique());
    let transceiver = transceivers.get_mut(id)?;
    if transceiver.m_line.is_none() {
        transceiver.m_line = Some(index);
        // RFC 9429, section 5.10: without a mid, a random one.
        transceiver.jsep_mid = mid.or(generated);
    }
    Some(id)
}

/// The transceiver that is associated with the m-section. Where an offer recycles the m-section, its old transceiver
/// is no longer.
fn associated(
    transceivers: &mut Transceivers,
    description: &Description,
    index: usize,
    section: &MediaSection,
) -> Option<TransceiverId> {
    let transceiver = transceivers.iter_mut().find(|transceiver| transceiver.m_line == Some(index))?;
    let is_same = section.mid().is_none() || section.mid() == transceiver.jsep_mid.as_deref();
    if description.is_answer() || is_same {
        return Some(transceiver.id);
    }
    transceiver.dissociate();
    None
}

/// A transceiver of addTrack() that waits for an m-section, if the peer wants to receive.
fn match_by_kind(transceivers: &Transceivers, section: &MediaSection) -> Option<TransceiverId> {
    if !offered_direction(section).receives() {
        return None;
    }
    let kind = media_kind(section)?;
    let waits = |transceiver: &&Transceiver| {
        transceiver.kind == kind
            && transceiver.by_add_track
            && transceiver.m_line.is_none()
            && !transceiver.stopping
    };
    transceivers.iter().find(waits).map(|transceiver| transceiver.id)
}

/// webrtc-pc, set a session description, step 4.7.11.2.6.
fn propose(transceiver: &mut Transceiver, proposed: Vec<EncodingParameters>) {
    let sender = &mut transceiver.sender;
    let is_ridless = sender.encodings.len() == 1 && sender.encodings[0].rid.is_none();
    if is_ridless && !proposed.is_empty() {
        sender.encodings = proposed;
        sender.last_returned_parameters = None;
    }
}
