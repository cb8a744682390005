//! `RTCRtpSender` ([webrtc-pc, section 5.2](https://www.w3.org/TR/webrtc/#rtcrtpsender-interface)).

use std::time::Instant;

use crate::operations::{Job, Operation};
use crate::rtp::validate_parameters;
use crate::{
    DegradationPreference, EncodingParameters, Error, Event, OperationId, Outcome, RtcpParameters,
    SendParameters, SetParameterOptions, Track, TransceiverId,
};

use super::PeerConnection;
use super::settle::Task;

/// What setParameters() changes.
pub(super) struct NewParameters {
    encodings: Vec<EncodingParameters>,
    degradation_preference: Option<DegradationPreference>,
}

impl PeerConnection {
    /// `getParameters()` of a sender. The same parameters come back, and
    /// [`set_parameters`](PeerConnection::set_parameters) takes them, until the task is run that this call queues.
    pub fn sender_parameters(&mut self, id: TransceiverId) -> Option<SendParameters> {
        let sender = &self.transceivers.get(id)?.sender;
        // Step 2.
        if let Some(parameters) = &sender.last_returned_parameters {
            return Some(parameters.clone());
        }
        // Step 3.
        let parameters = SendParameters {
            encodings: sender.encodings.clone(),
            header_extensions: sender.header_extensions.clone(),
            codecs: sender.send_codecs.clone(),
            rtcp: RtcpParameters {
                cname: Some(self.transceivers.cname.clone()),
                reduced_size: sender.reduced_size,
            },
            degradation_preference: sender.degradation_preference,
            transaction_id: self.transceivers.unique(),
        };
        // Steps 4 and 5.
        self.transceivers.get_mut(id)?.sender.last_returned_parameters = Some(parameters.clone());
        self.tasks.push_back(Task::ForgetParameters(id));
        Some(parameters)
    }

    /// getParameters(), the task of step 5.
    pub(super) fn forget_parameters(&mut self, id: TransceiverId) {
        if let Some(transceiver) = self.transceivers.get_mut(id) {
            transceiver.sender.last_returned_parameters = None;
        }
    }

    /// `setParameters()` of a sender. What it sets is remembered; as nothing is encoded here, acting on it, and on
    /// `options`, is for whoever encodes.
    ///
    /// # Errors
    /// The promise is rejected at once, not in a task. `InvalidStateError`: the transceiver is stopped, or
    /// [`sender_parameters`](PeerConnection::sender_parameters) was not called in the same task.
    /// `InvalidModificationError`: something that cannot be changed is different, or a codec or scalability mode
    /// cannot be sent. `RangeError`: a number is out of its range. `TypeError`: a number is not finite.
    pub fn set_parameters(
        &mut self,
        id: TransceiverId,
        parameters: SendParameters,
        options: &SetParameterOptions,
    ) -> Result<OperationId, Error> {
        let transceiver = self.existing(id)?;
        // Step 4.
        if transceiver.stopping {
            return Err(Error::invalid_state("the transceiver is stopped"));
        }
        // Step 5.
        let Some(last) = &transceiver.sender.last_returned_parameters else {
            return Err(Error::invalid_state("getParameters() was not called in this task"));
        };
        // Step 6.
        let degradation_preference = parameters.degradation_preference;
        let encodings = validate_parameters(parameters, options, last, transceiver.kind)?;
        // Steps 7 to 9.
        let operation = self.operations.new_id();
        let new = NewParameters { encodings, degradation_preference };
        self.tasks.push_back(Task::SetParameters(operation, id, new));
        Ok(operation)
    }

    /// setParameters(), the task of steps 8.1 and 8.2.
    pub(super) fn finish_set_parameters(
        &mut self,
        operation: OperationId,
        id: TransceiverId,
        new: NewParameters,
    ) {
        if let Some(transceiver) = self.transceivers.get_mut(id) {
            let sender = &mut transceiver.sender;
            sender.last_returned_parameters = None;
            // A negotiation may have changed the envelope meanwhile: what it has left is set, nothing comes back.
            for encoding in &mut sender.encodings {
                if let Some(new) = new.encodings.iter().find(|new| new.rid == encoding.rid) {
                    encoding.clone_from(new);
                }
            }
            sender.degradation_preference = new.degradation_preference;
        }
        self.events.push_back(Event::Settled(operation, Ok(Outcome::Done)));
    }

    /// `replaceTrack()` of a sender. `None` sends nothing.
    ///
    /// Rejected with `TypeError` if the track is of another kind, and `InvalidStateError` if the transceiver is stopped
    /// or the connection closed.
    pub fn replace_track(&mut self, now: Instant, id: TransceiverId, track: Option<Track>) -> OperationId {
        // Step 5.
        match self.existing(id).map(|transceiver| transceiver.kind) {
            Ok(kind) if track.as_ref().is_some_and(|track| track.kind != kind) => {
                self.reject(Error::type_error("the track is of another kind"))
            }
            Err(error) if !self.transceivers.was_created(id) => self.reject(error),
            // Step 6.
            _ => self.chain(now, Operation::ReplaceTrack(id, track)),
        }
    }

    /// replaceTrack(), steps 6.1 to 6.3.
    pub(super) fn start_replace_track(&self, id: TransceiverId, track: Option<&Track>) -> Result<Job, Error> {
        // Step 6.1.
        if self.existing(id)?.stopping {
            return Err(Error::invalid_state("the transceiver is stopped"));
        }
        // Step 6.4.2: a track of the same kind never needs a negotiation.
        Ok(Job::ReplaceTrack(id, track.cloned()))
    }

    /// replaceTrack(), the task of step 6.4.4.
    pub(super) fn finish_replace_track(&mut self, id: TransceiverId, track: Option<Track>) {
        if let Some(transceiver) = self.transceivers.get_mut(id) {
            transceiver.sender.track = track;
        }
        // Step 6.4.4.3: in another task.
        self.tasks.push_back(Task::SettleFirst(Ok(Outcome::Done)));
    }

    /// `setStreams()` of a sender: the ids of the streams that the remote peer will see the track in.
    ///
    /// # Errors
    /// `InvalidStateError`: the connection is closed.
    pub fn set_streams(&mut self, id: TransceiverId, streams: &[String]) -> Result<(), Error> {
        // Step 3.
        if self.is_closed {
            return Err(Error::closed());
        }
        // Steps 5 and 6.
        self.existing_mut(id)?.sender.set_streams(streams);
        self.negotiation.mark_stale();
        // Step 7.
        self.update_negotiation_needed();
        Ok(())
    }
}
