//! The set of transceivers, and `RTCRtpTransceiver`
//! ([webrtc-pc, section 5.4](https://www.w3.org/TR/webrtc/#rtcrtptransceiver-interface)).

use crate::rtp::{check_extensions, validate_preferences, validate_send_encodings};
use crate::transceiver::Transceiver;
use crate::{
    Codec, Error, HeaderExtensionCapability, TrackOrKind, TransceiverDirection, TransceiverId,
    TransceiverInit, TransceiverView,
};

use super::PeerConnection;
use super::settle::Task;

impl PeerConnection {
    /// `addTransceiver()`
    /// ([webrtc-pc, section 5.1](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-addtransceiver)).
    ///
    /// # Errors
    /// `InvalidStateError`: the connection is closed. `TypeError`: a rid is malformed, there twice, or there for some
    /// encodings only; a number is not finite; the direction is "stopped". `OperationError`: a codec, a scalability
    /// mode or a `scaleResolutionDownTo` that there cannot be; or there are 1,024 transceivers. `RangeError`: a number
    /// is out of its range. `InvalidModificationError`: a `ptime` that is adaptive too.
    pub fn add_transceiver(
        &mut self,
        track_or_kind: TrackOrKind,
        init: TransceiverInit,
    ) -> Result<TransceiverId, Error> {
        // Steps 5 and 6.
        let (kind, track) = match track_or_kind {
            TrackOrKind::Track(track) => (track.kind, Some(track)),
            TrackOrKind::Kind(kind) => (kind, None),
        };
        // Step 7.
        if self.is_closed {
            return Err(Error::closed());
        }
        let TransceiverInit { direction, streams, send_encodings } = init;
        // What the setter of `direction` refuses too; the specification forgets it here.
        if direction == TransceiverDirection::Stopped {
            return Err(Error::type_error("a transceiver cannot begin as stopped"));
        }
        // Step 8.
        let encodings = validate_send_encodings(send_encodings, kind)?;
        self.check_room()?;
        // Steps 9 to 12.
        let id = self.transceivers.create(kind, track, &streams, encodings, direction).id;
        self.negotiation.mark_stale();
        // Step 13.
        self.update_negotiation_needed();
        Ok(id)
    }

    /// `getTransceivers()`: those of the set, in insertion order.
    pub fn transceivers(&self) -> Vec<TransceiverId> {
        self.transceivers.iter().map(|transceiver| transceiver.id).collect()
    }

    /// `getSenders()`, by their transceivers: those that are not stopped.
    pub fn senders(&self) -> Vec<TransceiverId> {
        let senders = self.transceivers.iter().filter(|transceiver| !transceiver.stopped);
        senders.map(|transceiver| transceiver.id).collect()
    }

    /// `getReceivers()`, by their transceivers: those that are not stopped.
    pub fn receivers(&self) -> Vec<TransceiverId> {
        self.senders()
    }

    /// The attributes of a transceiver, its sender and its receiver. Those that left the set stay readable; the
    /// oldest are forgotten beyond 1,024.
    pub fn transceiver(&self, id: TransceiverId) -> Option<TransceiverView> {
        let transceiver = self.transceivers.get(id)?;
        Some(transceiver.view(self.transceivers.is_attached(id), self.dtmf_view(transceiver)))
    }

    /// Sets `direction` (webrtc-pc, direction setter).
    ///
    /// # Errors
    /// `InvalidStateError`: the transceiver is stopped. `TypeError`: the direction is "stopped".
    pub fn set_direction(&mut self, id: TransceiverId, direction: TransceiverDirection) -> Result<(), Error> {
        let transceiver = self.existing_mut(id)?;
        // Step 3.
        if transceiver.stopping {
            return Err(Error::invalid_state("the transceiver is stopped"));
        }
        // Step 5.
        if transceiver.direction == direction {
            return Ok(());
        }
        // Step 6.
        if direction == TransceiverDirection::Stopped {
            return Err(Error::type_error("a transceiver is stopped by its method"));
        }
        // Step 7.
        transceiver.direction = direction;
        self.negotiation.mark_stale();
        // Step 8.
        self.update_negotiation_needed();
        Ok(())
    }

