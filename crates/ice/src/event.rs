//! What the agent has to say.

use std::net::SocketAddr;

use crate::{Candidate, GatheringState, Role, TransportState};

/// Something that happened, in the order in which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The transport state changed to this.
    TransportState(TransportState),
    /// The gathering state changed to this.
    GatheringState(GatheringState),
    /// A candidate to signal to the other side. Peer-reflexive ones are never signalled.
    LocalCandidate(Box<Candidate>),
    /// A server gave no candidate.
    CandidateError(Box<CandidateError>),
    /// Data goes over this pair from now on.
    SelectedPair {
        /// Our end.
        local: Box<Candidate>,
        /// The other end.
        remote: Box<Candidate>,
    },
    /// A role conflict was repaired: this is our role now.
    Role(Role),
}

/// Why a server gave no candidate: what an
/// [`icecandidateerror`](https://www.w3.org/TR/webrtc/#rtcpeerconnectioniceerrorevent) event carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateError {
    /// The local address that the server was asked from, where one was used.
    pub address: Option<SocketAddr>,
    /// The server.
    pub url: String,
    /// The STUN error code of the answer, or 701 where the server could not be reached.
    pub code: u16,
    /// The reason, as the server or we put it.
    pub text: String,
}
