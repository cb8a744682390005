//! The receiving half: which chunks have come, what messages they make, and what the peer is told of it.

use std::time::{Duration, Instant};

use base::Serial32;

use crate::chunk::{Data, MessageNumber, SackParts, Skipped};
use crate::stream::{PieceError, Streams};
use crate::tsn::Tsn;
use crate::{Config, Message};

mod acknowledgement;
mod arrivals;
mod reassembly;
mod window;

pub(crate) use window::initial as initial_window;

use acknowledgement::Acknowledgement;
use arrivals::Arrivals;
use reassembly::{Fragment, Reassembly};
use window::Window;

/// DATA chunks that wait for the rest of their messages, or for earlier messages, in the smallest window; a peer with
/// more is thrown out. The receive window counts bytes, and a chunk of one byte takes far more memory than that.
const MIN_HELD: usize = 16_384;
/// In larger windows there may be one for so many bytes.
const BYTES_FOR_ONE: usize = 1024;
/// So many bytes beyond the window are taken at the most of what fills gaps.
const MAX_BEYOND: usize = 4 * 1024 * 1024;
/// DATA further ahead than this is not taken: gap ack blocks cannot report it (RFC 9260, section 3.3.4).
const MAX_AHEAD: u64 = u16::MAX as u64;

/// Why the association cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fatal {
    /// The peer broke a rule.
    Violation,
    /// Messages that cannot be completed are too many or too long.
    Limit,
}

impl From<PieceError> for Fatal {
    fn from(error: PieceError) -> Self {
        match error {
            PieceError::Contradiction => Fatal::Violation,
            PieceError::TooLong => Fatal::Limit,
        }
    }
}

/// What became of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It was taken, or had been before.
    Yes,
    /// It was dropped, as its sender could have known.
    No,
}

/// The receiving half of an association.
#[derive(Debug)]
pub(crate) struct Receiver {
    arrivals: Arrivals,
    reassembly: Reassembly,
    acknowledgement: Acknowledgement,
    window: Window,
    max_message_size: usize,
}

impl Receiver {
    /// Nothing has arrived of a peer whose first chunk has the TSN `first`.
    pub(crate) fn new(config: &Config, first: u32) -> Self {
        let window = Window::new(config);
        Receiver {
            arrivals: Arrivals::new(Tsn::first(first)),
            reassembly: Reassembly::default(),
            acknowledgement: Acknowledgement::new(window.size(), config.ack_delay),
            window,
            max_message_size: config.max_message_size as usize,
        }
    }

    /// The last TSN before the first that is missing.
    pub(crate) fn cumulative(&self) -> Serial32 {
        self.arrivals.cumulative().wire()
    }

    /// Takes a DATA chunk of a stream that exists and that waits for no reset (RFC 9260, section 6.2).
    pub(crate) fn handle_data(&mut self, data: &Data<'_>, streams: &mut Streams) -> Result<Taken, Fatal> {
        let cumulative = self.arrivals.cumulative();
        let tsn = cumulative.near(data.tsn);
        self.acknowledgement.note_data(data.flags.is_immediate());
        if self.arrivals.has(tsn) {
            self.acknowledgement.note_duplicate(data.tsn);
            return Ok(Taken::Yes);
        }
        let is_next = tsn == cumulative.next();
        let fills_gap = tsn < self.arrivals.highest();
        if self.is_beyond_window(fills_gap, streams) {
            self.acknowledgement.ask();
            return Ok(Taken::No);
        }
        // Near the limit only what comes next is taken, so that a peer whose packet was lost is not thrown out.
        if tsn.since(cumulative) > MAX_AHEAD || (!is_next && self.held(streams) >= self.max_held() / 4 * 3) {
            return Ok(Taken::No);
        }
        if fills_gap || !is_next {
            // RFC 9260, section 6.7: what comes out of order is acknowledged at once.
            self.acknowledgement.ask();
        }
        self.arrivals.insert(tsn);
        let stream = streams.entry(data.stream);
        stream.is_incoming_reset = false;
        match data.number {
            MessageNumber::Mid(_) => streams.take_piece(data, self.max_message_size)?,
            MessageNumber::Ssn(_) => self.take_fragment(tsn, data, streams)?,
        }
        if self.held(streams) > self.max_held() { Err(Fatal::Limit) } else { Ok(Taken::Yes) }
    }

    fn take_fragment(&mut self, tsn: Tsn, data: &Data<'_>, streams: &mut Streams) -> Result<(), Fatal> {
        let fragment = Fragment {
            tsn,
            flags: data.flags,
            stream: data.stream,
            ssn: data.number,
            ppid: data.ppid,
            payload: data.payload,
        };
        let whole = self.reassembly.insert(&fragment, self.max_message_size).ok_or(Fatal::Limit)?;
        let Some(whole) = whole else { return Ok(()) };
        let message = Message { stream: data.stream, ppid: whole.ppid, payload: whole.payload };
        if data.flags.is_unordered() {
            streams.deliver(message);
        } else {
            streams.deliver_in_order(whole.ssn, message, whole.chunks);
        }
        Ok(())
    }

