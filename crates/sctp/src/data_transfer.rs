//! What happens to user data between the handshake and the shutdown: `sctp-proto`'s work.
//!
//! It sees only DATA, SACK and FORWARD TSN, each checked before, and takes part in neither the handshake nor
//! resets nor the shutdown: those are ours. What it writes is looked over on its way out ([`outbound`]).

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::Serial32;
use bytes::Bytes;
use sctp_proto::{
    ClientConfig, DatagramEvent, Endpoint, EndpointConfig, Event as ProtoEvent, Payload,
    PayloadProtocolIdentifier, ReliabilityType, StreamEvent, TransportConfig,
};

use crate::init::Init;
use crate::packet::{Chunk, Header, PacketWriter, kind, single};
use crate::stream::{Outgoing, Streams};
use crate::{Config, Message, Ppid, Reliability};

mod outbound;
mod recovery;

use recovery::Recovery;

/// The library wants an address for its peer and never uses it.
const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9);
/// The library's bookkeeping grows with what it has to look after, so it gets no more than this at a time;
/// the rest waits in our own queues. In bytes...
const MAX_OUTSTANDING: usize = 1024 * 1024;
/// ...and in DATA chunks.
const MAX_OUTSTANDING_CHUNKS: i32 = 2048;
/// The common header and the header of a DATA chunk.
const DATA_OVERHEAD: usize = 28;

/// Why the library gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The peer broke a rule.
    Violation,
    /// Incomplete messages filled the receive window.
    ReceiveLimit,
}

/// One association's user data.
#[derive(Debug)]
pub(crate) struct DataTransfer {
    endpoint: Endpoint,
    proto: sctp_proto::Association,
    /// The header of every packet that we send.
    header: Header,
    max_packet_size: usize,
    receive_window: usize,
    /// Packets that are ready. Bounded by the congestion window, which `MAX_OUTSTANDING` bounds.
    ready: VecDeque<Vec<u8>>,
    /// Whether something happened since the library was last asked for packets: asking is not cheap.
    is_dirty: bool,
    highest_sent: Serial32,
    acknowledged: Serial32,
    /// The TSN that the last chunk handed over will get. Messages that are given up before they were sent make
    /// it run ahead; it is put right when nothing is outstanding.
    fed: Serial32,
    /// The last SACK's value, to be repeated when the window opens.
    last_sack: Option<Vec<u8>>,
    /// The receive window that the last SACK advertised.
    advertised: usize,
    /// What the library itself has free.
    credit: usize,
    /// The cumulative TSN and the gaps of a SACK just written.
    acked_to_peer: Option<(Serial32, Vec<(u16, u16)>)>,
    recovery: Recovery,
    /// The layers' below, until there is one of our own.
    path_rtt: Option<Duration>,
    rtt: Option<Duration>,
}

