//! Names of servers to addresses.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use tokio::sync::Semaphore;

/// A resolver that has not answered by then will not in time for this connection.
const TIMEOUT: Duration = Duration::from_secs(10);

/// More addresses of one server than this are not asked.
const MAX_ADDRESSES: usize = 8;

/// Look-ups at the same time, over all connections of the process; more wait. The system's resolver blocks a
/// thread, and goes on blocking it after we gave up.
pub(crate) const MAX_LOOKUPS: usize = 8;

static LOOKUPS: Semaphore = Semaphore::const_new(MAX_LOOKUPS);

/// The address of a host that is written as one, also in brackets.
pub(crate) fn literal(host: &str, port: u16) -> Option<SocketAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, port))
}

/// The addresses of a host; none if there are none, or not in time.
pub(crate) async fn lookup(host: String, port: u16) -> Vec<SocketAddr> {
    let lookup = async {
        // Held until the thread is free again, not only until somebody stops waiting for it.
        let permit = LOOKUPS.acquire().await;
        let blocking = move || {
            let addresses = (host, port).to_socket_addrs();
            drop(permit);
            addresses
        };
        tokio::task::spawn_blocking(blocking).await.unwrap_or_else(|error| Err(error.into()))
    };
    match tokio::time::timeout(TIMEOUT, lookup).await {
        Ok(Ok(addresses)) => addresses.take(MAX_ADDRESSES).collect(),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a server's name has no address");
            Vec::new()
        }
        Err(_) => {
            tracing::debug!("a server's name did not resolve in time");
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_need_no_lookup() {
        assert_eq!(literal("192.0.2.1", 3478), Some("192.0.2.1:3478".parse().unwrap()));
        assert_eq!(literal("[2001:db8::1]", 3478), Some("[2001:db8::1]:3478".parse().unwrap()));
        assert_eq!(literal("2001:db8::1", 3478), Some("[2001:db8::1]:3478".parse().unwrap()));
        assert_eq!(literal("stun.example.org", 3478), None);
    }
}
