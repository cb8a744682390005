//! A remote description (webrtc-pc, set a session description, step 4.7.11.2).

use sdp::{Attribute, MediaSection};

use super::TrackChanges;
use super::associate::transceiver_of;
use super::settled::Sides;
use crate::TransceiverDirection;
use crate::jsep::{Description, Negotiation, offered_direction, simulcast};
use crate::transceiver::{Transceiver, Transceivers};

/// The most streams that a track is in. More are not looked at.
const MAX_STREAMS: usize = 64;

impl Negotiation {
    /// The steps for the remote description that was committed.
    pub(crate) fn set_remote_media(&self, transceivers: &mut Transceivers, changes: &mut TrackChanges) {
        let Some(remote) = self.remote() else { return };
        for (index, section) in remote.parsed.media.iter().enumerate() {
            if let Some(id) = transceiver_of(transceivers, remote, index, section)
                && let Some(transceiver) = transceivers.get_mut(id)
            {
                self.set_remote_section(transceiver, (index, section), remote, changes);
            }
        }
    }

    fn set_remote_section(
        &self,
        transceiver: &mut Transceiver,
        (index, section): (usize, &MediaSection),
        remote: &Description,
        changes: &mut TrackChanges,
    ) {
        // Parameters that were read before are of another negotiation, whatever this one changes. The steps say so of
        // those that change the encodings; the tests ask it of all.
        transceiver.sender.last_returned_parameters = None;
        // Step 4.7.11.2.8. An m-section that does not receive for now says nothing of simulcast.
        if remote.is_answer() && offered_direction(section).receives() {
            simulcast::narrow(&mut transceiver.sender, &simulcast::received_rids(section));
        }
        // Step 4.7.11.2.9.
        transceiver.mid.clone_from(&transceiver.jsep_mid);
        // Steps 4.7.11.2.10 and 4.7.11.2.11.
        let (direction, msids) = match remote.is_rejected(index) {
            true => (TransceiverDirection::Inactive, Vec::new()),
            false => {
                let direction = offered_direction(section).reversed();
                (direction, if direction.receives() { self.msids(section) } else { Vec::new() })
            }
        };
        // Step 4.7.11.2.12.
        changes.process(transceiver, Some(direction), &msids);
        // Steps 4.7.11.2.13 and 4.7.11.2.14. What an offer negotiates for receiving is what its answer will.
        if remote.is_answer() {
            if let Some(local) = self.local().and_then(|local| local.section(index)) {
                let receptive = !remote.is_rejected(index) && offered_direction(local).receives();
                Sides { local, remote: section, remote_answers: true }.settle(transceiver, receptive);
            }
            transceiver.set_current_direction(Some(direction));
            if let Some(transport) = self.transports.get(index).copied().flatten() {
                transceiver.sender.transport = Some(transport);
                transceiver.receiver.transport = Some(transport);
            }
        }
        // Step 4.7.11.2.15.
        if remote.is_rejected(index) && !transceiver.stopped {
            changes.stop.push(transceiver.id);
        }
    }

    /// The ids of the streams that a track is in. One that is in none has `-` (RFC 8830, section 2). Before that, peers
    /// said it of each source (draft-ietf-mmusic-msid-05); where nothing is said, the streams of all such tracks are
    /// one (RFC 9429, section 5.10).
    fn msids(&self, section: &MediaSection) -> Vec<String> {
        let mut streams: Vec<String> = Vec::new();
        let mut is_said = false;
        let of_section = section.attributes.iter().filter_map(|attribute| match attribute {
            Attribute::Msid { stream, .. } => Some(stream.as_str()),
            _ => None,
        });
        let has_one = of_section.clone().next().is_some();
        let of_sources = section.attributes.iter().filter_map(|attribute| match attribute {
            Attribute::Ssrc(ssrc) if ssrc.attribute == "msid" && !has_one => {
                ssrc.value.as_deref()?.split(' ').next()
            }
            _ => None,
        });
        for stream in of_section.chain(of_sources) {
            is_said = true;
            if stream != "-" && !streams.iter().any(|known| known == stream) && streams.len() < MAX_STREAMS {
                streams.push(stream.to_owned());
            }
        }
        if !is_said {
            streams.push(self.default_stream.clone());
        }
        streams
    }
}
