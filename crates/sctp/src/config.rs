//! How an association is set up.

use std::time::Duration;

use crate::InitChunk;
use crate::congestion::CongestionControl;

/// How an [`Association`](crate::Association) is set up. The default is what WebRTC asks for.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our SCTP port (`a=sctp-port` of our description).
    pub local_port: u16,
    /// The peer's (`a=sctp-port` of its description).
    pub remote_port: u16,
    /// The longest message that we accept, in bytes: our `a=max-message-size` (RFC 8841, section 6). A longer
    /// one ends the association.
    pub max_message_size: u32,
    /// The longest message that may be sent, in bytes: the peer's `a=max-message-size`.
    pub max_send_message_size: u32,
    /// The longest packet that is sent as long as nothing is known of the path, in bytes, with the SCTP header: what
    /// every path carries less what IP, UDP and DTLS add.
    pub max_packet_size: usize,
    /// Longer packets, if they are to be tried.
    pub discovery: Option<Discovery>,
    /// How many streams each way we ask for and accept.
    pub max_streams: u16,
    /// How many bytes may wait for a reader, over all streams, at the most. At least `max_message_size` and some
    /// packets. The window begins with 1 MiB, or the longest message, and grows with what is read in a round trip.
    pub receive_window: u32,
    /// The path's round-trip time, where the layers below have measured it: the handshake repeats its packets after
    /// 1.5 times this, and data has it as its first estimate.
    pub path_rtt: Option<Duration>,
    /// How long an acknowledgement may wait for more to acknowledge
    /// ([RFC 9260, section 6.2](https://www.rfc-editor.org/rfc/rfc9260#section-6.2)): 200 ms at the most.
    pub ack_delay: Duration,
    /// Whether messages of different streams may be sent piece by piece, in turns, with a peer that knows how to take
    /// them ([RFC 8260](https://www.rfc-editor.org/rfc/rfc8260)). What `local_init` says takes precedence.
    pub interleaving: bool,
    /// Whether packets go without a checksum, as DTLS has a better one, where the peer takes them
    /// ([RFC 9653](https://www.rfc-editor.org/rfc/rfc9653)), and whether ours says that we do.
    pub zero_checksum: bool,
    /// How the path is shared with others.
    pub congestion_control: CongestionControl,
    /// The first retransmission timeout, before a round trip was measured.
    pub rto_initial: Duration,
    /// The shortest retransmission timeout of requests to reset streams and of the shutdown.
    pub rto_min: Duration,
    /// The longest retransmission timeout.
    pub rto_max: Duration,
    /// What our signalling said in place of our INIT. Where the peer's said nothing, it is what our INIT says.
    pub local_init: Option<InitChunk>,
    /// What the peer's signalling said. With both, the association stands at once, and there is no handshake.
    pub remote_init: Option<InitChunk>,
    /// How often the handshake's packets are sent again before giving up; `None` for as long as it takes
    /// (the transport below says when it failed).
    pub max_init_retransmits: Option<u32>,
    /// How long a peer may leave what it owes unanswered; `None` for as long as it takes: the transport below
    /// says when the peer is gone, and the association outlives a change of paths.
    pub peer_timeout: Option<Duration>,
}

/// Which packets longer than [`Config::max_packet_size`] are tried: path-MTU discovery by probes
/// ([RFC 8899](https://www.rfc-editor.org/rfc/rfc8899)), once there is something to fill them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// What IP, UDP and DTLS, and a relay's header, add to a packet, in bytes.
    pub overhead: usize,
    /// The longest packet, in bytes: what one DTLS record and one datagram take.
    pub largest: usize,
}

impl Config {
    /// The port that everybody uses (RFC 8841, section 5.2).
    pub const DEFAULT_PORT: u16 = 5000;
    /// A UDP payload of 1,200 bytes less the 37 that DTLS 1.2 adds, rounded down to whole words.
    pub const DEFAULT_MAX_PACKET_SIZE: usize = 1160;
}

impl Default for Config {
    fn default() -> Self {
        Config {
            local_port: Self::DEFAULT_PORT,
            remote_port: Self::DEFAULT_PORT,
            max_message_size: 262_144,
            max_send_message_size: 65_536,
            max_packet_size: Self::DEFAULT_MAX_PACKET_SIZE,
            discovery: None,
            max_streams: 65_535,
            receive_window: 30 * 1024 * 1024,
            path_rtt: None,
            ack_delay: crate::rx::DEFAULT_ACK_DELAY,
            interleaving: true,
            zero_checksum: true,
            congestion_control: CongestionControl::default(),
            rto_initial: Duration::from_millis(500),
            rto_min: Duration::from_millis(220),
            rto_max: Duration::from_secs(3),
            local_init: None,
            remote_init: None,
            max_init_retransmits: None,
            peer_timeout: None,
        }
    }
}
