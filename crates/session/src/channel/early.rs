//! Messages on streams that have no channel yet.

use std::collections::{BTreeMap, VecDeque};

use sctp::Message;

/// Messages that came before their channel: before the OPEN, or before this side made its half of a negotiated
/// channel. Delivered when the channel is there.
#[derive(Debug, Default)]
pub(crate) struct Early {
    streams: BTreeMap<u16, VecDeque<Message>>,
    bytes: usize,
    messages: usize,
}

impl Early {
    /// The most bytes kept, over all streams: four of the largest messages that we accept by default.
    pub(crate) const MAX_BYTES: usize = 1024 * 1024;
    /// The most messages kept, over all streams.
    pub(crate) const MAX_MESSAGES: usize = 1024;

    /// Keeps a message; `false`, and it is dropped, where there is no room.
    pub(crate) fn push(&mut self, message: Message) -> bool {
        let bytes = self.bytes.saturating_add(message.payload.len());
        if bytes > Self::MAX_BYTES || self.messages >= Self::MAX_MESSAGES {
            return false;
        }
        self.bytes = bytes;
        self.messages += 1;
        self.streams.entry(message.stream).or_default().push_back(message);
        true
    }

    /// The first message kept for `stream`.
    pub(crate) fn pop(&mut self, stream: u16) -> Option<Message> {
        let queue = self.streams.get_mut(&stream)?;
        let message = queue.pop_front();
        if queue.is_empty() {
            self.streams.remove(&stream);
        }
        if let Some(message) = &message {
            self.bytes -= message.payload.len();
            self.messages -= 1;
        }
        message
    }

    /// Forgets what was kept for `stream`, and says how many messages that were.
    pub(crate) fn forget(&mut self, stream: u16) -> u64 {
        std::iter::from_fn(|| self.pop(stream)).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(stream: u16, bytes: usize) -> Message {
        Message { stream, ppid: sctp::Ppid::BINARY, payload: vec![0; bytes].into() }
    }

    #[test]
    fn bytes_and_messages_are_bounded_over_all_streams() {
        let mut early = Early::default();
        assert!(early.push(message(1, Early::MAX_BYTES)));
        assert!(!early.push(message(2, 1)));
        assert_eq!(early.forget(1), 1);
        assert!((0..Early::MAX_MESSAGES).all(|n| early.push(message(n as u16, 1))));
        assert!(!early.push(message(3, 0)));
        assert_eq!(early.pop(9).map(|message| message.stream), Some(9));
        assert!(early.pop(9).is_none());
        assert!(early.push(message(3, 0)));
    }
}
