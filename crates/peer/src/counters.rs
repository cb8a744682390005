//! What this layer counts.

/// Plain counters since the start.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Remote candidates that were ignored because their address is a name, and none that hides an address in multicast
    /// DNS: a peer may not have us ask DNS for what it likes.
    pub remote_candidates_named: u64,
    /// Remote candidates that were ignored because of their transport protocol or component.
    pub remote_candidates_unsupported: u64,
    /// Remote candidates that were ignored because their port is on Fetch's list of bad ports, which belong to other
    /// protocols (webrtc-pc, addIceCandidate: administratively prohibited).
    pub remote_candidates_prohibited: u64,
    /// Local candidates of an ICE generation that no description represents any more.
    pub local_candidates_stale: u64,
    /// Messages that were discarded because their channel was no longer open (webrtc-pc, receiving messages on a
    /// data channel, step 3).
    pub messages_discarded: u64,
    /// Data channels that entered the state "open", whichever side made them.
    pub data_channels_opened: u64,
    /// Data channels that left the state "open".
    pub data_channels_closed: u64,
}
