//! The sending half: which chunk goes into which packet, and when.
//!
//! Messages wait in [`Streams`] and are cut into chunks only when a packet is written, when window and path are
//! known. Losses are found by time ([`rack`]), a silent path is probed ([`probe`]), the congestion controller
//! says how much may be on its way and how fast ([`crate::congestion`]).

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use base::{Rng, Serial32};

use crate::chunk::Data;
use crate::congestion::{Controller, Progress};
use crate::init::Init;
use crate::packet::{HEADER, PacketWriter};
use crate::stream::Streams;
use crate::tsn::Tsn;
use crate::{Config, Counters, Discovery};

mod abandonment;
mod acknowledged;
mod cutting;
mod outstanding;
mod pacer;
mod packets;
mod path_mtu;
mod probe;
mod rack;
mod rtt;

pub(crate) use packets::RateSample;
pub(crate) use rtt::Rtt;

use abandonment::Forward;
use cutting::Cutting;
use outstanding::{Chunk, Outstanding, Place};
use pacer::Pacer;
use packets::Packets;
use path_mtu::PathMtu;
use probe::Probe;
use rack::Rack;

/// Chunks without a cumulative acknowledgement: further ahead, gap ack blocks could not report them (RFC 9260,
/// section 3.3.4).
const MAX_OUTSTANDING: usize = 60_000;
/// Retransmissions that are remembered, to see which were superfluous.
const MAX_REMEMBERED: usize = 4096;
/// The shortest wait for the first acknowledgement: the other side has just begun.
const MIN_FIRST_TIMEOUT: Duration = Duration::from_millis(50);
/// On a path with a shorter round trip a message that nothing else is sent with may be one of a conversation.
const CONVERSATION: Duration = Duration::from_millis(10);

/// The sending half of an association.
#[derive(Debug)]
pub(crate) struct Sender {
    path: PathMtu,
    shape: Shape,
    rto: (Duration, Duration),
    outstanding: Outstanding,
    packets: Packets,
    /// Chunks to be sent again.
    lost: BTreeSet<Tsn>,
    /// Those that were sent again and may yet turn out to have arrived the first time. At most
    /// [`MAX_REMEMBERED`].
    sent_again: BTreeSet<Tsn>,
    /// Up to which TSN the last SACK says what has arrived, where it does not for all.
    reported: Option<Tsn>,
    /// The gap ack blocks of the last SACK.
    blocks: Vec<(Tsn, Tsn)>,
    /// Bytes of chunks on their way, with their headers.
    in_flight: usize,
    /// Bytes of user data that neither arrived nor were given up.
    unacknowledged: usize,
    /// What the peer said it can take.
    peer_window: usize,
    /// Messages that are being sent, by stream. Without interleaving, one at a time.
    cutting: BTreeMap<u16, Cutting>,
    /// Whether user data goes in I-DATA chunks.
    is_interleaved: bool,
    /// The header of such a chunk.
    overhead: usize,
    messages: u64,
    rtt: Rtt,
    rack: Rack,
    probe: Probe,
    pacer: Pacer,
    /// When the pace allows the packet that it keeps back.
    paced: Option<Instant>,
    forward: Forward,
    controller: Controller,
}

impl Sender {
    /// A sender between ends that have said who they are.
    pub(crate) fn new(config: &Config, now: Instant, rng: Rng, local: &Init, peer: &Init) -> Self {
        let path = PathMtu::new(config.max_packet_size, config.discovery, rng.clone().fork("path"));
        let first = Tsn::first(local.tsn);
        let is_interleaved = local.interleaves_with(peer);
        Sender {
            shape: Shape::new(path.base(), path.base()),
            rto: (first_timeout(config), config.rto_max),
            outstanding: Outstanding::new(first),
            packets: Packets::new(now),
            lost: BTreeSet::new(),
            sent_again: BTreeSet::new(),
            reported: None,
            blocks: Vec::new(),
            in_flight: 0,
            unacknowledged: 0,
            peer_window: peer.window as usize,
            cutting: BTreeMap::new(),
            is_interleaved,
            overhead: Data::overhead(is_interleaved),
            messages: 0,
            rtt: Rtt::default(),
            rack: Rack::new(),
            probe: Probe::new(),
            pacer: Pacer::default(),
            paced: None,
            forward: Forward::new(peer.can_be_forwarded(is_interleaved)),
            controller: Controller::new(config.congestion_control, path.base(), now, rng),
            path,
        }
    }

