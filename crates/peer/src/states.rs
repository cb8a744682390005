//! The states of the connection and of its transports, as W3C enumerates them.

use std::fmt;

use session::TransportId;

macro_rules! state {
    ($(#[$docs:meta])* $name:ident { $($(#[$variant_docs:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_docs])* $variant),* }

        impl $name {
            /// The enumeration's value exactly as W3C has it.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

state! {
    /// `RTCSignalingState` ([webrtc-pc, section 4.3.1](https://www.w3.org/TR/webrtc/#rtcsignalingstate-enum)).
    SignalingState {
        /// No negotiation is under way.
        Stable = "stable",
        /// A local offer is set.
        HaveLocalOffer = "have-local-offer",
        /// A remote offer is set.
        HaveRemoteOffer = "have-remote-offer",
        /// A remote offer and a local provisional answer are set.
        HaveLocalPranswer = "have-local-pranswer",
        /// A local offer and a remote provisional answer are set.
        HaveRemotePranswer = "have-remote-pranswer",
        /// The connection is closed.
        Closed = "closed",
    }
}

state! {
    /// `RTCIceGatheringState`.
    IceGatheringState {
        /// Nothing gathers yet.
        New = "new",
        /// Candidates are being gathered.
        Gathering = "gathering",
        /// All candidates are there.
        Complete = "complete",
    }
}

state! {
    /// `RTCIceConnectionState`.
    IceConnectionState {
        /// A transport was closed, or the connection.
        Closed = "closed",
        /// No connectivity was found, or it was lost for good.
        Failed = "failed",
        /// Connectivity was lost, maybe for a while.
        Disconnected = "disconnected",
        /// No check was sent yet.
        New = "new",
        /// Checks are under way.
        Checking = "checking",
        /// All checks are done and there is a connection.
        Completed = "completed",
        /// There is a connection.
        Connected = "connected",
    }
}

state! {
    /// `RTCPeerConnectionState`.
    PeerConnectionState {
        /// The connection is closed.
        Closed = "closed",
        /// A transport failed.
        Failed = "failed",
        /// ICE lost its connection, maybe for a while.
        Disconnected = "disconnected",
        /// Nothing was begun.
        New = "new",
        /// ICE or DTLS is being established.
        Connecting = "connecting",
        /// ICE and DTLS are established.
        Connected = "connected",
    }
}

state! {
    /// `RTCSctpTransportState`.
    SctpTransportState {
        /// The association is being established.
        Connecting = "connecting",
        /// The association is established.
        Connected = "connected",
        /// The association ended.
        Closed = "closed",
    }
}

state! {
    /// `RTCDtlsTransportState`.
    DtlsTransportState {
        /// The handshake has not begun.
        New = "new",
        /// The handshake is under way, the fingerprint not verified.
        Connecting = "connecting",
        /// The handshake is done and the fingerprint matched.
        Connected = "connected",
        /// Closed by either end.
        Closed = "closed",
        /// The handshake failed.
        Failed = "failed",
    }
}

state! {
    /// `RTCIceTransportState`.
    IceTransportState {
        /// No check was sent yet.
        New = "new",
        /// Checks are under way.
        Checking = "checking",
        /// There is a connection.
        Connected = "connected",
        /// All checks are done and there is a connection.
        Completed = "completed",
        /// Connectivity was lost, maybe for a while.
        Disconnected = "disconnected",
        /// No connectivity was found, or it was lost for good.
        Failed = "failed",
        /// The transport is over.
        Closed = "closed",
    }
}

state! {
    /// `RTCIceGathererState`.
    IceGathererState {
        /// Nothing was gathered yet.
        New = "new",
        /// Candidates are being gathered.
        Gathering = "gathering",
        /// All candidates are there.
        Complete = "complete",
    }
}

state! {
    /// `RTCIceRole`.
    IceRole {
        /// Not known yet.
        Unknown = "unknown",
        /// This side chooses the candidate pair.
        Controlling = "controlling",
        /// The peer does.
        Controlled = "controlled",
    }
}

/// `RTCSctpTransport`'s attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SctpTransport {
    /// `transport`: the DTLS transport that carries it.
    pub transport: TransportId,
    /// `state`.
    pub state: SctpTransportState,
    /// `maxMessageSize`: the largest message that may be sent, in bytes; `None` until an answer is set.
    pub max_message_size: Option<u64>,
    /// `maxChannels`: known once the association is established.
    pub max_channels: Option<u16>,
}
