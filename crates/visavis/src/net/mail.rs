//! Datagrams that a shared socket has received for one connection and that its worker has not taken yet.

use std::net::TcpStream;
use std::sync::{Mutex, PoisonError};

use base::Path;

/// Bytes that wait, with what each run costs: about what the system holds for a socket of its own.
const MAX_MAIL: usize = 512 * 1024;
/// Streams that wait to be taken.
const MAX_STREAMS: usize = 16;
/// What a run counts beside its bytes, so that the number of runs is bounded too.
const RUN_COST: usize = 64;

/// The box: filled on the thread that reads the socket, emptied on the connection's.
#[derive(Default)]
pub(crate) struct MailBox {
    waiting: Mutex<Mail>,
}

/// Datagrams, laid end to end.
#[derive(Default)]
pub(crate) struct Mail {
    bytes: Vec<u8>,
    runs: Vec<Run>,
    /// At most `MAX_STREAMS`.
    pub(crate) streams: Vec<NewStream>,
}

/// A stream that a listener has accepted for the connection, as it says itself.
pub(crate) struct NewStream {
    pub(crate) path: Path,
    pub(crate) stream: TcpStream,
    /// The datagram that it began with.
    pub(crate) first: Vec<u8>,
}

/// Datagrams of one path.
#[derive(Clone, Copy)]
struct Run {
    path: Path,
    end: usize,
    stride: usize,
}

impl MailBox {
    /// Puts in datagrams of `stride` bytes (the last may be shorter), copying them. False if there was no room.
    pub(crate) fn deliver(&self, path: Path, stride: usize, datagrams: &[u8]) -> bool {
        let mut mail = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if mail.bytes.len() + datagrams.len() + (mail.runs.len() + 1) * RUN_COST > MAX_MAIL {
            return false;
        }
        mail.bytes.extend_from_slice(datagrams);
        let end = mail.bytes.len();
        mail.runs.push(Run { path, end, stride });
        true
    }

    /// Puts in a stream. False if there was no room.
    pub(crate) fn bring(&self, stream: NewStream) -> bool {
        let mut mail = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = mail.streams.len() < MAX_STREAMS;
        if has_room {
            mail.streams.push(stream);
        }
        has_room
    }

    /// Takes everything. What an idle connection keeps is nothing.
    pub(crate) fn take(&self) -> Mail {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Mail {
    /// The datagrams, in the order in which they came.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = (Path, &[u8])> {
        let mut start = 0;
        self.runs.iter().flat_map(move |run| {
            let bytes = self.bytes.get(start..run.end).unwrap_or_default();
            start = run.end;
            bytes.chunks(run.stride.max(1)).map(|datagram| (run.path, datagram))
        })
    }
}

#[cfg(test)]
mod tests {
    use base::SocketId;

    use super::*;

    fn path(port: u16) -> Path {
        Path { socket: SocketId(0), remote: ([192, 0, 2, 1], port).into() }
    }

    #[test]
    fn what_was_delivered_is_taken_once_and_in_order() {
        let mail_box = MailBox::default();
        assert!(mail_box.deliver(path(1), 4, b"aaaabbbbcc"));
        assert!(mail_box.deliver(path(2), 3, b"ddd"));
        let mail = mail_box.take();
        let taken: Vec<_> = mail.datagrams().map(|(path, bytes)| (path.remote.port(), bytes)).collect();
        assert_eq!(taken, [(1, &b"aaaa"[..]), (1, b"bbbb"), (1, b"cc"), (2, b"ddd")]);
        assert_eq!(mail_box.take().datagrams().count(), 0);
    }

    #[test]
    fn what_nobody_takes_is_bounded() {
        for length in [1, 1200] {
            let mail_box = MailBox::default();
            let datagram = vec![0; length];
            let taken = (0..1_000_000).take_while(|_| mail_box.deliver(path(1), length, &datagram)).count();
            assert_eq!(taken, MAX_MAIL / (RUN_COST + length));
        }
    }
}
