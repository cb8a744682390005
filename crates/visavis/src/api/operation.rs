//! What an `async fn` waits on where W3C has a promise.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use peer::{Error, OperationId, Outcome, PeerConnection};

use crate::net::connection::{Connection, Shared};

/// A promise. Dropping it forgets the result; the operation goes on.
pub(crate) struct Operation<'a> {
    connection: &'a Connection,
    id: OperationId,
}

impl<'a> Operation<'a> {
    /// Begins an operation.
    ///
    /// # Errors
    /// `InvalidStateError` if the connection is closed.
    pub(crate) fn begin(
        connection: &'a Connection,
        start: impl FnOnce(&mut PeerConnection, Instant) -> OperationId,
    ) -> Result<Self, Error> {
        Self::try_begin(connection, |shared, now| Ok(start(&mut shared.peer, now)))
    }

    /// Begins an operation that may be refused at once.
    ///
    /// # Errors
    /// `InvalidStateError` if the connection is closed, and those of `start`.
    pub(crate) fn try_begin(
        connection: &'a Connection,
        start: impl FnOnce(&mut Shared, Instant) -> Result<OperationId, Error>,
    ) -> Result<Self, Error> {
        let id = connection.call(|shared, now| shared.begin(|shared| start(shared, now)))?;
        Ok(Operation { connection, id })
    }
}

impl Future for Operation<'_> {
    type Output = Result<Outcome, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.connection.with(|shared| shared.poll_operation(self.id, cx))
    }
}

impl Drop for Operation<'_> {
    fn drop(&mut self) {
        self.connection.with(|shared| shared.forget_operation(self.id));
    }
}
