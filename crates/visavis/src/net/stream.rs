//! TCP connections that carry datagrams, with TLS on them or without.

use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::ops::Range;
use std::task::{Context, Poll, ready};

use rustls::ClientConnection;
use session::Framing;
use tokio::net::TcpStream;

use crate::net::counters::COUNTERS;
use crate::net::framing::{self, Found, MAX_FRAME};

/// Bytes of frames that wait for the system to take them. What comes on top is dropped, as by a router whose queue is
/// full: whoever sends too fast has to notice. Room for two batches.
const MAX_QUEUE: usize = 256 * 1024;

/// Queued bytes are given to TLS in steps of this many.
const TLS_STEP: usize = 64 * 1024;

/// What a stream has to say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// Datagrams: see [`StreamBuffer::datagrams`].
    Datagrams,
    /// It has ended. Nothing more comes, and what is sent is dropped.
    Closed,
}

/// One TCP connection.
pub(crate) struct Stream {
    socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    framing: Framing,
    state: State,
    /// The beginning of a frame whose rest has not come. Shorter than `MAX_FRAME`.
    part: Vec<u8>,
    /// Frames to be sent, the first of them in part: from `sent` on. Bounded by `MAX_QUEUE`.
    queue: Vec<u8>,
    sent: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// An error on sending, that is not told yet.
    Broken,
    Closed,
}

impl Stream {
    /// A connection that stands; with a session of TLS, [`handshake`](Stream::handshake) is next.
    pub(crate) fn new(socket: TcpStream, tls: Option<Box<ClientConnection>>, framing: Framing) -> Self {
        COUNTERS.sockets.add(1);
        Stream { socket, tls, framing, state: State::Open, part: Vec::new(), queue: Vec::new(), sent: 0 }
    }

