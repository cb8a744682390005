//! Partial reliability: messages that are given up, and how the peer learns (RFC 3758, RFC 7496).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Chunk, Place, Sender};
use crate::Reliability;
use crate::chunk::DataFlags;
use crate::packet::{PacketWriter, kind};
use crate::stream::Streams;
use crate::tsn::Tsn;

/// Bytes of a FORWARD TSN chunk before its list of streams.
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
            let tsn = *self.lost.first()?;
            let chunk = self.outstanding.get(tsn)?;
            if !self.forward.is_over(chunk.reliability, chunk.queued_at, now, chunk.sends) {
                return Some(tsn);
            }
            self.abandon(tsn, streams);
        }
    }

    /// Gives up the message that is being sent, if its life is over.
    pub(super) fn give_up_rest(&mut self, now: Instant, streams: &mut Streams) {
        let Some(cutting) = &self.cutting else { return };
        let message = &cutting.message;
        if cutting.has_begun()
            && self.forward.is_over(message.delivery.reliability, message.queued_at, now, 0)
        {
            // Its last chunk may have arrived and be gone; what follows it gets the TSN that ends the message.
            let last = self.outstanding.highest();
            self.abandon_from(last, cutting.number(), streams);
        }
    }

    /// Gives up the message that a chunk belongs to.
    pub(super) fn abandon(&mut self, tsn: Tsn, streams: &mut Streams) {
        if let Some(message) = self.outstanding.get(tsn).map(|chunk| chunk.message) {
            self.abandon_from(tsn, message, streams);
        }
    }

    fn abandon_from(&mut self, tsn: Tsn, message: u64, streams: &mut Streams) {
        if self.outstanding.get(tsn).is_some_and(|chunk| chunk.message == message)
            && let Some((first, last)) = self.outstanding.message_of(tsn)
        {
            for step in 0..=last.since(first) {
                self.abandon_chunk(first.add(step), streams);
            }
        }
        if self.cutting.as_ref().is_some_and(|cutting| cutting.number() == message)
            && let Some(cutting) = self.cutting.take()
        {
            let rest = cutting.remaining();
            streams.note_sent(cutting.stream, rest);
            streams.release(cutting.stream, rest);
            // A TSN for the end that is never sent: otherwise the peer could not tell that the message has one.
            let end = Chunk {
                flags: DataFlags::new(false, true, !cutting.message.delivery.ordered),
                place: Place::Lost,
                is_abandoned: true,
                sends: 0,
                ..cutting.chunk(0, 0)
            };
            self.push(end, streams);
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
        let room = self.max_packet_size.saturating_sub(writer.len() + FORWARD_TSN_HEADER) / 4;
        let mut skipped = BTreeMap::new();
        let mut point = None;
        for (tsn, chunk) in self.outstanding.iter() {
            if !chunk.is_passed() {
                break;
            }
            if chunk.is_abandoned && !chunk.flags.is_unordered() {
                if !skipped.contains_key(&chunk.stream) && skipped.len() == room {
                    break;
                }
                skipped.insert(chunk.stream, chunk.ssn);
            }
            point = Some(tsn);
        }
        let Some(point) = point else { return };
        let mut value = point.wire().0.to_be_bytes().to_vec();
        for (stream, ssn) in skipped {
            value.extend(stream.to_be_bytes());
            value.extend(ssn.to_be_bytes());
        }
        writer.chunk(kind::FORWARD_TSN, 0, &value);
        self.forward.sent = Some(point);
        let timeout = self.rtt.timeout().unwrap_or(self.rto.0).max(Duration::from_millis(1)) * 2;
        self.forward.again_at = Some(now + timeout.min(self.rto.1));
    }
}
