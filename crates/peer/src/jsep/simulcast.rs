//! Several RTP streams of one source at once: `a=rid` and `a=simulcast` (RFC 8851, RFC 8853).

use sdp::{Attribute, MediaSection, Simulcast, SimulcastStream};

use super::parsed::media_kind;
use crate::transceiver::Sender;
use crate::{EncodingParameters, MediaKind};

/// The most encodings that a sender has, and the most streams that we accept.
pub(crate) const MAX_ENCODINGS: usize = 16;

fn simulcast(section: &MediaSection) -> Option<&Simulcast> {
    section.attributes.iter().find_map(|attribute| match attribute {
        Attribute::Simulcast(simulcast) => Some(simulcast),
        _ => None,
    })
}

/// The streams of a list: of alternatives the first, of those with one name the first, and no more than we support.
fn first_rids(streams: &[Vec<SimulcastStream>]) -> Vec<String> {
    let mut rids: Vec<String> = Vec::new();
    for rid in streams.iter().filter_map(|alternatives| Some(&alternatives.first()?.rid)) {
        if !rids.contains(rid) && rids.len() < MAX_ENCODINGS {
            rids.push(rid.clone());
        }
    }
    rids
}

/// The streams that the describer wants to receive.
pub(crate) fn received_rids(section: &MediaSection) -> Vec<String> {
    simulcast(section).map(|simulcast| first_rids(&simulcast.recv)).unwrap_or_default()
}

/// The streams that the describer sends.
pub(crate) fn sent_rids(section: &MediaSection) -> Vec<String> {
    simulcast(section).map(|simulcast| first_rids(&simulcast.send)).unwrap_or_default()
}

/// What an offer to receive simulcast proposes to the sender (webrtc-pc, set a session description, steps 4.7.11.2.1 to
/// 4.7.11.2.4). Simulcast is for video.
pub(crate) fn proposed_encodings(section: &MediaSection) -> Vec<EncodingParameters> {
    if media_kind(section) != Some(MediaKind::Video) {
        return Vec::new();
    }
    let rids = received_rids(section);
    let count = rids.len();
    let encoding = |(index, rid): (usize, String)| EncodingParameters {
        rid: Some(rid),
        // The exponent is below MAX_ENCODINGS.
        scale_resolution_down_by: Some(f64::from(1u32 << (count - index - 1))),
        ..EncodingParameters::default()
    };
    rids.into_iter().enumerate().map(encoding).collect()
}

/// The streams of an answer to an offer to receive simulcast: those that the sender has (webrtc-pc, createAnswer, final
/// steps, step 3.3).
pub(crate) fn answered_send(sender: &Sender, offered: &MediaSection) -> Vec<String> {
    let has = |rid: &String| sender.encodings.iter().any(|encoding| encoding.rid.as_ref() == Some(rid));
    received_rids(offered).into_iter().filter(has).collect()
}

/// The streams of an answer to an offer to send simulcast.
pub(crate) fn answered_receive(kind: MediaKind, offered: &MediaSection) -> Vec<String> {
    match kind {
        MediaKind::Audio => Vec::new(),
        MediaKind::Video => sent_rids(offered),
    }
}

/// Removes the encodings that an answer does not have (webrtc-pc, set a session description, steps 4.7.11.1.7.1 and
/// 4.7.11.2.8). `rids` are those that the answer has us send.
pub(crate) fn narrow(sender: &mut Sender, rids: &[String]) {
    if sender.encodings.len() <= 1 {
        return;
    }
    let is_kept = |encoding: &EncodingParameters| encoding.rid.as_ref().is_some_and(|rid| rids.contains(rid));
    if sender.encodings.iter().any(is_kept) {
        sender.encodings.retain(is_kept);
    } else {
        sender.encodings.truncate(1);
    }
}
