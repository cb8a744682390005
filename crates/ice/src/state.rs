//! The agent's roles and states.

/// Which side decides on the pair ([RFC 8445, section 6.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-6.1.1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// This side nominates.
    Controlling,
    /// The other side nominates.
    Controlled,
}

impl Role {
    /// The other role.
    pub fn reversed(self) -> Role {
        match self {
            Role::Controlling => Role::Controlled,
            Role::Controlled => Role::Controlling,
        }
    }
}

/// How far connecting is: exactly [`RTCIceTransportState`](https://www.w3.org/TR/webrtc/#rtcicetransportstate).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransportState {
    /// Gathering, or waiting for remote candidates; no checks yet.
    New,
    /// Checking pairs; none works yet.
    Checking,
    /// A pair works; others may still be found.
    Connected,
    /// A pair works, gathering and the other side's gathering are complete, and checking has ended.
    Completed,
    /// A pair worked, and its peer has not answered for a while. It may recover by itself.
    Disconnected,
    /// All pairs failed, or consent was lost. It takes a restart, or a new candidate, to leave this state.
    Failed,
    /// [`Agent::close`](crate::Agent::close) was called.
    Closed,
}

/// How far gathering is: exactly [`RTCIceGathererState`](https://www.w3.org/TR/webrtc/#rtcicegathererstate).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GatheringState {
    /// Not started.
    New,
    /// Candidates may still come.
    Gathering,
    /// No more candidates come in this generation.
    Complete,
}
