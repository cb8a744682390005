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
    crate::print(&format!("visavis: http://{address}\n"))?;
    tokio::select! {
        () = accept(listener, &server) => {}
        () = interrupted() => {}
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
            // An error here is the client's: it went away or does not speak HTTP.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(permit);
        });
    }
}

/// Waits for the signal that asks the program to end.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
