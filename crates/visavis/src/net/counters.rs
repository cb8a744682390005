//! What the driver has done and dropped, over all connections of the process.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$docs:meta])* $name:ident),* $(,)?) => {
        /// What the driver has done and dropped, over all connections of the process
        /// ([`driver_counters`](crate::driver_counters)).
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct DriverCounters { $($(#[$docs])* pub $name: u64),* }

        pub(crate) struct Counters { $(pub(crate) $name: Counter),* }

        pub(crate) static COUNTERS: Counters = Counters { $($name: Counter(AtomicU64::new(0))),* };

        /// What the driver has done and dropped so far, over all connections of the process.
        ///
        /// ```
        /// assert_eq!(visavis::driver_counters().panics, 0);
        /// ```
        pub fn driver_counters() -> DriverCounters {
            DriverCounters { $($name: COUNTERS.$name.get()),* }
        }
    };
}

counters! {
    /// Connections that are being driven now: not closed, or closed with something left to send.
    connections,
    /// Sockets that are open now, streams among them.
    sockets,
    /// Datagrams received.
    datagrams_received,
    /// Datagrams handed to the system.
    datagrams_sent,
    /// Messages that left on the thread that sent them, without the worker.
    direct_sends,
    /// Streams that were closed because what came was not framed as it should be.
    streams_garbled,
    /// Datagrams that the system refused to send (too large, no route, a firewall ...), or for which a stream's queue had
    /// no room: dropped.
    sends_refused,
    /// Datagrams for a socket that was closed: dropped.
    sends_without_socket,
    /// Datagrams that came to an [`Endpoint`](crate::Endpoint) and were for none of its connections: dropped.
    datagrams_for_nobody,
    /// Datagrams that came to an [`Endpoint`](crate::Endpoint) faster than their connection took them: dropped, as the
    /// system drops what a socket of its own cannot hold.
    mail_overflows,
    /// Checks that came to an [`Endpoint`](crate::Endpoint) from an address that another of its connections is using:
    /// answered, but the address stays with the other connection.
    routes_contested,
    /// TCP connections that came to an [`Endpoint`](crate::Endpoint) and were for none of its connections, or too many:
    /// closed.
    streams_refused,
    /// Errors of the system on receiving.
    receive_errors,
    /// Connections that ended because driving them panicked. Each is a bug.
    panics,
    /// Channels of remote peers that were refused, because too many waited for the application to look at them.
    channels_refused,
}

/// One number.
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: usize) {
        self.0.fetch_add(n as u64, Ordering::Relaxed);
    }

    pub(crate) fn subtract(&self, n: usize) {
        self.0.fetch_sub(n as u64, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
