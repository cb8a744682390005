//! For bindings to other languages: connections whose W3C tasks are performed by an event loop that is not ours.
//!
//! In a browser, attributes change, promises settle and events fire in tasks of the page's event loop, one after the
//! other. A language that has such a loop must have it here too, so that what a program sees never changes under its
//! hands. A [`Connection`] is the state machine of [`peer`] behind a lock, driven by a worker thread (sockets, timers,
//! everything on the wire), except for its tasks: those wait until the loop calls [`Connection::run_task`].
//!
//! Data does not wait for the loop: what is received is acknowledged and kept, up to a bound for each channel
//! ([`session::READ_ROOM`] bytes), what was sent is sent.
//!
//! ```
//! use std::sync::{Arc, mpsc};
//! use std::task::{Wake, Waker};
//! use visavis::binding::{self, Connection};
//!
//! /// Tells the loop that there is a task.
//! struct Wakeup(mpsc::Sender<()>);
//!
//! impl Wake for Wakeup {
//!     fn wake(self: Arc<Self>) {
//!         let _ = self.0.send(());
//!     }
//! }
//!
//! # fn main() -> Result<(), visavis::Error> {
//! let (sender, wakeups) = mpsc::channel();
//! let waker = Waker::from(Arc::new(Wakeup(sender)));
//! let connection = Connection::new(Default::default(), waker)?;
//! let promise = connection.with(|peer, now| peer.create_offer(now, Default::default()))?;
//!
//! wakeups.recv().expect("a wake-up");
//! while let Some(events) = connection.run_task() {
//!     println!("{promise:?}: {events:?}");
//! }
//! # Ok(())
//! # }
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use peer::{
    ChannelId, Configuration, Error, ErrorName, Event, KeygenAlgorithm, Payload, PeerConnection, Settings,
};

use crate::net::clock;
use crate::net::connection::{Fate, Handle};
use crate::net::counters::COUNTERS;
use crate::net::workers::{self, Company};
use crate::{Endpoint, RtcCertificate};

/// A connection whose tasks are performed by its owner. Dropping it closes it.
pub struct Connection {
    handle: Arc<Handle>,
}

impl Connection {
    /// A new connection. `waker` is woken, on any thread, when there is a task: once, until
    /// [`run_task`](Connection::run_task) has answered `None`.
    ///
    /// # Errors
    /// Those of [`PeerConnection::new`], and `OperationError` where the system gives no threads or randomness.
    pub fn new(configuration: Configuration, waker: Waker) -> Result<Self, Error> {
        Self::with_settings(configuration, Settings::default(), waker)
    }

    /// The same with what W3C leaves to the browser.
    ///
    /// # Errors
    /// As [`new`](Connection::new), and `TypeError` for settings that cannot be.
    pub fn with_settings(
        configuration: Configuration,
        settings: Settings,
        waker: Waker,
    ) -> Result<Self, Error> {
        let company = Company { waker: Some(waker), ..Company::default() };
        Self::connect((configuration, settings), company)
    }

    /// The same over the sockets of an endpoint, as [`Endpoint::new_peer_connection`] makes one.
    ///
    /// # Errors
    /// As [`new`](Connection::new), and `InvalidStateError` if the endpoint is closed.
    pub fn on_endpoint(
        endpoint: &Endpoint,
        configuration: Configuration,
        waker: Waker,
    ) -> Result<Self, Error> {
        let (configuration, company) = endpoint.share_with(configuration);
        Self::connect(configuration, Company { waker: Some(waker), ..company })
    }

    fn connect(configuration: (Configuration, Settings), company: Company) -> Result<Self, Error> {
        let identity = match configuration.0.certificates.first() {
            Some(certificate) => Arc::clone(certificate),
            None => generate_certificate(&KeygenAlgorithm::ecdsa_p256())?,
        };
        Ok(Connection { handle: workers::connect(configuration, identity, company)? })
    }

    /// Calls the state machine, and has the worker send what comes of it. To close, use
    /// [`close`](Connection::close).
    ///
    /// # Errors
    /// `OperationError` if the connection failed internally, now or before. It is closed then.
    pub fn with<R>(&self, f: impl FnOnce(&mut PeerConnection, Instant) -> R) -> Result<R, Error> {
        contained(|| {
            self.handle.call(|shared, now| match shared.fate {
                Fate::Open | Fate::Closed => Some(f(&mut shared.peer, now)),
                Fate::Broken => None,
            })
        })
        .flatten()
        .ok_or_else(broken)
    }

