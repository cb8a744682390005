//! TCP as nodes see it: a stream connects or not, carries frames in order, and ends.

use std::net::SocketAddr;
use std::time::Duration;

use base::Path;

/// What has become of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// A stream that [`Host::connect`](crate::Host::connect) asked for is open.
    Connected {
        /// Our socket, and where it connected to.
        path: Path,
        /// Our end of it.
        local: SocketAddr,
    },
    /// It could not be opened.
    Failed {
        /// The stream.
        path: Path,
        /// Why not.
        reason: ConnectFailure,
    },
    /// Somebody has connected to a listener.
    Accepted {
        /// The listener, and who it is.
        path: Path,
    },
    /// The other side has closed an open stream, or does not know it any more.
    Closed {
        /// The stream.
        path: Path,
    },
}

/// Why a stream was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectFailure {
    /// Nobody listens there.
    Refused,
    /// There was no answer for [`CONNECT_TIMEOUT`].
    TimedOut,
    /// The host has no address of the right kind.
    NoAddress,
}

/// When a connection attempt without an answer ends.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// One end of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream {
    pub(crate) local: SocketAddr,
    pub(crate) state: StreamState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamState {
    /// It waits for the answer; so many more round trips (of TLS) must follow.
    Connecting {
        round_trips_left: u32,
    },
    Open,
}

impl Stream {
    pub(crate) fn is_open(&self) -> bool {
        self.state == StreamState::Open
    }
}