    /// Takes a FORWARD TSN (RFC 3758, section 3.6) or an I-FORWARD-TSN (RFC 8260, section 2.3.1), which names streams
    /// that exist.
    pub(crate) fn handle_forward_tsn(
        &mut self,
        tsn: u32,
        skipped: impl Iterator<Item = Skipped>,
        streams: &mut Streams,
    ) -> Taken {
        let cumulative = self.arrivals.cumulative();
        let tsn = cumulative.near(tsn);
        self.acknowledgement.ask();
        // More cannot be outstanding than gap ack blocks can report.
        if tsn > cumulative.add(MAX_AHEAD) {
            return Taken::No;
        }
        if tsn <= cumulative {
            return Taken::Yes;
        }
        self.arrivals.forward(tsn);
        self.reassembly.forward(tsn);
        for skipped in skipped {
            if !skipped.is_unordered {
                self.reassembly.forget_ordered(skipped.stream, skipped.number, tsn);
            }
            streams.skip(skipped);
        }
        Taken::Yes
    }

    /// A packet with DATA, or with a FORWARD TSN, was taken apart: its acknowledgement falls due now or later. `rtt` is
    /// the path's round-trip time, if it was measured.
    pub(crate) fn end_packet(&mut self, now: Instant, rtt: Option<Duration>) {
        self.window.adapt(now, rtt);
        self.acknowledgement.end_packet(now, self.arrivals.has_gap());
    }

    /// A message of so many bytes was read: the peer hears if it has to (RFC 9260, section 6.2: no silly windows).
    pub(crate) fn note_read(&mut self, bytes: usize, streams: &Streams) {
        self.window.note_read(bytes);
        self.acknowledgement.note_window(self.room(streams), self.window.size());
    }

    /// When an acknowledgement falls due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.acknowledgement.deadline()
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.acknowledgement.handle_timeout(now);
    }

    /// Whether an acknowledgement is due.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.acknowledgement.is_due(now)
    }

    /// Whether there is something to acknowledge, if only later.
    pub(crate) fn is_pending(&self) -> bool {
        self.acknowledgement.is_pending()
    }

    /// Writes a SACK chunk's value of at most `room` bytes into `value`. What does not fit is left out,
    /// duplicates first (RFC 9260, section 6.2).
    pub(crate) fn write_sack(&mut self, room: usize, streams: &Streams, value: &mut Vec<u8>) {
        let window = self.room(streams);
        let blocks = self.arrivals.blocks(room.saturating_sub(crate::chunk::Sack::HEADER) / 4);
        let room = room.saturating_sub(crate::chunk::Sack::HEADER + 4 * blocks.len()) / 4;
        let duplicates = self.acknowledgement.take(window);
        SackParts {
            cumulative: self.cumulative(),
            window: u32::try_from(window).unwrap_or(u32::MAX),
            blocks: &blocks,
            duplicates: &duplicates[..duplicates.len().min(room)],
        }
        .write(value);
    }

    /// RFC 9260, section 6.2: with the window closed, only what fills a gap is taken, and the peer hears. Nor is that taken
    /// while a reader has a window of messages to read: when they are read, it goes on. What cannot be read yet may go
    /// beyond the window, as a peer that has heard of it late, or out of order, has sent more, and without the gap
    /// filled nothing would ever be read; but not far.
    fn is_beyond_window(&self, fills_gap: bool, streams: &Streams) -> bool {
        let (used, window) = (self.used(streams), self.window.size());
        let is_held_up = streams.unread() < window && used < window + window.min(MAX_BEYOND);
        used >= window && !(fills_gap && is_held_up)
    }

    /// Bytes that the peer may still send.
    fn room(&self, streams: &Streams) -> usize {
        self.window.size().saturating_sub(self.used(streams))
    }

    fn used(&self, streams: &Streams) -> usize {
        streams.unread() + self.reassembly.bytes() + streams.waiting_bytes()
    }

    /// Bytes that wait for a reader, or for what is missing before them.
    pub(crate) fn held_bytes(&self, streams: &Streams) -> usize {
        streams.unread_bytes() + self.reassembly.bytes() + streams.waiting_bytes()
    }

    fn max_held(&self) -> usize {
        MIN_HELD.max(self.window.size() / BYTES_FOR_ONE)
    }

    fn held(&self, streams: &Streams) -> usize {
        self.reassembly.chunks() + streams.waiting_chunks()
    }
}

/// The delay of an acknowledgement (RFC 9260, section 6.2, asks for 200 ms at the most).
pub(crate) const DEFAULT_ACK_DELAY: Duration = Duration::from_millis(20);