    /// What was queued so far is this sender's.
    pub(crate) fn take_over(&self, streams: &mut Streams) {
        streams.set_interleaving(self.is_interleaved);
        streams.note_window(self.peer_window, self.max_payload());
    }

    /// The highest TSN that was given to a chunk.
    pub(crate) fn highest_sent(&self) -> Serial32 {
        self.outstanding.highest().wire()
    }

    /// The TSN up to which the peer has everything.
    pub(crate) fn acknowledged(&self) -> Tsn {
        self.outstanding.cumulative()
    }

    /// The smoothed round-trip time, once measured.
    pub(crate) fn rtt(&self) -> Option<Duration> {
        self.rtt.smoothed()
    }

    /// Bytes that may be on their way at one time, with headers of chunks.
    pub(crate) fn congestion_window(&self) -> usize {
        self.controller.window()
    }

    /// When something is due, if nothing comes before.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        [self.rack.deadline, self.probe.deadline(), self.forward.deadline(), self.path.deadline(), self.paced]
            .into_iter()
            .flatten()
            .min()
    }

    /// Notes whether only the pace keeps the next packet back. Whoever asks for packets without getting one learns
    /// by [`deadline`](Sender::deadline) when to ask again; nobody has to ask, as where the path is gone.
    pub(crate) fn set_pace_timer(&mut self, now: Instant, has_work: bool, streams: &Streams) {
        let is_blocked = !has_work && self.window_is_open() && self.has_data(streams);
        self.paced = self.pacer.blocked_until(now).filter(|_| is_blocked);
    }

    /// Whether the congestion window allows one more chunk.
    fn window_is_open(&self) -> bool {
        self.in_flight < self.controller.window()
    }

    /// Whether there is something to be sent, for the first time or again.
    fn has_data(&self, streams: &Streams) -> bool {
        self.first_lost().is_some() || self.has_new(streams)
    }

    /// What is sent again first. What may have arrived without being reported waits.
    fn first_lost(&self) -> Option<Tsn> {
        self.lost.first().copied().filter(|tsn| self.is_reported(*tsn))
    }

    fn has_new(&self, streams: &Streams) -> bool {
        let Some(next) = self.next_length(streams) else { return false };
        // RFC 9260, section 6.1 A: with nothing outstanding, one chunk may probe a closed window.
        let has_room = self.unacknowledged == 0
            || self.unacknowledged + next.min(self.max_payload()) <= self.peer_window;
        has_room && self.outstanding.len() < MAX_OUTSTANDING
    }

    /// The bytes of the message that is sent next, or of what is left of it.
    fn next_length(&self, streams: &Streams) -> Option<usize> {
        let id = streams.next_stream()?;
        let begun = self.cutting.get(&id).map(Cutting::remaining);
        begun.or_else(|| streams.front(id).map(|message| message.payload.len()))
    }

    /// The most user data in a chunk that is not a part of a message: the smallest packet carries it.
    fn max_payload(&self) -> usize {
        self.path.base() - HEADER - self.overhead
    }

    /// Whether a packet would carry something of ours now.
    pub(crate) fn has_work(&self, now: Instant, streams: &Streams) -> bool {
        let may_send = self.window_is_open() && self.pacer.blocked_until(now).is_none();
        self.forward.is_due()
            || self.probe.is_due() && self.is_waiting()
            || may_send && self.has_data(streams)
    }

    /// The longest packet that the path is known to bear.
    pub(crate) fn packet_size(&self) -> usize {
        self.path.size()
    }

    /// Packets take another path.
    pub(crate) fn set_path(&mut self, base: usize, discovery: Option<Discovery>) {
        self.path.reset(base, discovery, self.packets.next_number());
        self.update_shape();
    }

    fn update_shape(&mut self) {
        let shape = Shape::new(self.path.size(), self.path.base());
        if self.shape.packet != shape.packet {
            self.shape = shape;
            self.controller.set_packet(shape.packet);
        }
    }

    /// Whether a packet is to be sent only to find out whether one of its size arrives.
    pub(crate) fn is_path_probe_due(&self) -> bool {
        self.path.is_due()
    }

    /// Writes it. It does not count for the windows: its loss says nothing of congestion (RFC 8899, section 3, point 7).
    pub(crate) fn write_path_probe(
        &mut self,
        now: Instant,
        writer: &mut PacketWriter<'_>,
        counters: &mut Counters,
    ) {
        let late = self.rtt.timeout().unwrap_or(self.rto.0) * 2;
        self.path.write_probe(now, late, writer);
        self.pacer.note_sent(now, writer.len(), self.shape.packet, self.controller.rate());
        counters.path_probes += 1;
    }

    /// Takes a HEARTBEAT ACK's value.
    pub(crate) fn handle_heartbeat_ack(&mut self, now: Instant, value: &[u8]) {
        self.path.handle_answer(now, value);
        self.update_shape();
    }

    /// Fills a packet with what may be sent now.
    pub(crate) fn write(
        &mut self,
        now: Instant,
        writer: &mut PacketWriter<'_>,
        streams: &mut Streams,
        counters: &mut Counters,
    ) {
        self.write_forward_tsn(now, writer);
        let before = self.in_flight;
        let is_probe = self.probe.take();
        // A silent path may be one that has become narrower.
        let limit = if is_probe { self.path.base() } else { self.shape.packet };
        let mut last_flags = None;
        if is_probe || self.pacer.blocked_until(now).is_none() {
            while self.may_add(is_probe, before)
                && let Some(tsn) = self.next_lost(now, streams)
                && let Some(flags) = self.write_again(tsn, limit, writer, counters)
            {
                last_flags = Some(flags);
            }
            // What is lost goes first, so that messages are whole soon.
            while self.first_lost().is_none()
                && self.may_add(is_probe, before)
                && self.has_new(streams)
                && let Some(flags) = self.write_new(now, limit, writer, streams)
            {
                counters.chunks_sent += 1;
                last_flags = Some(flags);
            }
        }
        if is_probe && last_flags.is_none() {
            last_flags = self.write_probe(writer, counters);
        }
        let Some(last_flags) = last_flags else { return };
        self.end_packet(now, before, writer, streams);
        if self.has_new(streams) {
            self.path.note_wanted(now);
        }
        if is_probe || self.wants_answer(before, streams) {
            writer.set_immediate(last_flags);
        }
    }

    /// Whether the peer is asked not to delay its acknowledgement of a packet (RFC 7053, section 4.1): nothing follows
    /// that would bring it. Unless the packet is a conversation's next: then the peer's own message is soon to bring it, and
    /// a packet for it alone would be as much work as the message.
    fn wants_answer(&self, before: usize, streams: &Streams) -> bool {
        if !self.window_is_open() {
            return true;
        }
        let is_alone = before == 0 && self.rtt.smoothed().is_some_and(|rtt| rtt < CONVERSATION);
        !self.has_data(streams) && !is_alone
    }

    /// Whether the congestion window, or a probe, allows one more chunk in this packet.
    fn may_add(&self, is_probe: bool, before: usize) -> bool {
        self.window_is_open() || (is_probe && self.in_flight == before)
    }

    /// Counts a packet with user data.
    fn end_packet(&mut self, now: Instant, before: usize, writer: &PacketWriter<'_>, streams: &Streams) {
        self.packets.push(now, before, self.in_flight, writer.len() > self.path.base());
        // Rates are of chunks: what a packet adds to them is not paced.
        self.pacer.note_sent(now, writer.len() - HEADER, self.shape.packet, self.controller.rate());
        self.controller.note_sent(now, before, self.in_flight);
        if self.window_is_open() && !self.has_data(streams) {
            self.packets.note_app_limited(self.in_flight);
        }
        self.arm_probe(now);
    }

    /// Writes a chunk that was lost; the place of its flags, or `None` if it does not fit.
    fn write_again(
        &mut self,
        tsn: Tsn,
        limit: usize,
        writer: &mut PacketWriter<'_>,
        counters: &mut Counters,
    ) -> Option<usize> {
        let number = self.packets.next_number();
        let chunk = self.outstanding.get_mut(tsn)?;
        let length = chunk.wire_length();
        if !writer.is_empty() && writer.len() + length > limit {
            return None;
        }
        let was_in_flight = chunk.place == Place::InFlight;
        chunk.place = Place::InFlight;
        chunk.packet = number;
        chunk.sends += 1;
        let flags = write_data(writer, tsn, chunk);
        self.lost.remove(&tsn);
        self.packets.push_chunk(tsn);
        if !was_in_flight {
            self.in_flight += length;
        }
        counters.chunks_sent += 1;
        counters.chunks_retransmitted += 1;
        if self.sent_again.len() >= MAX_REMEMBERED {
            self.sent_again.pop_first();
        }
        self.sent_again.insert(tsn);
        Some(flags)
    }

    /// The path is silent and nothing new may be sent: the first chunk that is missing goes once more (RFC 8985,
    /// section 7.3, sends the last one; the first one is what its reader waits for).
    fn write_probe(&mut self, writer: &mut PacketWriter<'_>, counters: &mut Counters) -> Option<usize> {
        let missing = |chunk: &Chunk| !chunk.is_passed();
        let (tsn, _) = self.outstanding.iter().find(|(_, chunk)| missing(chunk))?;
        self.write_again(tsn, self.path.base(), writer, counters)
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant, streams: &mut Streams) {
        if self.rack.deadline.is_some_and(|deadline| deadline <= now) {
            let before = self.in_flight;
            let lost = self.find_lost(now, streams);
            self.tell_controller(now, before, 0, lost, None);
        }
        self.path.handle_timeout(now);
        self.forward.handle_timeout(now);
        self.paced.take_if(|at| *at <= now);
        if !self.probe.handle_timeout(now) {
            return;
        }
        if self.probe.is_persistent() && self.peer_window > 0 {
            self.lose_everything(now, streams);
            self.path.fall(now, self.packets.next_number());
            self.update_shape();
        }
        self.arm_probe(now);
    }

    /// Packets go another way from now on. What waits for an answer is probed for at once, and no timer that the former way
    /// has drawn out decides.
    pub(crate) fn path_changed(&mut self, now: Instant) {
        self.probe.hurry(now);
    }

    /// Nothing was heard for long: all that is on its way counts as lost (RFC 9260, section 6.3.3), also what the
    /// peer had reported and does not report any more (section 6.2.1, D iii).
    fn lose_everything(&mut self, now: Instant, streams: &mut Streams) {
        let blocks = &self.blocks;
        let is_reported = |tsn: Tsn| blocks.iter().any(|(first, last)| (*first..=*last).contains(&tsn));
        let missing: Vec<Tsn> = self
            .outstanding
            .iter()
            .filter(|(tsn, chunk)| match chunk.place {
                Place::InFlight => true,
                Place::Arrived => !is_reported(*tsn),
                Place::Lost => false,
            })
            .map(|(tsn, _)| tsn)
            .collect();
        self.reported = None;
        for tsn in missing {
            self.lose(now, tsn, streams);
        }
        self.controller.note_timeout(now);
    }

    /// Whether something that was sent has not arrived.
    fn is_waiting(&self) -> bool {
        self.in_flight > 0 || !self.lost.is_empty()
    }

    /// Sets the time of the next probe.
    fn arm_probe(&mut self, now: Instant) {
        self.probe.arm(now, self.is_waiting().then(|| self.rtt.timeout()), self.rto);
    }

    fn tell_controller(
        &mut self,
        now: Instant,
        in_flight_before: usize,
        delivered: usize,
        lost: usize,
        rtt: Option<Duration>,
    ) {
        let sample = self.packets.take_sample();
        self.controller.note_progress(&Progress {
            now,
            delivered,
            lost,
            in_flight_before,
            in_flight: self.in_flight,
            total_delivered: self.packets.delivered(),
            rtt,
            shortest_rtt: self.rtt.shortest(),
            smoothed_rtt: self.rtt.smoothed(),
            sample,
            newest_packet: self.rack.newest(),
            next_packet: self.packets.next_number(),
        });
    }
}

