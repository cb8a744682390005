//! `RTCDataChannel`'s dictionaries.

/// Names a data channel of one connection. Never reused within the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub u64);

/// `RTCPriorityType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// Half of [`Low`](Priority::Low).
    VeryLow,
    /// The default.
    #[default]
    Low,
    /// Twice [`Low`](Priority::Low).
    Medium,
    /// Four times [`Low`](Priority::Low).
    High,
}

/// `RTCDataChannelInit`
/// ([webrtc-pc, section 6.2](https://www.w3.org/TR/webrtc/#dom-rtcdatachannelinit)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataChannelInit {
    /// Deliver messages in the order in which they were sent.
    pub ordered: bool,
    /// For how long a message is sent again, in milliseconds. Excludes `max_retransmits`.
    pub max_packet_life_time: Option<u16>,
    /// How often a message is sent again. Excludes `max_packet_life_time`.
    pub max_retransmits: Option<u16>,
    /// The subprotocol, up to 65,535 bytes.
    pub protocol: String,
    /// Both peers create the channel, with the same `id`; nothing is announced in-band.
    pub negotiated: bool,
    /// The SCTP stream, 0 to 65,534. Required with `negotiated`, ignored without.
    pub id: Option<u16>,
    /// The priority ([webrtc-priority](https://www.w3.org/TR/webrtc-priority/)).
    pub priority: Priority,
}

impl Default for DataChannelInit {
    fn default() -> Self {
        DataChannelInit {
            ordered: true,
            max_packet_life_time: None,
            max_retransmits: None,
            protocol: String::new(),
            negotiated: false,
            id: None,
            priority: Priority::Low,
        }
    }
}

/// `RTCDataChannelState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataChannelState {
    /// Not yet established.
    Connecting,
    /// Established: messages may be sent.
    Open,
    /// The closing procedure has begun.
    Closing,
    /// Closed, or never established.
    Closed,
}

impl DataChannelState {
    /// The enumeration's value exactly as W3C has it.
    pub fn as_str(self) -> &'static str {
        match self {
            DataChannelState::Connecting => "connecting",
            DataChannelState::Open => "open",
            DataChannelState::Closing => "closing",
            DataChannelState::Closed => "closed",
        }
    }
}

/// What an `RTCDataChannel`'s attributes say now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelView {
    /// `label`.
    pub label: String,
    /// `protocol`.
    pub protocol: String,
    /// `ordered`.
    pub ordered: bool,
    /// `maxPacketLifeTime`, in milliseconds.
    pub max_packet_life_time: Option<u16>,
    /// `maxRetransmits`.
    pub max_retransmits: Option<u16>,
    /// `negotiated`.
    pub negotiated: bool,
    /// `id`: the SCTP stream; `None` until the DTLS role is known.
    pub id: Option<u16>,
    /// `priority`.
    pub priority: Priority,
    /// `readyState`.
    pub ready_state: DataChannelState,
    /// `bufferedAmount`, in bytes.
    pub buffered_amount: usize,
    /// `bufferedAmountLowThreshold`, in bytes.
    pub buffered_amount_low_threshold: usize,
}
