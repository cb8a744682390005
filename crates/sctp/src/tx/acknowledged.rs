//! What a SACK changes (RFC 9260, section 6.2.1).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::outstanding::Facts;
use super::{Place, Sender};
use crate::Counters;
use crate::chunk::Sack;
use crate::stream::Streams;
use crate::tsn::Tsn;

/// A SACK has as many gap ack blocks as a packet carries, the first ones. With so many, what is beyond the last may well
/// have arrived.
const CUT_BLOCKS: usize = 250;

/// So many chunks that were sent again are remembered when all has arrived.
const MAX_KEPT: usize = 16;

/// What one SACK brought.
#[derive(Debug)]
struct News {
    now: Instant,
    /// The number of the packet sent last of those that had arrived before.
    known: Option<u64>,
    /// Bytes of chunks that it is the first to acknowledge.
    delivered: usize,
    /// Number and time of the newest packet whose chunks it acknowledges and that were sent once.
    measure: Option<(u64, Instant)>,
    /// Chunks that were taken for lost and had arrived, and those of them that were sent again.
    false_losses: u64,
    superfluous: u64,
}

impl Sender {
    /// Takes a SACK that acknowledges nothing that was never sent.
    pub(crate) fn handle_sack(
        &mut self,
        now: Instant,
        sack: &Sack<'_>,
        streams: &mut Streams,
        counters: &mut Counters,
    ) {
        let cumulative = self.outstanding.cumulative().near(sack.cumulative);
        // RFC 9260, section 6.2.1, D i: one that was overtaken.
        if cumulative < self.outstanding.cumulative() {
            return;
        }
        let before = self.in_flight;
        let mut news = News {
            now,
            known: self.rack.newest(),
            delivered: 0,
            measure: None,
            false_losses: 0,
            superfluous: 0,
        };
        while let Some((tsn, chunk)) = self.outstanding.pop_acknowledged(cumulative) {
            self.lost.remove(&tsn);
            self.arrive(tsn, chunk.facts(), &mut news, streams);
        }
        self.take_blocks(cumulative, sack, &mut news, streams);
        for tsn in sack.duplicates() {
            self.handle_duplicate(cumulative.near(tsn), &mut news);
        }
        self.peer_window = sack.window as usize;
        streams.note_window(self.peer_window, self.max_payload());
        counters.superfluous_retransmits += news.superfluous;
        if news.false_losses > 0 {
            self.rack.note_superfluous(now, &self.rtt);
            self.probe.note_superfluous();
            self.controller.note_superfluous();
        }
        let measured = news.measure.map(|(_, sent_at)| now.saturating_duration_since(sent_at));
        if let Some(rtt) = measured {
            self.rtt.measure(now, rtt);
        }
        self.reported = (sack.blocks().count() >= CUT_BLOCKS).then(|| cumulative.near(sack.highest().0));
        let lost = self.find_lost(now, streams);
        self.tell_controller(now, before, news.delivered, lost, measured);
        if news.delivered > 0 {
            self.probe.note_sign_of_life();
            self.arm_probe(now);
        }
        self.update_forward();
        if self.outstanding.len() == 0 && self.cutting.is_empty() {
            // All has arrived: what a burst took, and an empty map keeps, is given back.
            self.cutting = BTreeMap::new();
            self.outstanding.give_back();
            self.packets.give_back();
            // The last that were sent again may yet turn out to have been superfluous.
            while self.sent_again.len() > MAX_KEPT {
                self.sent_again.pop_first();
            }
            if self.blocks.is_empty() {
                self.blocks = Vec::new();
            }
        }
    }

    /// Notes the chunks of gap ack blocks that the last SACK did not have.
    fn take_blocks(&mut self, cumulative: Tsn, sack: &Sack<'_>, news: &mut News, streams: &mut Streams) {
        let old = std::mem::take(&mut self.blocks);
        let mut blocks = Vec::with_capacity(old.len());
        let mut position = 0;
        for (start, end) in sack.blocks() {
            let (first, last) = (cumulative.add(u64::from(start)), cumulative.add(u64::from(end)));
            let mut tsn = first;
            while tsn <= last {
                // Blocks are in order, so each is compared with few.
                while old.get(position).is_some_and(|(_, end)| *end < tsn) {
                    position += 1;
                }
                match old.get(position).filter(|(start, _)| *start <= tsn) {
                    Some((_, end)) => tsn = end.next(),
                    None => {
                        if let Some(facts) = self.outstanding.get(tsn).map(super::Chunk::facts) {
                            self.arrive(tsn, facts, news, streams);
                        }
                        tsn = tsn.next();
                    }
                }
            }
            blocks.push((first, last));
        }
        self.blocks = blocks;
    }

