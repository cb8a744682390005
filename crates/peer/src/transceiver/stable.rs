//! What a rollback restores.

use session::TransportId;

use crate::{CodecParameters, EncodingParameters, HeaderExtensionParameters};

use super::{Sender, Transceiver};

/// The slots of a transceiver, its sender and its receiver that remember the last stable state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stable {
    /// The m-section that the transceiver was associated with.
    pub(crate) m_line: Option<usize>,
    /// [[LastStableStateSenderTransport]]
    pub(crate) sender_transport: Option<TransportId>,
    /// [[LastStableStateReceiverTransport]]
    pub(crate) receiver_transport: Option<TransportId>,
    /// [[LastStableRidlessSendEncodings]]
    pub(crate) ridless_encodings: Option<Vec<EncodingParameters>>,
    /// The ids of [[LastStableStateAssociatedRemoteMediaStreams]].
    pub(crate) streams: Vec<String>,
    /// [[LastStableStateReceiveCodecs]]
    pub(crate) receive_codecs: Vec<CodecParameters>,
    /// The header extensions that go with them.
    pub(crate) header_extensions: Vec<HeaderExtensionParameters>,
}

impl Transceiver {
    /// webrtc-pc, set a session description, step 4.7.4.2.
    pub(crate) fn remember_stable_state(&mut self) {
        let (sender, receiver) = (&self.sender, &self.receiver);
        let is_ridless = sender.encodings.len() == 1 && sender.encodings[0].rid.is_none();
        self.stable = Stable {
            m_line: self.m_line,
            sender_transport: sender.transport,
            receiver_transport: receiver.transport,
            ridless_encodings: is_ridless.then(|| sender.encodings.clone()),
            streams: receiver.streams.clone(),
            receive_codecs: receiver.receive_codecs.clone(),
            header_extensions: receiver.header_extensions.clone(),
        };
    }

    /// webrtc-pc, set a session description, steps 4.7.12.3.1 to 4.7.12.3.5.
    pub(crate) fn restore_stable_state(&mut self) {
        // Step 4.7.12.3.1.
        if self.stable.m_line.is_none() {
            self.dissociate();
        }
        self.sender.transport = self.stable.sender_transport;
        // Step 4.7.12.3.3.
        let has_rid = self.sender.encodings.iter().any(|encoding| encoding.rid.is_some());
        // A sender that the offer created never had others: the default is what it would have without it.
        let created = self.by_remote.then(|| Sender::default_encodings(self.kind));
        if let Some(encodings) = self.stable.ridless_encodings.clone().or(created).filter(|_| has_rid) {
            self.sender.encodings = encodings;
            self.sender.last_returned_parameters = None;
        }
        self.receiver.transport = self.stable.receiver_transport;
        self.receiver.receive_codecs.clone_from(&self.stable.receive_codecs);
        self.receiver.header_extensions.clone_from(&self.stable.header_extensions);
    }

    /// The transceiver is not associated with an m-section any more.
    pub(crate) fn dissociate(&mut self) {
        self.m_line = None;
        self.jsep_mid = None;
        self.mid = None;
    }
}