    /// `stop()`: the transceiver is stopping, and will be stopped once that is negotiated.
    ///
    /// # Errors
    /// `InvalidStateError`: the connection is closed.
    pub fn stop_transceiver(&mut self, id: TransceiverId) -> Result<(), Error> {
        // Step 3.
        if self.is_closed {
            return Err(Error::closed());
        }
        // Step 4.
        if self.existing(id)?.stopping {
            return Ok(());
        }
        // Step 5.
        self.stop_sending_and_receiving(id);
        self.negotiation.mark_stale();
        // Step 6.
        self.update_negotiation_needed();
        Ok(())
    }

    /// `setCodecPreferences()`. Empty is the default again.
    ///
    /// # Errors
    /// `InvalidModificationError`: a codec is not among the [`capabilities`](crate::capabilities), or none of them
    /// carries media.
    pub fn set_codec_preferences(&mut self, id: TransceiverId, codecs: &[Codec]) -> Result<(), Error> {
        let transceiver = self.existing_mut(id)?;
        transceiver.preferred_codecs = validate_preferences(codecs, transceiver.kind)?;
        self.negotiation.mark_stale();
        Ok(())
    }

    /// `getHeaderExtensionsToNegotiate()`
    /// ([webrtc-extensions](https://w3c.github.io/webrtc-extensions/#rtp-header-extension-control)).
    pub fn header_extensions_to_negotiate(
        &self,
        id: TransceiverId,
    ) -> Option<Vec<HeaderExtensionCapability>> {
        Some(self.transceivers.get(id)?.header_extensions_to_negotiate.clone())
    }

    /// `setHeaderExtensionsToNegotiate()`: the same extensions in the same order, with other directions.
    ///
    /// # Errors
    /// `InvalidModificationError`: other extensions, or a direction that a mandatory one cannot have. `TypeError`: an
    /// empty URI.
    pub fn set_header_extensions_to_negotiate(
        &mut self,
        id: TransceiverId,
        extensions: Vec<HeaderExtensionCapability>,
    ) -> Result<(), Error> {
        let transceiver = self.existing_mut(id)?;
        check_extensions(&extensions, &transceiver.header_extensions_to_negotiate)?;
        transceiver.header_extensions_to_negotiate = extensions;
        self.negotiation.mark_stale();
        Ok(())
    }

    /// `getNegotiatedHeaderExtensions()`: all extensions, "stopped" where they were not negotiated.
    pub fn negotiated_header_extensions(&self, id: TransceiverId) -> Option<Vec<HeaderExtensionCapability>> {
        Some(self.transceivers.get(id)?.negotiated_header_extensions.clone())
    }

    /// A transceiver that a caller means.
    pub(super) fn existing(&self, id: TransceiverId) -> Result<&Transceiver, Error> {
        self.transceivers.get(id).ok_or_else(|| self.missing(id))
    }

    /// A transceiver that a caller means.
    pub(super) fn existing_mut(&mut self, id: TransceiverId) -> Result<&mut Transceiver, Error> {
        let missing = self.missing(id);
        self.transceivers.get_mut(id).ok_or(missing)
    }

    fn missing(&self, id: TransceiverId) -> Error {
        match self.transceivers.was_created(id) {
            // Only stopped ones are forgotten.
            true => Error::invalid_state("the transceiver is stopped"),
            false => Error::invalid_access("this connection never had such a transceiver"),
        }
    }

    /// Whether another transceiver can be created.
    pub(super) fn check_room(&self) -> Result<(), Error> {
        match self.transceivers.is_full() {
            true => Err(Error::operation("there are too many transceivers")),
            false => Ok(()),
        }
    }

    /// webrtc-pc, stop sending and receiving.
    pub(super) fn stop_sending_and_receiving(&mut self, id: TransceiverId) {
        if let Some(transceiver) = self.transceivers.get_mut(id) {
            // Step 5.
            self.tasks.push_back(Task::EndTrack(id));
            transceiver.stop_sending_and_receiving();
        }
    }

    /// webrtc-pc, stop the RTCRtpTransceiver.
    pub(super) fn stop_for_good(&mut self, id: TransceiverId) {
        let is_stopping = self.transceivers.get(id).is_none_or(|transceiver| transceiver.stopping);
        // Step 2.
        if !is_stopping {
            self.stop_sending_and_receiving(id);
        }
        if let Some(transceiver) = self.transceivers.get_mut(id) {
            transceiver.stop();
        }
    }
}
