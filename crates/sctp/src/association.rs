//! One end of an association.

use std::collections::VecDeque;
use std::time::Instant;

use base::Rng;
use bytes::Bytes;

use crate::handshake::Handshake;
use crate::init::Init;
use crate::packet::{CHUNK_HEADER, Header, PacketWriter, kind, single};
use crate::reset::Resets;
use crate::rx::{Fatal, Receiver};
use crate::stream::{Outgoing, OutgoingSide, Streams};
use crate::tx::Sender;
use crate::{
    CloseCause, Config, Counters, Delivery, Discovery, Event, Message, Ppid, SendError, State, Stats,
};

mod inbound;
mod shutdown;

use shutdown::Shutdown;

/// Packets of our own that wait to be written; further ones are not kept: each is an answer to something that
/// the peer repeats, or is repeated by a timer.
const MAX_CONTROL: usize = 64;

/// Why an ABORT is sent (RFC 9260, section 3.3.10).
#[derive(Clone, Copy, Debug)]
enum AbortCause {
    OutOfResource = 4,
    UserInitiated = 12,
    ProtocolViolation = 13,
}

/// One end of one SCTP association.
///
/// ```
/// use std::time::Instant;
/// use base::Rng;
/// use sctp::{Association, Config, Delivery, Event, Ppid};
///
/// # #[allow(clippy::disallowed_methods)]
/// let now = Instant::now();
/// let mut ends = [1, 2].map(|seed| Association::new(Config::default(), now, Rng::from_seed([seed; 32])));
/// ends[0].send(now, 0, Ppid::STRING, "hello".into(), Delivery::default()).unwrap();
/// for _ in 0..10 {
///     for end in 0..2 {
///         let mut packet = Vec::new();
///         while ends[end].poll_packet(now, &mut packet) {
///             ends[1 - end].handle_packet(now, &packet);
///             packet.clear();
///         }
///     }
/// }
/// assert_eq!(ends[1].poll_event(), Some(Event::Connected { max_streams: 65_535 }));
/// assert_eq!(ends[1].poll_event(), Some(Event::Readable { stream: 0 }));
/// assert_eq!(ends[1].read(0).unwrap().payload, "hello");
/// ```
#[derive(Debug)]
pub struct Association {
    config: Config,
    handshake: Handshake,
    phase: Phase,
    streams: Streams,
    /// Packets of our own, ready. At most [`MAX_CONTROL`].
    control: VecDeque<Vec<u8>>,
    /// What happened to the association and to our resets. Bounded by the number of streams.
    events: VecDeque<Event>,
    counters: Counters,
    /// The congestion controller's randomness.
    rng: Rng,
}

#[derive(Debug)]
enum Phase {
    Connecting,
    Established(Box<Established>),
    /// The tag lets a peer's repeated SHUTDOWN ACK be answered.
    Closed {
        peer_tag: Option<u32>,
    },
}

/// What there is between the handshake and the end.
#[derive(Debug)]
struct Established {
    peer: Init,
    max_streams: u16,
    /// Whether user data comes in I-DATA chunks both ways, or in DATA chunks (RFC 8260, section 2.2.1).
    is_interleaved: bool,
    /// The header of every packet that we send.
    header: Header,
    sender: Sender,
    receiver: Receiver,
    resets: Resets,
    shutdown: Shutdown,
    last_heard: Instant,
    /// Since when something waits for an acknowledgement.
    waiting_since: Option<Instant>,
}

impl Association {
    /// A new end, whose INIT is ready at once. Both ends may start, or only one. If signalling brought both INITs, it
    /// is connected already.
    pub fn new(config: Config, now: Instant, mut rng: Rng) -> Self {
        let handshake = Handshake::new(&config, now, &mut rng);
        let mut association = Association {
            config,
            handshake,
            phase: Phase::Connecting,
            streams: Streams::default(),
            control: VecDeque::new(),
            events: VecDeque::new(),
            counters: Counters::default(),
            rng: rng.fork("congestion"),
        };
        match (association.config.local_init, association.config.remote_init) {
            (Some(ours), Some(theirs)) if theirs.is_others(&ours) => association.establish(now, theirs.0),
            _ => association.handle_timeout(now),
        }
        association
    }

