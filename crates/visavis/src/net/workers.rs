//! The process's workers, and which connection and which shared socket lives on which.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Waker;

use peer::{Configuration, Error, ErrorName, PeerConnection, Settings};

use crate::net::clock;
use crate::net::connection::{Bell, Connection, Handle};
use crate::net::endpoint::Endpoint;
use crate::net::outside::Outside;
use crate::net::router::Source;
use crate::net::tls::Trust;
use crate::net::watch;
use crate::net::worker::{self, Inbox, Newcomer};

/// More threads than this gain nothing: one moves several gigabits per second.
const MAX_WORKERS: usize = 4;

/// The workers' inboxes; empty until the first connection.
static WORKERS: Mutex<Vec<Arc<Inbox>>> = Mutex::new(Vec::new());

static NEXT_CONNECTION: AtomicU64 = AtomicU64::new(0);

/// Who drives a new connection, beside its worker.
#[derive(Default)]
pub(crate) struct Company {
    /// Its tasks are performed elsewhere, and this is woken when there are.
    pub(crate) waker: Option<Waker>,
    /// It uses the sockets of this endpoint.
    pub(crate) endpoint: Option<Arc<Endpoint>>,
    /// It is driven by a task of this runtime instead of a thread of ours.
    pub(crate) runtime: Option<tokio::runtime::Handle>,
}

/// A new connection on the next worker.
///
/// # Errors
/// The configuration's, and `OperationError` where the system gives no thread, socket reactor or randomness.
pub(crate) fn connect(
    configuration: (Configuration, Settings),
    identity: Arc<dtls::Certificate>,
    Company { waker, endpoint, runtime }: Company,
) -> Result<Arc<Handle>, Error> {
    // From the operating system, through the crypto library.
    let mut seed = [0; 32];
    aws_lc_rs::rand::fill(&mut seed).map_err(|_| failed("the system gave no randomness"))?;
    let (dscp, trust) = (configuration.1.dscp, Trust::and(&configuration.1.tls_roots));
    if configuration.1.tcp.is_passive() && endpoint.as_ref().is_none_or(|endpoint| !endpoint.listens()) {
        return Err(Error::new(
            ErrorName::TypeError,
            "tcp: only an endpoint that listens has passive candidates",
        ));
    }
    let make = match endpoint {
        Some(_) => PeerConnection::over_shared_sockets,
        None => PeerConnection::with_settings,
    };
    let peer = make(configuration, identity, clock::now(), clock::wall(), seed)?;
    let key = NEXT_CONNECTION.fetch_add(1, Ordering::Relaxed);
    let inbox = match runtime {
        Some(runtime) => worker::start_on(runtime),
        None => inbox(key)?,
    };
    let connection = Arc::new(Connection::new(key, Arc::clone(&inbox), peer, waker.map(Outside::new)));
    if endpoint.as_ref().is_some_and(|endpoint| !endpoint.join(&connection)) {
        return Err(Error::new(ErrorName::InvalidStateError, "the endpoint is closed"));
    }
    // The sockets of an endpoint are its owner's business.
    if endpoint.is_none() {
        watch::watch(&connection);
    }
    inbox.adopt(key, Newcomer::Connection(Arc::clone(&connection), Source { endpoint, dscp, trust }));
    Ok(Handle::new(connection))
}

/// A place on the next worker for a socket that connections share: its bell, and where it is to be registered.
pub(crate) fn place_port() -> std::io::Result<(Arc<Bell>, tokio::runtime::Handle)> {
    let key = NEXT_CONNECTION.fetch_add(1, Ordering::Relaxed);
    let inbox = inbox(key).map_err(std::io::Error::other)?;
    let runtime = inbox.runtime().clone();
    Ok((Arc::new(Bell::new(key, inbox)), runtime))
}

/// Has the worker of a bell accept what comes to a listener of an endpoint.
pub(crate) fn adopt_listener(bell: &Arc<Bell>, endpoint: Weak<Endpoint>, index: usize) {
    bell.inbox().adopt(bell.key(), Newcomer::Listener(endpoint, index, Arc::clone(bell)));
}

/// Has the worker of a bell read a socket of an endpoint.
pub(crate) fn adopt_port(bell: &Arc<Bell>, endpoint: Weak<Endpoint>, index: usize) {
    bell.inbox().adopt(bell.key(), Newcomer::Port(endpoint, index, Arc::clone(bell)));
}

/// The inbox of the worker for a connection, round robin. Starts the workers when there are none.
fn inbox(key: u64) -> Result<Arc<Inbox>, Error> {
    let mut workers = WORKERS.lock().unwrap_or_else(PoisonError::into_inner);
    if workers.is_empty() {
        let count = std::thread::available_parallelism().map_or(1, |count| count.get().min(MAX_WORKERS));
        for number in 0..count {
            match worker::start(number) {
                Ok(inbox) => workers.push(inbox),
                // Fewer will do.
                Err(error) => tracing::warn!(%error, number, "no worker thread"),
            }
        }
    }
    let place = usize::try_from(key).unwrap_or(0) % workers.len().max(1);
    workers.get(place).cloned().ok_or_else(|| failed("the system gave no worker thread"))
}

fn failed(message: &str) -> Error {
    Error::new(ErrorName::OperationError, message)
}
