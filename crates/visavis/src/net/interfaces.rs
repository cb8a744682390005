//! The addresses of this machine.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use session::Interface;

/// For how long a list is good: interfaces come and go, but not between two connections of a burst.
const FRESH_FOR: Duration = Duration::from_secs(1);

static LAST: Mutex<Option<(Instant, Vec<Interface>)>> = Mutex::new(None);

/// The last list, if it is fresh.
pub(crate) fn recent(now: Instant) -> Option<Vec<Interface>> {
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    last.as_ref()
        .filter(|(at, _)| now.saturating_duration_since(*at) < FRESH_FOR)
        .map(|(_, list)| list.clone())
}

/// Asks the system, which may block.
///
/// IPv6 link-local addresses are left out: they mean nothing without a zone, which a candidate cannot carry
/// (RFC 8839, section 5.1).
pub(crate) fn list(now: Instant) -> Vec<Interface> {
    let found = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!(%error, "the system lists no interfaces");
        Vec::new()
    });
    let addresses: BTreeSet<(IpAddr, String)> = found
        .into_iter()
        .filter(if_addrs::Interface::is_oper_up)
        .map(|interface| (interface.ip(), interface.name))
        .filter(|(ip, _)| !matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local()))
        .collect();
    let addresses: Vec<Interface> = addresses.into_iter().map(|(ip, name)| Interface { name, ip }).collect();
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, addresses.clone()));
    addresses
}