    /// Takes one packet in: what one DTLS record carried.
    pub fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        self.counters.packets_received += 1;
        self.counters.bytes_received += packet.len() as u64;
        inbound::handle_packet(self, now, packet);
    }

    /// Appends the next packet to `out` and says whether there was one.
    pub fn poll_packet(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        let before = out.len();
        if !self.write_packet(now, out) {
            return false;
        }
        self.counters.packets_sent += 1;
        self.counters.bytes_sent += (out.len() - before) as u64;
        true
    }

    fn write_packet(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        if self.write_control(out) || self.write_chunks(now, out) {
            return true;
        }
        // What expired just now may have flushed a stream.
        self.advance(now);
        self.write_control(out)
    }

    fn write_control(&mut self, out: &mut Vec<u8>) -> bool {
        let packet = self.control.pop_front();
        out.extend_from_slice(packet.as_deref().unwrap_or_default());
        packet.is_some()
    }

    /// A packet with what acknowledges and carries user data.
    fn write_chunks(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        let Phase::Established(established) = &mut self.phase else { return false };
        let Established { header, sender, receiver, waiting_since, .. } = &mut **established;
        if sender.is_path_probe_due() {
            // Whoever has cut the packet short on its way must not be able to answer it.
            let mut writer = PacketWriter::new(out, Header { omits_checksum: false, ..*header });
            sender.write_path_probe(now, &mut writer, &mut self.counters);
            return writer.finish();
        }
        let has_work = sender.has_work(now, &self.streams);
        sender.set_pace_timer(now, has_work, &self.streams);
        if !has_work && !receiver.is_due(now) {
            return false;
        }
        let mut writer = PacketWriter::new(out, *header);
        if receiver.is_pending() {
            // RFC 9260, section 6.1: an acknowledgement goes along.
            let room = (self.config.max_packet_size & !3).saturating_sub(writer.len() + CHUNK_HEADER);
            let mut value = Vec::with_capacity(64);
            receiver.write_sack(room, &self.streams, &mut value);
            writer.chunk(kind::SACK, 0, &value);
        }
        if has_work {
            sender.write(now, &mut writer, &mut self.streams, &mut self.counters);
        }
        if self.streams.outstanding() > 0 {
            waiting_since.get_or_insert(now);
        }
        writer.finish()
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        match &mut self.phase {
            Phase::Connecting => {
                if self.handshake.has_timed_out(now) {
                    return self.close(CloseCause::Timeout);
                }
                let packet = self.handshake.handle_timeout(now, &mut self.counters);
                self.push_control(packet);
            }
            Phase::Established(established) => {
                if established.is_peer_gone(now, &self.config) {
                    return self.abort_with(AbortCause::UserInitiated, CloseCause::Timeout);
                }
                established.receiver.handle_timeout(now);
                established.sender.handle_timeout(now, &mut self.streams);
                self.advance(now);
            }
            Phase::Closed { .. } => {}
        }
    }

    /// Packets go another way from now on: whoever carries them has found that the former one may not work any more.
    pub fn path_changed(&mut self, now: Instant) {
        if let Phase::Established(established) = &mut self.phase {
            established.sender.path_changed(now);
        }
    }

    /// When something is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Connecting => Some(self.handshake.deadline()),
            Phase::Established(established) => [
                established.sender.deadline(),
                established.receiver.deadline(),
                established.resets.deadline(),
                established.shutdown.deadline(),
                established.peer_deadline(&self.config),
            ]
            .into_iter()
            .flatten()
            .min(),
            Phase::Closed { .. } => None,
        }
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<Event> {
        // The end comes last: messages that arrived before it are still read.
        if let Some(Event::Closed(_)) = self.events.front()
            && let Some(event) = self.streams.poll_event()
        {
            return Some(event);
        }
        self.events.pop_front().or_else(|| self.streams.poll_event())
    }

    /// Where the association stands.
    pub fn state(&self) -> State {
        match &self.phase {
            Phase::Connecting => State::Connecting,
            Phase::Established(established) if established.shutdown.is_running() => State::ShuttingDown,
            Phase::Established(_) => State::Connected,
            Phase::Closed { .. } => State::Closed,
        }
    }

    /// Prepares a stream. Those that have something to send share the path in proportion to their priorities
    /// ([RFC 8831, section 6.4](https://www.rfc-editor.org/rfc/rfc8831#section-6.4)). Sending opens a stream by itself,
    /// with the priority 256; 0 counts as 1.
    pub fn open_stream(&mut self, stream: u16, priority: u16) {
        if stream < self.max_streams() && self.state() != State::Closed {
            let stream = self.streams.entry(stream);
            stream.is_incoming_reset = false;
            stream.priority = Some(priority);
        }
    }

    /// Queues a message. Before the association stands, messages wait.
    ///
    /// # Errors
    /// The message cannot be sent, now or ever; see [`SendError`].
    pub fn send(
        &mut self,
        now: Instant,
        stream: u16,
        ppid: Ppid,
        payload: Bytes,
        delivery: Delivery,
    ) -> Result<(), SendError> {
        if matches!(self.state(), State::ShuttingDown | State::Closed) {
            return Err(SendError::Closed);
        }
        if payload.is_empty() {
            return Err(SendError::Empty);
        }
        let limit = self.config.max_send_message_size;
        if payload.len() > limit as usize {
            return Err(SendError::TooLarge { limit });
        }
        if stream >= self.max_streams() {
            return Err(SendError::NoSuchStream);
        }
        match self.streams.get(stream).map(|stream| stream.side).unwrap_or_default() {
            OutgoingSide::Open => {}
            OutgoingSide::Resetting => return Err(SendError::Resetting),
            OutgoingSide::Unusable => return Err(SendError::NoSuchStream),
        }
        self.counters.messages_sent += 1;
        self.counters.message_bytes_sent += payload.len() as u64;
        self.streams.push(stream, Outgoing { ppid, payload, delivery, queued_at: now });
        Ok(())
    }

    /// How many bytes of a stream's messages the peer has not acknowledged, queued ones included.
    pub fn buffered_amount(&self, stream: u16) -> usize {
        self.streams.buffered(stream)
    }

    /// How many bytes of a stream's messages were in no packet yet.
    pub fn unsent(&self, stream: u16) -> usize {
        self.streams.unsent(stream)
    }

    /// The next message of a stream. Unread messages stay inside and close the receive window.
    pub fn read(&mut self, stream: u16) -> Option<Message> {
        let message = self.streams.read(stream)?;
        self.counters.messages_received += 1;
        self.counters.message_bytes_received += message.payload.len() as u64;
        if let Phase::Established(established) = &mut self.phase {
            established.receiver.note_read(message.payload.len(), &self.streams);
        }
        Some(message)
    }

    /// Resets our outgoing side of a stream (RFC 6525, section 5.1.2) after all that was sent on it.
    /// [`Event::ResetComplete`] or [`Event::ResetFailed`] follows.
    ///
    /// For a stream that is being reset or cannot be, this does nothing.
    pub fn reset_stream(&mut self, now: Instant, stream: u16) {
        let side = self.streams.get(stream).map(|stream| stream.side).unwrap_or_default();
        if stream >= self.max_streams() || side != OutgoingSide::Open || self.state() == State::Closed {
            return;
        }
        self.streams.entry(stream).side = OutgoingSide::Resetting;
        // Before the association stands, the mark waits for it with the messages.
        if let Phase::Established(established) = &mut self.phase {
            established.resets.add(stream);
        }
        self.advance(now);
    }

    /// Changes the longest message that may be sent, in bytes.
    pub fn set_max_send_message_size(&mut self, bytes: u32) {
        self.config.max_send_message_size = bytes;
    }

    /// Packets take another path from now on, which carries those of [`Config::max_packet_size`] bytes; longer ones are
    /// tried anew (RFC 8899, section 5.2: a change of path is known).
    pub fn set_path(&mut self, max_packet_size: usize, discovery: Option<Discovery>) {
        self.config.max_packet_size = max_packet_size;
        self.config.discovery = discovery;
        if let Phase::Established(established) = &mut self.phase {
            established.sender.set_path(max_packet_size, discovery);
        }
    }

    /// Ends the association after what was sent has been delivered (RFC 9260, section 9.2).
    pub fn shutdown(&mut self, now: Instant) {
        match &mut self.phase {
            Phase::Connecting => self.close(CloseCause::Local),
            Phase::Established(established) => {
                established.shutdown.start();
                self.advance(now);
            }
            Phase::Closed { .. } => {}
        }
    }

    /// Ends the association at once; the peer is told by an ABORT (RFC 9260, section 9.1).
    pub fn abort(&mut self, now: Instant) {
        let _ = now;
        match &self.phase {
            Phase::Connecting => self.close(CloseCause::Local),
            Phase::Established(_) => self.abort_with(AbortCause::UserInitiated, CloseCause::Local),
            Phase::Closed { .. } => {}
        }
    }

    /// Forgets what was not read, once the association has ended: for a user who will not read it any more.
    pub fn discard_unread(&mut self) {
        if matches!(self.phase, Phase::Closed { .. }) {
            self.streams.clear();
        }
    }

    /// How the association does.
    pub fn stats(&self) -> Stats {
        let buffered = self.streams.total_buffered();
        let Phase::Established(established) = &self.phase else {
            return Stats { buffered, unread: self.streams.unread_bytes(), ..Stats::default() };
        };
        Stats {
            rtt: established.sender.rtt(),
            congestion_window: established.sender.congestion_window(),
            buffered,
            unread: established.receiver.held_bytes(&self.streams),
        }
    }

    /// The longest packet that the path is known to carry, in bytes, with the SCTP header. Only what finds out whether
    /// it carries more is longer.
    pub fn packet_size(&self) -> usize {
        match &self.phase {
            Phase::Established(established) => established.sender.packet_size(),
            _ => self.config.max_packet_size,
        }
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many streams may be used.
    fn max_streams(&self) -> u16 {
        match &self.phase {
            Phase::Established(established) => established.max_streams,
            _ => self.config.max_streams,
        }
    }

    fn push_control(&mut self, packet: Option<Vec<u8>>) {
        if self.control.len() < MAX_CONTROL {
            self.control.extend(packet);
        }
    }

    /// The handshake has ended.
    fn establish(&mut self, now: Instant, peer: Init) {
        let local = *self.handshake.local();
        let rng = self.rng.fork("sender");
        let max_streams = self.config.max_streams.min(peer.inbound).min(peer.outbound);
        let mut resets = Resets::new(&self.config, &local, &peer);
        self.streams.resetting().for_each(|stream| resets.add(stream));
        let sender = Sender::new(&self.config, now, rng, &local, &peer);
        sender.take_over(&mut self.streams);
        self.phase = Phase::Established(Box::new(Established {
            peer,
            max_streams,
            is_interleaved: local.interleaves_with(&peer),
            header: Header {
                source_port: self.config.local_port,
                destination_port: self.config.remote_port,
                tag: peer.tag,
                // RFC 9653, section 5.2: to a peer that has announced it, and whoever takes such packets may send them.
                omits_checksum: peer.zero_checksum && self.config.zero_checksum,
            },
            sender,
            receiver: Receiver::new(&self.config, peer.tsn),
            resets,
            shutdown: Shutdown::default(),
            last_heard: now,
            waiting_since: None,
        }));
        self.events.push_back(Event::Connected { max_streams });
    }

    /// Moves on what waits for something else: resets for acknowledgements, the shutdown for empty queues.
    fn advance(&mut self, now: Instant) {
        let Phase::Established(established) = &mut self.phase else { return };
        let header = established.header;
        let received = established.receiver.cumulative();
        let answer = established.resets.perform_deferred(received, &mut self.streams);
        let request = established.resets.poll(
            now,
            established.sender.acknowledged(),
            established.sender.rtt(),
            &mut self.streams,
            &mut self.events,
        );
        let is_flushed = self.streams.total_buffered() == 0 && established.resets.is_idle();
        let rto = established
            .sender
            .rtt()
            .map_or(self.config.rto_initial, |rtt| (rtt * 3).clamp(self.config.rto_min, self.config.rto_max));
        let shutdown = established.shutdown.poll(now, rto, is_flushed, received);
        if established.shutdown.has_failed {
            return self.close(CloseCause::Timeout);
        }
        let is_waiting = self.streams.outstanding() > 0
            || established.resets.is_unanswered()
            || established.shutdown.deadline().is_some();
        if !is_waiting {
            established.waiting_since = None;
        } else {
            established.waiting_since.get_or_insert(now);
        }
        for value in [answer, request].into_iter().flatten() {
            self.push_control(Some(single(header, kind::RE_CONFIG, 0, &value)));
        }
        if let Some((kind, value)) = shutdown {
            self.push_control(Some(single(header, kind, 0, &value)));
        }
    }

    /// The association cannot go on.
    fn fail(&mut self, fatal: Fatal) {
        match fatal {
            Fatal::Violation => {
                self.abort_with(AbortCause::ProtocolViolation, CloseCause::ProtocolViolation);
            }
            Fatal::Limit => self.abort_with(AbortCause::OutOfResource, CloseCause::ReceiveLimit),
        }
    }

    /// Ends the association and tells the peer.
    fn abort_with(&mut self, cause: AbortCause, reason: CloseCause) {
        if let Phase::Established(established) = &self.phase {
            let value = [0, cause as u8, 0, 4];
            let packet = single(established.header, kind::ABORT, 0, &value);
            self.control.clear();
            self.control.push_back(packet);
        }
        self.close(reason);
    }

    /// Ends the association.
    fn close(&mut self, cause: CloseCause) {
        let peer_tag = match &self.phase {
            Phase::Connecting => None,
            Phase::Established(established) => Some(established.peer.tag),
            Phase::Closed { .. } => return,
        };
        self.phase = Phase::Closed { peer_tag };
        self.streams.clear_outgoing();
        self.events.push_back(Event::Closed(cause));
    }
}

impl Established {
    /// When to give up on a peer that owes an answer.
    fn peer_deadline(&self, config: &Config) -> Option<Instant> {
        Some(self.waiting_since?.max(self.last_heard) + config.peer_timeout?)
    }

    fn is_peer_gone(&self, now: Instant, config: &Config) -> bool {
        self.peer_deadline(config).is_some_and(|deadline| deadline <= now)
    }
}
