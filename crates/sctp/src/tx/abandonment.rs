//! Partial reliability: messages that are given up, and how the peer learns (RFC 3758, RFC 7496).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Chunk, Place, Sender};
use crate::Reliability;
use crate::chunk::{DataFlags, Skipped};
use crate::packet::{PacketWriter, kind};
use crate::stream::Streams;
use crate::tsn::Tsn;

/// Bytes of a FORWARD TSN or I-FORWARD-TSN chunk before its list of streams.
const FORWARD_TSN_HEADER: usize = 8;

/// The state of FORWARD TSN.
#[derive(Debug)]
pub(super) struct Forward {
    is_supported: bool,
    is_due: bool,
    /// How far the last one went.
    sent: Option<Tsn>,
    /// When it is sent again.
    again_at: Option<Instant>,
}

impl Forward {
    pub(super) fn new(is_supported: bool) -> Self {
        Forward { is_supported, is_due: false, sent: None, again_at: None }
    }

    /// How far the peer was told to move on.
    pub(super) fn has_passed(&self, tsn: Tsn) -> bool {
        self.sent.is_some_and(|sent| sent >= tsn)
    }

    pub(super) fn is_due(&self) -> bool {
        self.is_due
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.again_at
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.again_at.take_if(|at| *at <= now).is_some() {
            self.is_due = true;
        }
    }

    /// Whether a message's chunk that was sent so often is not to be sent any more.
    pub(super) fn is_over(
        &self,
        reliability: Reliability,
        queued_at: Instant,
        now: Instant,
        sends: u32,
    ) -> bool {
        // A peer that does not know FORWARD TSN would wait for it for ever (RFC 3758, section 3.3.1).
        self.is_supported
            && match reliability {
                Reliability::Reliable => false,
                Reliability::MaxRetransmits(times) => sends > u32::from(times),
                Reliability::MaxLifetime(life) => now.saturating_duration_since(queued_at) > life,
            }
    }
}

impl Sender {
    /// The first lost chunk that is worth sending again.
    pub(super) fn next_lost(&mut self, now: Instant, streams: &mut Streams) -> Option<Tsn> {
        loop {
            let tsn = self.first_lost()?;
            let chunk = self.outstanding.get(tsn)?;
            if !self.forward.is_over(chunk.reliability, chunk.queued_at, now, chunk.sends) {
                return Some(tsn);
            }
            self.abandon(tsn, streams);
        }
    }

    /// Gives up the message that a chunk belongs to.
    pub(super) fn abandon(&mut self, tsn: Tsn, streams: &mut Streams) {
        if let Some((stream, message)) = self.outstanding.get(tsn).map(|chunk| (chunk.stream, chunk.message))
        {
            self.abandon_message(stream, Some(tsn), message, streams);
        }
    }

    /// Gives up a message one of whose chunks is `tsn`, if that is outstanding.
    pub(super) fn abandon_message(
        &mut self,
        stream: u16,
        tsn: Option<Tsn>,
        message: u64,
        streams: &mut Streams,
    ) {
        for tsn in tsn.map(|tsn| self.outstanding.message_of(tsn)).unwrap_or_default() {
            self.abandon_chunk(tsn, streams);
        }
        if self.cutting.get(&stream).is_some_and(|cutting| cutting.id == message)
            && let Some(cutting) = self.cutting.remove(&stream)
        {
            let rest = cutting.remaining();
            streams.note_sent(stream, rest);
            streams.release(stream, rest);
            streams.end_message(stream);
            // A TSN for the end that is never sent: otherwise the peer could not tell that the message has one.
            let end = Chunk {
                flags: DataFlags::new(false, true, !cutting.message.delivery.ordered),
                place: Place::Lost,
                is_abandoned: true,
                sends: 0,
                ..cutting.chunk(0, 0)
            };
            self.push(end, cutting.last, streams);
        }
        self.update_forward();
    }

    fn abandon_chunk(&mut self, tsn: Tsn, streams: &mut Streams) {
        let Some(chunk) = self.outstanding.get_mut(tsn) else { return };
        let was_waited_for =
            !std::mem::replace(&mut chunk.is_abandoned, true) && chunk.place != Place::Arrived;
        self.lost.remove(&tsn);
        if was_waited_for {
            self.unacknowledged -= chunk.payload.len();
            streams.release(chunk.stream, chunk.payload.len());
        }
    }

    /// Whether the peer should move on, and has not been told so far (RFC 3758, section 3.5, C).
    pub(super) fn update_forward(&mut self) {
        let chunk = |tsn: Tsn| self.outstanding.get(tsn);
        let front = self.outstanding.cumulative().next();
        if !chunk(front).is_some_and(|chunk| chunk.is_abandoned) {
            self.forward.is_due = false;
            self.forward.again_at = None;
            return;
        }
        let is_news = match self.forward.sent.filter(|sent| *sent >= front) {
            Some(sent) => chunk(sent.next()).is_some_and(Chunk::is_passed),
            None => true,
        };
        self.forward.is_due |= is_news;
    }

    /// Writes a FORWARD TSN if it is due (RFC 3758, section 3.5).
    pub(super) fn write_forward_tsn(&mut self, now: Instant, writer: &mut PacketWriter<'_>) {
        if !std::mem::take(&mut self.forward.is_due) {
            return;
        }
        let (kind, entry) =
            if self.is_interleaved { (kind::I_FORWARD_TSN, 8) } else { (kind::FORWARD_TSN, 4) };
        let room = self.path.base().saturating_sub(writer.len() + FORWARD_TSN_HEADER) / entry;
        let mut skipped = BTreeMap::new();
        let mut point = None;
        for (tsn, chunk) in self.outstanding.iter() {
            if !chunk.is_passed() {
                break;
            }
            let is_unordered = chunk.flags.is_unordered();
            // Of unordered messages in DATA chunks, the TSN says all (RFC 3758, section 3.2).
            if chunk.is_abandoned && (self.is_interleaved || !is_unordered) {
                let key = (chunk.stream, is_unordered);
                if !skipped.contains_key(&key) && skipped.len() == room {
                    break;
                }
                // A message begins only when those of its kind before it have ended: the last is the one to name.
                skipped.insert(key, chunk.number);
            }
            point = Some(tsn);
        }
        let Some(point) = point else { return };
        let mut value = point.wire().0.to_be_bytes().to_vec();
        for ((stream, is_unordered), number) in skipped {
            Skipped { stream, is_unordered, number }.write(&mut value);
        }
        writer.chunk(kind, 0, &value);
        self.forward.sent = Some(point);
        let timeout = self.rtt.timeout().unwrap_or(self.rto.0).max(Duration::from_millis(1)) * 2;
        self.forward.again_at = Some(now + timeout.min(self.rto.1));
    }
}
