//! `RTCDTMFSender` ([webrtc-pc, section 7](https://www.w3.org/TR/webrtc/#rtcdtmfsender)).

use std::time::Instant;

use crate::transceiver::{Transceiver, normalize_tones};
use crate::{DtmfView, Error, ErrorName, Event, PeerConnectionState, TransceiverDirection, TransceiverId};

use super::PeerConnection;
use super::settle::Task;

impl PeerConnection {
    /// `insertDTMF()` of a sender's `dtmf`. `duration` and `gap` are in milliseconds, and are clamped to 40 to 6,000
    /// and 30 to 6,000. The tones are timed and announced by [`Event::ToneChange`]; as there is no RTP yet, the peer
    /// does not hear them.
    ///
    /// # Errors
    /// `InvalidStateError`: no DTMF can be sent. `InvalidCharacterError`: a tone is not one of 0 to 9, A to D, #, * and
    /// the comma.
    pub fn insert_dtmf(
        &mut self,
        id: TransceiverId,
        tones: &str,
        duration: u32,
        gap: u32,
    ) -> Result<(), Error> {
        // Step 4.
        let can_insert = self.can_insert_dtmf(self.existing(id)?);
        let Some(dtmf) = self.existing_mut(id)?.sender.dtmf.as_mut().filter(|_| can_insert) else {
            return Err(Error::invalid_state("no DTMF can be sent"));
        };
        // Step 8.
        let Some(tones) = normalize_tones(tones) else {
            return Err(Error::new(ErrorName::InvalidCharacterError, "there is an unrecognized tone"));
        };
        // Steps 9 to 16.
        if dtmf.insert(tones, duration, gap) {
            self.tasks.push_back(Task::PlayTone(id));
        }
        Ok(())
    }

    /// webrtc-pc, determine if DTMF can be sent.
    fn can_insert_dtmf(&self, transceiver: &Transceiver) -> bool {
        let sender = &transceiver.sender;
        let is_event = |codec: &crate::CodecParameters| codec.codec.is_named("telephone-event");
        self.connection_state() == PeerConnectionState::Connected
            && !transceiver.stopping
            && sender.track.is_some()
            && transceiver.current_direction.is_some_and(TransceiverDirection::sends)
            && sender.encodings.first().is_some_and(|encoding| encoding.active)
            && sender.send_codecs.iter().any(is_event)
    }

    /// The attributes of a sender's `dtmf`.
    pub(super) fn dtmf_view(&self, transceiver: &Transceiver) -> Option<DtmfView> {
        let dtmf = transceiver.sender.dtmf.as_ref()?;
        Some(DtmfView {
            can_insert_dtmf: self.can_insert_dtmf(transceiver),
            tone_buffer: dtmf.tone_buffer.clone(),
        })
    }

    /// The DTMF playout task steps.
    pub(super) fn play_tone(&mut self, now: Instant, id: TransceiverId) {
        let Some(transceiver) = self.transceivers.get(id) else { return };
        let can_insert = self.can_insert_dtmf(transceiver);
        let dtmf = self.transceivers.get_mut(id).and_then(|transceiver| transceiver.sender.dtmf.as_mut());
        if let Some(tone) = dtmf.and_then(|dtmf| dtmf.play(now, can_insert)) {
            // Step 6.
            self.events.push_back(Event::ToneChange { transceiver: id, tone });
        }
    }

    /// Queues the playout tasks that are due.
    pub(super) fn queue_tones(&mut self, now: Instant) {
        for transceiver in self.transceivers.iter_mut() {
            if transceiver.sender.dtmf.as_mut().is_some_and(|dtmf| dtmf.is_due(now)) {
                self.tasks.push_back(Task::PlayTone(transceiver.id));
            }
        }
    }

    /// When the next playout task is due. On a closed connection it would abort.
    pub(super) fn next_tone(&self) -> Option<Instant> {
        let senders = self.transceivers.iter().map(|transceiver| &transceiver.sender);
        senders.filter_map(|sender| sender.dtmf.as_ref()?.deadline()).min().filter(|_| !self.is_closed)
    }
}