impl DataTransfer {
    /// Data between two ends that have agreed. `None` if the library refuses.
    pub(crate) fn new(config: &Config, local: &Init, peer: &Init) -> Option<Self> {
        let max_packet_size = config.max_packet_size & !3;
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1);
        // RFC 6298, section 2.2: three times the first measurement.
        let rto_initial =
            config.path_rtt.map_or(config.rto_initial, |rtt| (rtt * 3).clamp(config.rto_min, config.rto_max));
        let transport = TransportConfig::default()
            .with_local_port(config.local_port)
            .with_remote_port(config.remote_port)
            .with_max_receive_buffer_size(config.receive_window)
            .with_max_send_message_size(u32::MAX)
            .with_max_receive_message_size(config.max_message_size)
            .with_max_num_inbound_streams(config.max_streams)
            .with_max_num_outbound_streams(config.max_streams)
            // A limit would stop its timer and leave the association hanging; ours is the peer timeout.
            .with_max_data_retransmits(None)
            .with_max_init_retransmits(None)
            .with_rto_initial_ms(millis(rto_initial))
            .with_rto_min_ms(millis(config.rto_min))
            .with_rto_max_ms(millis(config.rto_max));
        let mut endpoint_config = EndpointConfig::new();
        endpoint_config.max_payload_size(max_packet_size.checked_sub(DATA_OVERHEAD)?.try_into().ok()?);
        let mut endpoint = Endpoint::new(Arc::new(endpoint_config), None);
        // Each end's INIT as if it had been exchanged by signalling (draft-hancke-tsvwg-snap): the library
        // begins in the state ESTABLISHED, with our tags and TSNs.
        let init = |init: &Init| {
            let value = Init { re_config: false, ..*init }.write(None);
            Bytes::from(single(Header { source_port: 0, destination_port: 0, tag: 0 }, kind::INIT, 0, &value))
                .slice(crate::packet::HEADER..)
        };
        let mut client = ClientConfig::new().with_snap(init(local), init(peer));
        client.transport = Arc::new(transport);
        let (_, proto) = endpoint.connect(client, NOWHERE).ok()?;
        let window = config.receive_window as usize;
        Some(DataTransfer {
            endpoint,
            proto,
            header: Header {
                source_port: config.local_port,
                destination_port: config.remote_port,
                tag: peer.tag,
            },
            max_packet_size,
            receive_window: window,
            ready: VecDeque::new(),
            is_dirty: true,
            highest_sent: Serial32(local.tsn.wrapping_sub(1)),
            acknowledged: Serial32(local.tsn.wrapping_sub(1)),
            fed: Serial32(local.tsn.wrapping_sub(1)),
            last_sack: None,
            advertised: window,
            credit: window,
            acked_to_peer: None,
            recovery: Recovery::default(),
            path_rtt: config.path_rtt,
            rtt: None,
        })
    }

    /// The header of every packet that we send.
    pub(crate) fn header(&self) -> Header {
        self.header
    }

    /// The highest TSN that was sent.
    pub(crate) fn highest_sent(&self) -> Serial32 {
        self.highest_sent
    }

    /// The TSN up to which the peer has everything.
    pub(crate) fn acknowledged(&self) -> Serial32 {
        self.acknowledged
    }

    /// The smoothed round-trip time.
    pub(crate) fn rtt(&self) -> Option<Duration> {
        self.rtt
    }

    /// What is known of the round-trip time.
    fn estimate(&self) -> Option<Duration> {
        self.rtt.or(self.path_rtt)
    }

    /// Notes what a checked SACK acknowledges, and sends again what it shows to be lost.
    pub(crate) fn note_acknowledged(
        &mut self,
        now: Instant,
        tsn: Serial32,
        gaps: impl Iterator<Item = (u16, u16)>,
    ) {
        if self.acknowledged.is_after(tsn) {
            return;
        }
        self.acknowledged = tsn;
        if let Some(sent_at) = self.recovery.note_acknowledged(tsn, gaps) {
            let sample = now.saturating_duration_since(sent_at);
            // RFC 6298, section 2.3: an eighth of each new sample.
            self.rtt = Some(self.rtt.map_or(sample, |rtt| (rtt * 7 + sample) / 8));
        }
        let rtt = self.estimate();
        let lost = self.recovery.take_lost(now, rtt);
        self.send_again(lost);
        self.recovery.arm(now, rtt);
    }

    fn send_again(&mut self, chunks: impl IntoIterator<Item = (u8, Vec<u8>)>) {
        let mut writer = PacketWriter::new(self.header);
        for (flags, value) in chunks {
            let flags = flags | outbound::IMMEDIATE;
            self.push_chunk(&mut writer, &Chunk { kind: kind::DATA, flags, value: &value });
        }
        if !writer.is_empty() {
            self.ready.push_back(writer.finish());
        }
    }

    /// Adds a chunk to a packet, and begins another where it does not fit.
    fn push_chunk(&mut self, writer: &mut PacketWriter, chunk: &Chunk<'_>) {
        if !writer.is_empty() && writer.len() + chunk.padded_length() > self.max_packet_size {
            let full = std::mem::replace(writer, PacketWriter::new(self.header));
            self.ready.push_back(full.finish());
        }
        writer.chunk(chunk.kind, chunk.flags, chunk.value);
    }

    /// Hands a checked packet over, and takes the messages that it completed.
    pub(crate) fn handle_packet(
        &mut self,
        now: Instant,
        packet: Vec<u8>,
        streams: &mut Streams,
    ) -> Result<usize, Lost> {
        self.is_dirty = true;
        let event = self.endpoint.handle(now, NOWHERE, None, None, Bytes::from(packet));
        if let Some((_, DatagramEvent::AssociationEvent(event))) = event {
            self.proto.handle_event(event);
        }
        self.take_events(streams)
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant, streams: &mut Streams) -> Result<usize, Lost> {
        if self.proto.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.is_dirty = true;
            self.proto.handle_timeout(now);
        }
        let probe = self.recovery.take_probe(now, self.estimate());
        self.send_again(probe);
        self.take_events(streams)
    }

    /// When something is due.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        [self.proto.poll_timeout(), self.recovery.deadline()].into_iter().flatten().min()
    }

    /// Makes sure that the library knows a stream: it forgets what is skipped on streams unknown to it.
    pub(crate) fn ensure_stream(&mut self, id: u16) {
        // An error says that it exists.
        let _ = self.proto.open_stream(id, PayloadProtocolIdentifier::Unknown);
    }

    /// The bytes of chunks that the library held when it wrote its last SACK.
    pub(crate) fn bytes_held(&self) -> usize {
        self.receive_window.saturating_sub(self.credit)
    }

    /// Moves the library's news into `streams`, and says how many chunks became messages.
    fn take_events(&mut self, streams: &mut Streams) -> Result<usize, Lost> {
        let mut taken = 0;
        let mut lost = None;
        while let Some(event) = self.proto.poll() {
            match event {
                ProtoEvent::Stream(StreamEvent::Readable { id }) => {
                    taken += self.take_messages(id, streams);
                }
                ProtoEvent::AssociationLost { reason } => {
                    lost = Some(match reason {
                        sctp_proto::AssociationError::ReceiveBufferExhausted => Lost::ReceiveLimit,
                        _ => Lost::Violation,
                    });
                }
                _ => {}
            }
        }
        while self.proto.accept_stream().is_some() {}
        if let Some(lost) = lost {
            return Err(lost);
        }
        for id in streams.active() {
            let outstanding = self.proto.stream(id).ok().and_then(|stream| stream.buffered_amount().ok());
            streams.set_outstanding(id, outstanding.unwrap_or(0));
        }
        if streams.outstanding() == 0 || self.highest_sent.is_after(self.fed) {
            self.fed = self.highest_sent;
        }
        Ok(taken)
    }

    fn take_messages(&mut self, id: u16, streams: &mut Streams) -> usize {
        let mut taken = 0;
        while let Ok(Some(mut chunks)) = self.proto.stream(id).and_then(|mut stream| stream.read()) {
            taken += chunks.chunks.len();
            let ppid = Ppid(chunks.ppi as u32);
            let payload = chunks.next(chunks.len()).map_or_else(Bytes::new, |chunk| chunk.bytes);
            streams.deliver(Message { stream: id, ppid, payload });
        }
        taken
    }

    /// Hands messages over as long as the library has little to look after.
    fn feed(&mut self, now: Instant, streams: &mut Streams) {
        while streams.has_message()
            && streams.outstanding() < MAX_OUTSTANDING
            && self.fed.distance_from(self.acknowledged) < MAX_OUTSTANDING_CHUNKS
        {
            let Some((id, message)) = streams.next_message() else { return };
            self.is_dirty = true;
            if self.write(now, id, &message, streams) {
                let chunks = message.payload.len().div_ceil(self.max_packet_size - DATA_OVERHEAD);
                self.fed = self.fed.add(chunks as u32);
            }
            let outstanding = self.proto.stream(id).ok().and_then(|stream| stream.buffered_amount().ok());
            streams.set_outstanding(id, outstanding.unwrap_or(0));
        }
    }

    /// Hands one message over. False if its life ended before.
    fn write(&mut self, now: Instant, id: u16, message: &Outgoing, streams: &mut Streams) -> bool {
        let (kind, value) = match message.delivery.reliability {
            Reliability::Reliable => (ReliabilityType::Reliable, 0),
            Reliability::MaxRetransmits(times) => (ReliabilityType::Rexmit, u32::from(times)),
            Reliability::MaxLifetime(lifetime) => {
                let age = now.saturating_duration_since(message.queued_at);
                match lifetime.checked_sub(age) {
                    Some(left) => {
                        (ReliabilityType::Timed, u32::try_from(left.as_millis()).unwrap_or(u32::MAX))
                    }
                    None => return false,
                }
            }
        };
        if kind != ReliabilityType::Reliable {
            streams.entry(id).may_lose = true;
        }
        self.ensure_stream(id);
        let ppid = PayloadProtocolIdentifier::from(message.ppid.0);
        self.proto
            .stream(id)
            .and_then(|mut stream| {
                stream.set_reliability_params(!message.delivery.ordered, kind, value)?;
                stream.write_sctp(&message.payload, ppid)
            })
            .is_ok()
    }

    /// The next packet, if any.
    pub(crate) fn poll_packet(&mut self, now: Instant, streams: &mut Streams) -> Option<Vec<u8>> {
        if self.ready.is_empty() {
            self.feed(now, streams);
        }
        if self.ready.is_empty() && self.is_dirty {
            self.is_dirty = false;
            if let Some(transmit) = self.proto.poll_transmit(now)
                && let Payload::RawEncode(packets) = transmit.payload
            {
                let last = packets.iter().rposition(|packet| outbound::carries_data(packet));
                for (position, packet) in packets.iter().enumerate() {
                    self.look_over(now, packet, Some(position) == last, streams);
                }
                if last.is_some() {
                    let rtt = self.estimate();
                    self.recovery.arm(now, rtt);
                }
            }
        }
        self.ready.pop_front()
    }

    /// The acknowledgement written last, once.
    pub(crate) fn take_acked_to_peer(&mut self) -> Option<(Serial32, Vec<(u16, u16)>)> {
        self.acked_to_peer.take()
    }

    /// Repeats the last SACK with today's window, if the peer should know it: the window was closed to less
    /// than a quarter and is now open by half (RFC 9260, section 6.2, asks for such an update and for avoiding
    /// silly windows), or `force` says so.
    pub(crate) fn update_window(&mut self, streams: &Streams, force: bool) {
        let window = self.window(streams);
        let opened = self.advertised < self.receive_window / 4 && window >= self.receive_window / 2;
        if !opened && !force {
            return;
        }
        let Some(mut value) = self.last_sack.clone() else { return };
        outbound::set_window(&mut value, window);
        self.advertised = window;
        self.ready.push_back(single(self.header, kind::SACK, 0, &value));
    }

    /// What we can take: what the library has free less what waits for its reader.
    fn window(&self, streams: &Streams) -> usize {
        self.credit.saturating_sub(streams.unread())
    }
}
