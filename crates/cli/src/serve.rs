//! The HTTP server: accepts connections, and ends in order on a signal.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::Failure;
use crate::args::ServeOptions;
use crate::echo::Sessions;

mod access;
mod assets;
mod problem;
mod routes;

use access::Access;

/// Most HTTP connections at the same time; more wait in the listener's backlog.
const MAX_HTTP_CONNECTIONS: usize = 512;
/// A client that takes longer to send a request's head is dropped.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest head of a request, and what is buffered of a body.
const MAX_HEAD: usize = 64 * 1024;
/// How old an HTTP connection gets, busy or not: one that never reads its answers must not stay for ever. The
/// console's requests go on over a new one.
const MAX_AGE: Duration = Duration::from_secs(300);
/// How long the answer to a request that was under way at that age may take.
const LAST_ANSWER: Duration = Duration::from_secs(15);
/// How long peers get to hear that their connections end, when the program ends.
const FAREWELL: Duration = Duration::from_millis(200);
/// How long to leave off accepting when the system refuses (no descriptors left, most likely).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What each request is answered from.
struct Server {
    access: Access,
    sessions: Arc<Sessions>,
}

/// Serves until a signal ends the program.
pub(crate) async fn run(options: ServeOptions) -> Result<(), Failure> {
    let listen = options.listen;
    let unable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("{listen} is taken by another program; choose another with --listen ADDR:PORT")
        }
        _ => format!("cannot listen on {listen}: {error}"),
    };
    let listener = TcpListener::bind(listen).await.map_err(unable)?;
    let address = listener.local_addr().map_err(unable)?;
    let server = Arc::new(Server {
        access: Access::new(address),
        sessions: Sessions::new(options.max_sessions, options.setup_timeout, address.ip().is_loopback()),
    });
    // Before anybody knows that there is something to interrupt.
    let interrupted = interrupted()?;
    crate::print(&format!("visavis: http://{address}\n"))?;
    tokio::select! {
        () = accept(listener, &server) => {}
        () = interrupted => {}
    }
    if server.sessions.close_all() {
        let _ = tokio::time::timeout(FAREWELL, std::future::pending::<()>()).await;
    }
    Ok(())
}

async fn accept(listener: TcpListener, server: &Arc<Server>) {
    let room = Arc::new(Semaphore::new(MAX_HTTP_CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            let _ = tokio::time::timeout(ACCEPT_PAUSE, std::future::pending::<()>()).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let server = Arc::clone(server);
        tokio::spawn(async move {
            let service = service_fn(|request| routes::answer(&server, request));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .max_buf_size(MAX_HEAD)
                .serve_connection(TokioIo::new(stream), service);
            let mut connection = std::pin::pin!(connection);
            // An error here is the client's: it went away or does not speak HTTP.
            if tokio::time::timeout(MAX_AGE, connection.as_mut()).await.is_err() {
                connection.as_mut().graceful_shutdown();
                let _ = tokio::time::timeout(LAST_ANSWER, connection).await;
            }
            drop(permit);
        });
    }
}

/// Waits for the signal that asks the program to end. Such a signal does not kill the program from the moment this
/// returns.
#[cfg(unix)]
fn interrupted() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let unable = |error| format!("cannot wait for signals: {error}");
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unable)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(unable)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
fn interrupted() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
