//! What we have to say, until the peer has heard it
//! ([RFC 9147, section 5.8](https://www.rfc-editor.org/rfc/rfc9147#section-5.8)).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use base::{Path, SendBatch};

use crate::crypto::Refused;
use crate::message::{Fragment, Message, fragment};
use crate::record::{ContentType, RecordNumber, Records};

/// The longest time between retransmissions. RFC 9147, section 5.8.2 allows a minute; a handshake of several datagrams
/// over a lossy path needs more than eight tries in forty seconds.
const MAX_INTERVAL: Duration = Duration::from_secs(1);
/// Fewer bytes of a message are not worth a piece of their own at a datagram's end.
const MIN_PIECE: usize = 64;
/// The records that last carried a piece, of which an acknowledgement may name any.
const MAX_NUMBERS: usize = 8;

/// One thing to send.
pub(crate) enum Item {
    Message {
        epoch: u64,
        message: Message,
    },
    /// Of 1.2.
    ChangeCipherSpec,
}

/// A part of an item that fits into a datagram.
struct Piece {
    item: usize,
    offset: usize,
    length: usize,
    is_acked: bool,
    /// At most [`MAX_NUMBERS`].
    numbers: VecDeque<RecordNumber>,
}

/// The latest flight.
pub(crate) struct Flight {
    items: Vec<Item>,
    pieces: Vec<Piece>,
    mtu: usize,
    /// The first piece that is still to be written in this round.
    cursor: usize,
    first_interval: Duration,
    interval: Duration,
    due: Option<Instant>,
    written: Option<Instant>,
}

impl Flight {
    /// Nothing to say yet. `first_interval` is the time until the first retransmission.
    pub(crate) fn new(mtu: usize, first_interval: Duration) -> Flight {
        Flight {
            items: Vec::new(),
            pieces: Vec::new(),
            mtu,
            cursor: 0,
            first_interval,
            interval: first_interval,
            due: None,
            written: None,
        }
    }

    /// Says something new in place of what was said before. `is_answered`: the peer will answer, or acknowledge; until
    /// then it is repeated.
    pub(crate) fn begin(&mut self, now: Instant, items: Vec<Item>, records: &Records, is_answered: bool) {
        self.pieces = cut(&items, records, self.mtu);
        self.items = items;
        self.cursor = 0;
        self.interval = self.first_interval;
        self.due = is_answered.then_some(now + self.interval);
        self.written = None;
    }

    /// The peer has heard it, or never will.
    pub(crate) fn stop(&mut self) {
        self.due = None;
        self.cursor = self.pieces.len();
    }

    /// Forgets it.
    pub(crate) fn clear(&mut self) {
        self.items = Vec::new();
        self.pieces = Vec::new();
        self.stop();
    }

    /// Whether the peer's answer, or its acknowledgement, is waited for.
    pub(crate) fn is_waiting(&self) -> bool {
        self.due.is_some()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.due.is_some_and(|due| due <= now) {
            self.interval = (self.interval * 2).min(MAX_INTERVAL.max(self.first_interval));
            self.due = Some(now + self.interval);
            self.cursor = 0;
        }
    }

    /// The peer repeats itself: it has not heard us. It is told again, but not faster than by the timer at first.
    pub(crate) fn nudge(&mut self, now: Instant) {
        if self.written.is_some_and(|written| written + self.first_interval / 2 <= now) {
            self.cursor = 0;
        }
    }

    /// The peer has that record. Whether that was news.
    pub(crate) fn acknowledge(&mut self, number: RecordNumber) -> bool {
        let piece = self.pieces.iter_mut().find(|piece| piece.numbers.contains(&number));
        piece.is_some_and(|piece| !std::mem::replace(&mut piece.is_acked, true))
    }

    pub(crate) fn is_acknowledged(&self) -> bool {
        self.pieces.iter().all(|piece| piece.is_acked)
    }

    /// A part was acknowledged: the rest is sent again at once (RFC 9147, section 5.8.1).
    pub(crate) fn send_rest(&mut self, now: Instant) {
        self.cursor = 0;
        self.interval = self.first_interval;
        self.due = Some(now + self.interval);
    }

    /// Writes what this round still has, until `out` is full. Gives the number of datagrams and their bytes.
    pub(crate) fn poll_transmit(
        &mut self,
        now: Instant,
        records: &mut Records,
        path: Path,
        out: &mut SendBatch,
    ) {
        while !out.is_full() && self.seek() {
            self.written = Some(now);
            out.write(path, |buffer| {
                let start = buffer.len();
                while self.seek() && buffer.len() - start + self.size(records) <= self.mtu {
                    if self.write_piece(records, buffer).is_err() {
                        // An epoch of the handshake has not as many records; without its keys nothing can be said.
                        self.stop();
                    }
                    self.cursor += 1;
                }
            });
        }
    }

    /// Moves to the next piece that the peer has not acknowledged.
    fn seek(&mut self) -> bool {
        while self.pieces.get(self.cursor).is_some_and(|piece| piece.is_acked) {
            self.cursor += 1;
        }
        self.cursor < self.pieces.len()
    }

    /// Bytes of the piece's record.
    fn size(&self, records: &Records) -> usize {
        let Some(piece) = self.pieces.get(self.cursor) else { return 0 };
        match self.items.get(piece.item) {
            Some(Item::Message { epoch, .. }) => records.overhead(*epoch) + fragment::HEADER + piece.length,
            _ => records.overhead(0) + 1,
        }
    }

    fn write_piece(&mut self, records: &mut Records, buffer: &mut Vec<u8>) -> Result<(), Refused> {
        let piece = self.pieces.get_mut(self.cursor).ok_or(Refused)?;
        let number = match self.items.get(piece.item).ok_or(Refused)? {
            Item::ChangeCipherSpec => {
                records.write_change_cipher_spec(buffer);
                return Ok(());
            }
            Item::Message { epoch, message } => {
                let fragment = Fragment {
                    kind: message.kind,
                    length: message.body.len(),
                    sequence: message.sequence,
                    offset: piece.offset,
                    body: message.body.get(piece.offset..piece.offset + piece.length).ok_or(Refused)?,
                };
                let pieces = [&fragment.header()[..], fragment.body];
                records.write(*epoch, ContentType::Handshake, &pieces, buffer)?
            }
        };
        if piece.numbers.len() == MAX_NUMBERS {
            piece.numbers.pop_front();
        }
        piece.numbers.push_back(number);
        Ok(())
    }
}

/// Cuts items so that they fill datagrams.
fn cut(items: &[Item], records: &Records, mtu: usize) -> Vec<Piece> {
    let (mut pieces, mut space) = (Vec::new(), mtu);
    for (item, content) in items.iter().enumerate() {
        let (overhead, length, most) = match content {
            Item::ChangeCipherSpec => (records.overhead(0), 1, 1),
            Item::Message { epoch, message } => {
                let most = records.max_content(*epoch).saturating_sub(fragment::HEADER);
                (records.overhead(*epoch) + fragment::HEADER, message.body.len(), most)
            }
        };
        let mut offset = 0;
        loop {
            let rest = length - offset;
            // RFC 8449, section 4: a protected record with a part of a handshake message is like any other.
            if space < overhead + rest.min(MIN_PIECE) {
                space = mtu;
            }
            let size = rest.min(space.saturating_sub(overhead).min(most).max(1));
            pieces.push(Piece { item, offset, length: size, is_acked: false, numbers: VecDeque::new() });
            space = space.saturating_sub(overhead + size);
            offset += size;
            if offset >= length {
                break;
            }
        }
    }
    pieces
}