    /// Sends a message, as [`PeerConnection::channel_send`] does, and looks at the state machine after that. A short message
    /// that no other waits before leaves on this thread; the worker is not woken for it.
    ///
    /// # Errors
    /// As [`with`](Connection::with); those of the message are in the result.
    pub fn send<R>(
        &self,
        channel: ChannelId,
        payload: Payload,
        look: impl FnOnce(&PeerConnection) -> R,
    ) -> Result<(Result<(), Error>, R), Error> {
        let now = clock::now();
        let sent = contained(|| {
            self.handle.with(|shared| {
                let (result, needs_worker) = match shared.fate {
                    Fate::Open | Fate::Closed => shared.send(now, channel, payload),
                    Fate::Broken => return None,
                };
                Some(((result, look(&shared.peer)), needs_worker))
            })
        });
        let (result, needs_worker) = sent.flatten().ok_or_else(broken)?;
        if needs_worker {
            self.handle.bell.ring();
        }
        Ok(result)
    }

    /// Looks at the state machine.
    ///
    /// # Errors
    /// As [`with`](Connection::with).
    pub fn read<R>(&self, f: impl FnOnce(&PeerConnection) -> R) -> Result<R, Error> {
        contained(|| {
            self.handle.with(|shared| match shared.fate {
                Fate::Open | Fate::Closed => Some(f(&shared.peer)),
                Fate::Broken => None,
            })
        })
        .flatten()
        .ok_or_else(broken)
    }

    /// Performs one W3C task and gives its events in order; `None` if there is none. A run of messages is one task.
    pub fn run_task(&self) -> Option<Vec<Event>> {
        self.run_task_then(|_| ()).0.map(|task| task.events)
    }

    /// The same, and looks at the state machine as it is then: a worker that receives has the connection's lock most of
    /// the time, so that for each message to ask twice would cost more than to perform its task.
    ///
    /// `None` for what `look` gives if the connection failed internally.
    pub fn run_task_then<R>(&self, look: impl FnOnce(&PeerConnection) -> R) -> (Option<Task>, Option<R>) {
        let now = crate::net::clock::now();
        let result = contained(|| {
            self.handle.with(|shared| {
                let performed = shared.run_loop_task(now);
                (performed, (shared.fate != Fate::Broken).then(|| look(&shared.peer)))
            })
        });
        let Some((performed, looked)) = result else {
            self.handle.bell.ring();
            // The next one says that the connection broke.
            return (Some(Task { events: Vec::new(), next: Some(0) }), None);
        };
        if performed.as_ref().is_some_and(|performed| performed.concerns_worker) {
            self.handle.bell.ring();
        }
        (performed.map(|performed| Task { events: performed.events, next: performed.next }), looked)
    }

    /// When the first task that waits was queued, on a clock that all connections of the process share: who has several
    /// performs their tasks in this order, as a browser does. `None` if there is none: then the waker is woken for the
    /// next, as after [`run_task`](Connection::run_task).
    pub fn order(&self) -> Option<u64> {
        contained(|| self.handle.with(|shared| shared.loop_order())).flatten()
    }

    /// Settles the promise of a call that has its result already: for a microtask after each call that gave a promise.
    /// `None` if there is none. See [`PeerConnection::run_microtask`].
    pub fn run_microtask(&self) -> Option<Vec<Event>> {
        let now = crate::net::clock::now();
        contained(|| self.handle.with(|shared| shared.run_loop_microtask(now))).flatten()
    }

    /// Closes the connection, as [`RtcPeerConnection::close`](crate::RtcPeerConnection::close) does.
    pub fn close(&self) {
        contained(|| self.handle.close());
    }
}

/// A W3C task that was performed.
#[derive(Debug)]
pub struct Task {
    /// Its events in order.
    pub events: Vec<Event>,
    /// What [`Connection::order`] answered right after it.
    pub next: Option<u64>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("key", &self.handle.key).finish_non_exhaustive()
    }
}

/// `RTCPeerConnection.generateCertificate()`.
///
/// # Errors
/// As [`peer::generate_certificate`].
pub fn generate_certificate(algorithm: &KeygenAlgorithm) -> Result<Arc<dtls::Certificate>, Error> {
    RtcCertificate::generate(algorithm).map(|certificate| certificate.0)
}

/// Runs what may panic; `None` if it did. A panic must not unwind into another language. The lock has seen it, and the
/// connection is broken from now on.
fn contained<R>(run: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(run))
        .inspect_err(|_| {
            COUNTERS.panics.add(1);
            tracing::error!("a call on a connection panicked: it is closed");
        })
        .ok()
}

fn broken() -> Error {
    Error::new(ErrorName::OperationError, "the connection failed internally")
}