    /// The address of our end.
    pub(crate) fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Shakes hands with TLS, if that is spoken.
    pub(crate) async fn handshake(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_handshake(cx)).await
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let written = self.write_tls(cx);
            if self.tls.as_ref().is_none_or(|tls| !tls.is_handshaking()) {
                return Poll::Ready(written);
            }
            written?;
            if let Err(error) = ready!(self.poll_read_tls(cx)) {
                // The server may want to know why.
                let _ = self.write_tls(cx);
                return Poll::Ready(Err(error));
            }
        }
    }

    /// Says what is new. Wakes the context's task if nothing is.
    pub(crate) fn poll_receive(&mut self, cx: &mut Context<'_>, buffer: &mut StreamBuffer) -> Poll<Incoming> {
        buffer.datagrams.clear();
        let read = match self.state {
            State::Open => ready!(self.poll_read(cx, buffer)),
            State::Broken => Err(ErrorKind::BrokenPipe.into()),
            State::Closed => return Poll::Pending,
        };
        Poll::Ready(match read {
            Ok(()) => Incoming::Datagrams,
            Err(error) => {
                tracing::debug!(%error, "a stream has ended");
                self.state = State::Closed;
                Incoming::Closed
            }
        })
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut StreamBuffer) -> Poll<io::Result<()>> {
        let (part, room) = buffer.bytes.split_at_mut(self.part.len());
        part.copy_from_slice(&self.part);
        let read = match &self.tls {
            None => ready!(self.poll_read_plain(cx, room))?,
            Some(_) => ready!(self.poll_read_session(cx, room))?,
        };
        if read == 0 {
            return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
        }
        let filled = self.part.len() + read;
        let rest = buffer.find_datagrams(self.framing, filled)?;
        self.part.clear();
        self.part.extend_from_slice(&buffer.bytes[rest..filled]);
        Poll::Ready(Ok(()))
    }

    fn poll_read_plain(&self, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.socket.poll_read_ready(cx))?;
            match self.socket.try_read(room) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read),
            }
        }
    }

    /// As much as there is of what TLS has opened.
    fn poll_read_session(&mut self, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut filled = 0;
        loop {
            let Some(tls) = &mut self.tls else { return Poll::Ready(Ok(filled)) };
            match tls.reader().read(&mut room[filled..]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(read) if read > 0 => {
                    filled += read;
                    if filled == room.len() {
                        return Poll::Ready(Ok(filled));
                    }
                    continue;
                }
                // The end, or an error: after what came before it.
                _ if filled > 0 => return Poll::Ready(Ok(filled)),
                end => return Poll::Ready(end),
            }
            match self.poll_read_tls(cx) {
                Poll::Pending if filled == 0 => return Poll::Pending,
                Poll::Ready(Ok(())) => {}
                // The next call finds the error again, or waits.
                _ if filled > 0 => return Poll::Ready(Ok(filled)),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Gives TLS what has come.
    fn poll_read_tls(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(tls) = &mut self.tls else { return Poll::Ready(Ok(())) };
        loop {
            ready!(self.socket.poll_read_ready(cx))?;
            match tls.read_tls(&mut Bytes(&self.socket)) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(read) => {
                    let state = tls.process_new_packets().map_err(io::Error::other)?;
                    // Without the goodbye of TLS, what came before may have been cut off by anybody.
                    let is_cut_off = read == 0 && !state.peer_has_closed();
                    let end = is_cut_off.then(|| ErrorKind::UnexpectedEof.into());
                    return Poll::Ready(end.map_or(Ok(()), Err));
                }
            }
        }
    }

    /// Sends datagrams of `segment_size` bytes (the last one may be shorter), each whole or not at all.
    pub(crate) fn send(&mut self, cx: &mut Context<'_>, payload: &[u8], segment_size: usize) {
        for datagram in payload.chunks(segment_size.max(1)) {
            let has_room = self.queued() + datagram.len() <= MAX_QUEUE;
            if self.state == State::Open
                && (has_room || self.makes_room(cx))
                && framing::frame(self.framing, datagram, &mut self.queue)
            {
                COUNTERS.datagrams_sent.add(1);
            } else {
                COUNTERS.sends_refused.add(1);
            }
        }
        self.flush(cx);
    }

    fn makes_room(&mut self, cx: &mut Context<'_>) -> bool {
        self.flush(cx);
        self.queued() <= MAX_QUEUE / 2
    }

    /// Bytes that wait for the system to take them.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len() - self.sent
    }

    /// Gives the system what is queued, as far as it takes it. Wakes the context's task when it takes more.
    pub(crate) fn flush(&mut self, cx: &mut Context<'_>) {
        if self.state != State::Open {
            return;
        }
        let written = if self.tls.is_some() { self.write_session(cx) } else { self.write_plain(cx) };
        if let Err(error) = written {
            tracing::debug!(%error, "a stream has ended");
            self.state = State::Broken;
            cx.waker().wake_by_ref();
        }
        if self.sent == self.queue.len() {
            self.queue.clear();
            self.sent = 0;
        } else if self.sent > MAX_QUEUE / 2 {
            self.queue.drain(..self.sent);
            self.sent = 0;
        }
    }

    fn write_plain(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.sent < self.queue.len() {
            let Poll::Ready(ready) = self.socket.poll_write_ready(cx) else { return Ok(()) };
            ready?;
            match self.socket.try_write(&self.queue[self.sent..]) {
                Ok(written) => self.sent += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn write_session(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        loop {
            self.write_tls(cx)?;
            let Some(tls) = &mut self.tls else { return Ok(()) };
            let next = &self.queue[self.sent..];
            if tls.wants_write() || next.is_empty() {
                return Ok(());
            }
            self.sent += tls.writer().write(&next[..next.len().min(TLS_STEP)])?;
        }
    }

    /// Gives the system what TLS has sealed, as far as it takes it.
    fn write_tls(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        while tls.wants_write() {
            let Poll::Ready(ready) = self.socket.poll_write_ready(cx) else { return Ok(()) };
            ready?;
            match tls.write_tls(&mut Bytes(&self.socket)) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        COUNTERS.sockets.subtract(1);
        // What does not go at once does not go at all.
        let mut cx = Context::from_waker(std::task::Waker::noop());
        self.flush(&mut cx);
        if self.state == State::Open
            && let Some(tls) = &mut self.tls
        {
            tls.send_close_notify();
            let _ = self.write_tls(&mut cx);
        }
    }
}

/// What has come of one stream, and where the datagrams are in it. Used again and again.
pub(crate) struct StreamBuffer {
    bytes: Vec<u8>,
    datagrams: Vec<Range<usize>>,
}

impl StreamBuffer {
    /// The longest part of a frame, and as much to read at once.
    const SIZE: usize = 2 * MAX_FRAME;

    pub(crate) fn new() -> Self {
        StreamBuffer { bytes: vec![0; Self::SIZE], datagrams: Vec::new() }
    }

    /// Finds the datagrams in the first bytes, and where the rest begins that is no whole frame.
    fn find_datagrams(&mut self, framing: Framing, filled: usize) -> io::Result<usize> {
        let mut from = 0;
        loop {
            match framing::first(framing, &self.bytes[from..filled]) {
                Found::Datagram { range, length } => {
                    self.datagrams.push(from + range.start..from + range.end);
                    from += length;
                }
                Found::Part => return Ok(from),
                Found::Garbage => {
                    COUNTERS.streams_garbled.add(1);
                    return Err(ErrorKind::InvalidData.into());
                }
            }
        }
    }

    /// The datagrams of the last call, in order.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        self.datagrams.iter().map(|range| &self.bytes[range.clone()])
    }
}

/// A stream's bytes as TLS reads and writes them.
struct Bytes<'a>(&'a TcpStream);

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl Write for Bytes<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
