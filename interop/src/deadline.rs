//! Every wait ends: by its result or by its deadline.

use std::future::Future;
use std::time::Duration;

/// For one operation on a peer, or one event that must follow from it. Generous: the machines that run this have two cores.
pub const CALL: Duration = Duration::from_secs(60);
/// From the answer to "connected" at both ends.
pub const CONNECT: Duration = Duration::from_secs(20);
/// For a transfer of up to 100 MB.
pub const BULK: Duration = Duration::from_secs(300);

/// The result of `future`.
///
/// # Panics
/// If it has not come within `limit`; the message says what was waited for.
pub async fn within<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(limit, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {} s in vain: {what}", limit.as_secs()),
    }
}
