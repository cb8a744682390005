//! The operations chain: one asynchronous operation at a time
//! ([webrtc-pc, section 4.4.1.2](https://www.w3.org/TR/webrtc/#chain-an-asynchronous-operation)).

use std::collections::VecDeque;

use crate::{
    IceCandidateInit, OfferOptions, OperationId, SdpType, SessionDescriptionInit, Track, TransceiverId,
};

/// The most operations that wait in the chain; what is called beyond it is rejected with an OperationError. W3C
/// has no bound; an application that does not look at its promises would otherwise fill the memory.
pub(crate) const MAX_OPERATIONS: usize = 4096;

/// A call that waits for its turn.
#[derive(Clone)]
pub(crate) enum Operation {
    CreateOffer(OfferOptions),
    CreateAnswer,
    SetLocalDescription(SessionDescriptionInit),
    SetRemoteDescription { kind: SdpType, sdp: String },
    AddIceCandidate(IceCandidateInit),
    ReplaceTrack(TransceiverId, Option<Track>),
}

/// What an operation does "in parallel", after its synchronous steps: performed by one queued task.
#[derive(Clone)]
pub(crate) enum Job {
    /// The final steps to create an offer; then, for the implicit form of setLocalDescription, set it.
    CreateOffer { options: OfferOptions, then_set: bool },
    /// The final steps to create an answer; then, for the implicit form, set it as this type.
    CreateAnswer { then_set: Option<SdpType> },
    /// Set a session description.
    SetDescription { remote: bool, kind: SdpType, sdp: String },
    /// Roll back, and then set this remote offer (setRemoteDescription, step 3.1).
    RollbackForOffer { sdp: String },
    /// Add a candidate.
    AddIceCandidate(IceCandidateInit),
    /// Send another track, or none.
    ReplaceTrack(TransceiverId, Option<Track>),
}

/// [[Operations]].
#[derive(Default)]
pub(crate) struct Operations {
    chain: VecDeque<(OperationId, Operation)>,
    last_id: u64,
}

impl Operations {
    /// A name for a new promise.
    pub(crate) fn new_id(&mut self) -> OperationId {
        self.last_id += 1;
        OperationId(self.last_id)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chain.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.chain.len() >= MAX_OPERATIONS
    }

    /// Appends an operation; whether it is the only one, and so is to be executed now (webrtc-pc, chain an operation, step 6).
    pub(crate) fn push(&mut self, id: OperationId, operation: Operation) -> bool {
        self.chain.push_back((id, operation));
        self.chain.len() == 1
    }

    /// The operation whose turn it is.
    pub(crate) fn first(&self) -> Option<&(OperationId, Operation)> {
        self.chain.front()
    }

    /// Removes the operation whose promise has settled (webrtc-pc, chain an operation, step 7.4.2).
    pub(crate) fn pop(&mut self) -> Option<(OperationId, Operation)> {
        let first = self.chain.pop_front();
        if self.chain.is_empty() {
            // With its memory: there may never be others.
            self.chain = VecDeque::new();
        }
        first
    }

    /// Forgets all of them: the connection is closed, and their promises never settle.
    pub(crate) fn clear(&mut self) {
        self.chain.clear();
    }
}