/// How packets of a size are filled: with chunks that are no longer than the smallest packet bears, all alike, so that
/// the packets of a long message are of one length.
#[derive(Clone, Copy, Debug)]
struct Shape {
    packet: usize,
    /// Bytes of each chunk, with its header.
    chunk: usize,
}

impl Shape {
    fn new(size: usize, base: usize) -> Self {
        let room = size - HEADER;
        let chunks = room.div_ceil(base - HEADER);
        let chunk = (room / chunks) & !3;
        Shape { packet: HEADER + chunks * chunk, chunk }
    }
}

/// RFC 6298, section 2.2: three times the round trip, where the layers below have measured it.
fn first_timeout(config: &Config) -> Duration {
    let limits = (MIN_FIRST_TIMEOUT.min(config.rto_initial), config.rto_max.max(config.rto_initial));
    config.path_rtt.map_or(config.rto_initial, |rtt| (rtt * 3).clamp(limits.0, limits.1))
}

/// Writes a chunk; the place of its flags.
fn write_data(writer: &mut PacketWriter<'_>, tsn: Tsn, chunk: &Chunk) -> usize {
    writer.data(&Data {
        flags: chunk.flags,
        tsn: tsn.wire().0,
        stream: chunk.stream,
        number: chunk.number,
        fsn: chunk.fsn,
        ppid: chunk.ppid,
        payload: &chunk.payload,
    })
}
