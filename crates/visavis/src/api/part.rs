//! What the handles of a connection's transceivers, senders and receivers share.

use std::sync::Arc;

use peer::{MediaKind, TransceiverId, TransceiverView};

use crate::net::connection::Handle;

/// A connection and the transceiver in it.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) handle: Arc<Handle>,
    pub(crate) id: TransceiverId,
}

impl Part {
    /// The attributes; `None` if the transceiver is long gone, or the connection failed internally.
    pub(crate) fn view(&self) -> Option<TransceiverView> {
        self.handle.with(|shared| shared.transceiver(self.id))
    }

    /// Audio or video.
    pub(crate) fn kind(&self) -> MediaKind {
        self.handle.with(|shared| shared.receiver_track(self.id)).kind()
    }

    pub(crate) fn fmt(&self, name: &str, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(name)
            .field("connection", &self.handle.key)
            .field("transceiver", &self.id.0)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        (self.handle.key, self.id) == (other.handle.key, other.id)
    }
}

impl Eq for Part {}
