//! Where a channel stands.

/// A channel's state, with what belongs to that state alone.
#[derive(Debug)]
pub(crate) enum State {
    /// Waits for the association, or for its identifier.
    Waiting,
    /// Messages flow.
    Open(Open),
    /// The stream is being reset.
    Closing(Reset),
}

/// An open channel.
#[derive(Debug)]
pub(crate) struct Open {
    /// Whether the peer is known to have the channel: it answered the OPEN, sent it, or needs none.
    pub(crate) acknowledged: bool,
    /// What was delivered and not granted again. With too much, messages stay in SCTP.
    pub(crate) unread: usize,
}

impl Open {
    pub(crate) fn new(acknowledged: bool) -> Self {
        Open { acknowledged, unread: 0 }
    }
}

/// How far a stream's reset is: both directions must be, before it can be used again (RFC 8831, section 6.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reset {
    outgoing: bool,
    incoming: bool,
}

impl Reset {
    /// We ask first.
    pub(crate) fn by_us() -> Self {
        Reset::default()
    }

    /// The peer has asked; we ask as an answer.
    pub(crate) fn by_peer() -> Self {
        Reset { outgoing: false, incoming: true }
    }

    /// The peer has acknowledged our reset.
    pub(crate) fn outgoing_done(&mut self) {
        self.outgoing = true;
    }

    /// The peer has reset its side.
    pub(crate) fn incoming_done(&mut self) {
        self.incoming = true;
    }

    /// Whether what comes now on the stream belongs to its next use.
    pub(crate) fn is_incoming_done(self) -> bool {
        self.incoming
    }

    /// Whether both directions are reset.
    pub(crate) fn is_done(self) -> bool {
        self.outgoing && self.incoming
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_is_done_when_both_directions_are_in_either_order() {
        let mut ours = Reset::by_us();
        ours.outgoing_done();
        assert!(!ours.is_done() && !ours.is_incoming_done());
        ours.incoming_done();
        assert!(ours.is_done());

        let mut both = Reset::by_us();
        both.incoming_done();
        assert!(!both.is_done());
        both.outgoing_done();
        assert!(both.is_done());

        let mut theirs = Reset::by_peer();
        assert!(theirs.is_incoming_done() && !theirs.is_done());
        theirs.outgoing_done();
        assert!(theirs.is_done());
    }
}