    /// A chunk has arrived, as far as we hear for the first time or again.
    fn arrive(&mut self, tsn: Tsn, chunk: Facts, news: &mut News, streams: &mut Streams) {
        let now = news.now;
        let Facts { place, is_abandoned, wire, bytes, .. } = chunk;
        // What the peer passed because it was told to need not have arrived.
        let was_told = is_abandoned && self.forward.has_passed(tsn) && tsn <= self.outstanding.cumulative();
        if let Some(chunk) = self.outstanding.get_mut(tsn) {
            chunk.place = Place::Arrived;
        }
        match place {
            Place::Arrived => return,
            Place::InFlight => self.in_flight -= wire,
            Place::Lost => _ = self.lost.remove(&tsn),
        }
        if !is_abandoned {
            self.unacknowledged -= bytes;
            streams.release(chunk.stream, bytes);
        }
        if was_told || chunk.sends == 0 {
            return;
        }
        news.delivered += wire;
        let packet = self.packets.get(chunk.packet);
        let sent_at = packet.map(|packet| packet.sent_at);
        let was_raised = packet.is_some_and(|packet| packet.is_raised);
        let took = sent_at.map(|sent_at| now.saturating_duration_since(sent_at));
        // RFC 8985, section 6.2, step 2: sooner than a packet can come back, it is the original that arrived. A short
        // packet can come back a little sooner than the long ones before it.
        let is_original = place == Place::Lost
            || (chunk.sends > 1
                && took
                    .zip(self.rtt.shortest())
                    .is_some_and(|(took, shortest)| took < shortest - shortest / 8));
        // The packet that carried it last says nothing then, if it was sent again.
        let packet = (!is_original || chunk.sends == 1).then_some(chunk.packet);
        self.packets.note_delivered(now, packet, wire);
        if is_original {
            news.false_losses += u64::from(self.is_reported(tsn) || chunk.sends > 1);
            news.superfluous += u64::from(self.sent_again.remove(&tsn));
            return;
        }
        let Some(sent_at) = sent_at else { return };
        if was_raised {
            self.path.note_arrived(chunk.packet);
        }
        if chunk.sends == 1 {
            if news.measure.is_none_or(|(newest, _)| chunk.packet > newest) {
                news.measure = Some((chunk.packet, sent_at));
            }
            if news.known.is_some_and(|known| chunk.packet < known) {
                self.rack.note_reordering();
            }
        }
        self.rack.note_arrival(now, chunk.packet, sent_at);
    }

    /// Whether the last SACK would have said that a chunk has arrived.
    pub(super) fn is_reported(&self, tsn: Tsn) -> bool {
        self.reported.is_none_or(|highest| tsn <= highest)
    }

    /// The peer got a chunk twice: what we sent again had arrived.
    fn handle_duplicate(&mut self, tsn: Tsn, news: &mut News) {
        if self.sent_again.remove(&tsn) {
            news.false_losses += 1;
            news.superfluous += 1;
        }
    }

    /// Marks what is lost by now and says how many bytes were lost to congestion, perhaps (RFC 8985, section 6.2, step 5).
    pub(super) fn find_lost(&mut self, now: Instant, streams: &mut Streams) -> usize {
        let before = self.in_flight;
        let size = self.path.size();
        let mut unreported = 0;
        self.rack.deadline = None;
        while let Some((number, tsn)) = self.packets.oldest() {
            let is_in_flight = self
                .outstanding
                .get(tsn)
                .is_some_and(|chunk| chunk.place == Place::InFlight && chunk.packet == number);
            if is_in_flight {
                let sent_at = self.packets.get(number).map_or(now, |packet| packet.sent_at);
                let Some(lost_at) = self.rack.lost_at(number, sent_at, &self.rtt) else { break };
                if lost_at > now {
                    self.rack.deadline = Some(lost_at);
                    break;
                }
                let before = self.in_flight;
                self.lose(now, tsn, streams);
                if !self.is_reported(tsn) {
                    unreported += before - self.in_flight;
                }
            }
            self.packets.pop_oldest();
        }
        let lost = before - self.in_flight - unreported;
        if lost > 0 {
            self.update_shape();
            if self.path.size() < size {
                // The path has become narrower: these were too long for it, and not too many.
                self.packets.forgive(lost);
                return 0;
            }
            self.rack.note_loss(now, &self.rtt);
        }
        lost
    }

    /// A chunk counts as lost; with its last chance gone, its message is given up.
    pub(super) fn lose(&mut self, now: Instant, tsn: Tsn, streams: &mut Streams) {
        let is_reported = self.is_reported(tsn);
        let Some(chunk) = self.outstanding.get_mut(tsn) else { return };
        let wire = chunk.wire_length();
        match chunk.place {
            Place::InFlight => {
                self.in_flight -= wire;
                // What may have arrived says nothing of the path.
                if is_reported {
                    self.packets.note_lost(wire);
                    if self.packets.get(chunk.packet).is_some_and(|packet| packet.is_raised) {
                        self.path.note_lost(now, chunk.packet, self.packets.next_number());
                    }
                }
            }
            // The peer has thrown it away (RFC 9260, section 6.2.1, D iii).
            Place::Arrived if !chunk.is_abandoned => self.unacknowledged += chunk.payload.len(),
            Place::Arrived => {}
            Place::Lost => return,
        }
        chunk.place = Place::Lost;
        if chunk.is_abandoned {
            return;
        }
        let is_over = self.forward.is_over(chunk.reliability, chunk.queued_at, now, chunk.sends);
        self.lost.insert(tsn);
        if is_over {
            self.abandon(tsn, streams);
        }
    }
}

/// A path that answers slower than this is silent.
pub(super) const MAX_ACK_DELAY: Duration = Duration::from_millis(200);
