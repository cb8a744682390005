//! The process's workers, and which connection lives on which.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use peer::{Configuration, Error, ErrorName, PeerConnection, Settings};

use crate::net::clock;
use crate::net::connection::{Connection, Handle};
use crate::net::outside::Outside;
use crate::net::worker::{self, Inbox};

/// More threads than this gain nothing: one moves several gigabits per second.
const MAX_WORKERS: usize = 4;

/// The workers' inboxes; empty until the first connection.
static WORKERS: Mutex<Vec<Arc<Inbox>>> = Mutex::new(Vec::new());

static NEXT_CONNECTION: AtomicU64 = AtomicU64::new(0);

/// A new connection on the next worker. With a waker, its tasks are performed elsewhere, and it tells when there are.
///
/// # Errors
/// The configuration's, and `OperationError` where the system gives no thread, socket reactor or randomness.
pub(crate) fn connect(
    configuration: (Configuration, Settings),
    identity: Arc<dtls::Certificate>,
    waker: Option<Waker>,
) -> Result<Arc<Handle>, Error> {
    // From the operating system, through the crypto library.
    let mut seed = [0; 32];
    aws_lc_rs::rand::fill(&mut seed).map_err(|_| failed("the system gave no randomness"))?;
    let peer = PeerConnection::with_settings(configuration, identity, clock::now(), clock::wall(), seed)?;
    let key = NEXT_CONNECTION.fetch_add(1, Ordering::Relaxed);
    let inbox = inbox(key)?;
    let connection = Arc::new(Connection::new(key, Arc::clone(&inbox), peer, waker.map(Outside::new)));
    inbox.adopt(Arc::clone(&connection));
    Ok(Handle::new(connection))
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
