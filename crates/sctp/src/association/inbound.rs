//! The way of a packet in.

use std::time::Instant;

use base::{Reader, Serial32, Writer};

use super::{AbortCause, Association, Established, Phase};
use crate::CloseCause;
use crate::packet::{Chunk, Header, PacketWriter, has_right_checksum, kind, parse, single};
use crate::stream::Streams;

/// Bytes of a DATA chunk's value before the user data.
const DATA_HEADER: usize = 12;
/// Bytes of a SACK's value before the gap ack blocks.
const SACK_HEADER: usize = 12;
/// DATA's flag of unordered messages.
const UNORDERED: u8 = 4;
/// The T bit of ABORT and SHUTDOWN COMPLETE: the tag is the sender's own (RFC 9260, section 8.5.1).
const REFLECTED: u8 = 1;
/// DATA chunks that wait for the rest of their messages, or for earlier messages; a peer with more is thrown
/// out. The receive window counts bytes, and a chunk of one byte takes far more memory than that.
const MAX_HELD: usize = 16_384;
/// From so many on, only what fills a gap is taken, so that a peer whose packet was lost is not thrown out.
const MAX_HELD_BEYOND_GAP: usize = MAX_HELD / 4 * 3;
/// FORWARD TSN further ahead than this is not believed: more cannot be outstanding.
const MAX_FORWARD: i32 = u16::MAX as i32;

/// What is to be done with a chunk.
enum Verdict {
    /// Handed over as it is.
    Keep,
    /// Handed over with another value.
    Replace(Vec<u8>),
    /// Dealt with, or dropped.
    Done,
}

/// Takes a packet in.
pub(super) fn handle_packet(association: &mut Association, now: Instant, packet: &[u8]) {
    let config = &association.config;
    let Some((header, chunks)) = parse(packet).filter(|(header, _)| {
        header.source_port == config.remote_port
            && header.destination_port == config.local_port
            && has_right_checksum(packet)
    }) else {
        association.counters.dropped_malformed += 1;
        return;
    };
    let mut rest = chunks.clone();
    let Some(first) = rest.next() else {
        association.counters.dropped_malformed += 1;
        return;
    };
    if first.kind == kind::INIT {
        // RFC 9260, sections 8.5.1 A and 4: an INIT has the tag 0 and is alone.
        if header.tag != 0 || rest.next().is_some() {
            association.counters.dropped_malformed += 1;
        } else {
            handle_init(association, &first);
        }
        return;
    }
    if !is_our_tag(association, &header, &first) {
        association.counters.dropped_tag += 1;
        return;
    }
    if matches!(association.phase, Phase::Connecting) {
        for chunk in chunks.clone() {
            handle_connecting(association, now, &chunk);
        }
    }
    if matches!(association.phase, Phase::Established(_)) {
        handle_established(association, now, header, packet);
    } else if let Phase::Closed { peer_tag: Some(tag) } = association.phase {
        handle_closed(association, tag, &first);
    }
}

/// RFC 9260, section 8.5.
fn is_our_tag(association: &Association, header: &Header, first: &Chunk<'_>) -> bool {
    let peer_tag = match &association.phase {
        Phase::Connecting => association.handshake.echoed_peer().map(|peer| peer.tag),
        Phase::Established(established) => Some(established.peer.tag),
        Phase::Closed { peer_tag } => *peer_tag,
    };
    let is_reflected = matches!(first.kind, kind::ABORT | kind::SHUTDOWN_COMPLETE)
        && first.flags & REFLECTED != 0
        && peer_tag == Some(header.tag);
    header.tag == association.handshake.local().tag || is_reflected
}

/// RFC 9260, sections 5.1 B, 5.2.1 and 5.2.2.
fn handle_init(association: &mut Association, chunk: &Chunk<'_>) {
    let answer = association.handshake.handle_init(chunk);
    let is_expected = match &association.phase {
        Phase::Connecting => true,
        // A copy of the INIT that began this association, late; another one would be a peer that has begun
        // anew, which has to bring a new DTLS connection.
        Phase::Established(established) => {
            Reader::new(chunk.value).u32() == Some(established.peer.tag) && !established.shutdown.is_running()
        }
        Phase::Closed { .. } => false,
    };
    if is_expected && answer.is_some() {
        association.push_control(answer);
    } else {
        association.counters.dropped_state += 1;
    }
}

fn handle_connecting(association: &mut Association, now: Instant, chunk: &Chunk<'_>) {
    if !matches!(association.phase, Phase::Connecting) {
        return;
    }
    match chunk.kind {
        kind::INIT_ACK => {
            let echo = association.handshake.handle_init_ack(now, chunk);
            if echo.is_none() {
                association.counters.dropped_state += 1;
            }
            association.push_control(echo);
        }
        kind::COOKIE_ECHO => match association.handshake.handle_cookie_echo(chunk) {
            // Handled once more as a repetition, which writes the COOKIE ACK.
            Some((peer, _)) => association.establish(now, peer),
            None => association.counters.dropped_state += 1,
        },
        kind::ABORT => association.close(CloseCause::PeerAbort),
        // RFC 9260, section 5.2.4.1: a stale cookie; the timer asks again.
        kind::ERROR => {}
        // COOKIE ACK, or what the peer sends only when it has accepted the cookie: the COOKIE ACK was
        // overtaken or lost.
        kind::COOKIE_ACK | kind::DATA | kind::SACK | kind::HEARTBEAT => {
            match association.handshake.echoed_peer() {
                Some(peer) => association.establish(now, peer),
                None => association.counters.dropped_state += 1,
            }
        }
        _ => association.counters.dropped_state += 1,
    }
}

/// RFC 9260, section 8.4, point 5: the SHUTDOWN COMPLETE was lost.
fn handle_closed(association: &mut Association, tag: u32, first: &Chunk<'_>) {
    if first.kind == kind::SHUTDOWN_ACK {
        let header = Header {
            source_port: association.config.local_port,
            destination_port: association.config.remote_port,
            tag,
        };
        association.push_control(Some(single(header, kind::SHUTDOWN_COMPLETE, 0, &[])));
    } else {
        association.counters.dropped_state += 1;
    }
}

fn handle_established(association: &mut Association, now: Instant, header: Header, packet: &[u8]) {
    let Some((_, mut chunks)) = parse(packet) else { return };
    let mut writer = PacketWriter::new(header);
    let mut is_changed = false;
    let mut seen = Seen::default();
    for chunk in chunks.by_ref() {
        let verdict = handle_chunk(association, now, &chunk, &mut seen);
        if !matches!(association.phase, Phase::Established(_)) {
            return;
        }
        match verdict {
            Verdict::Keep => {
                writer.chunk(chunk.kind, chunk.flags, chunk.value);
            }
            Verdict::Replace(value) => {
                is_changed = true;
                writer.chunk(chunk.kind, chunk.flags, &value);
            }
            Verdict::Done => is_changed = true,
        }
    }
    if !chunks.is_canonical {
        is_changed = true;
        association.counters.dropped_malformed += 1;
    }
    let Phase::Established(established) = &mut association.phase else { return };
    established.last_heard = now;
    established.shutdown.handle_sign_of_life();
    if !writer.is_empty() {
        let packet = if is_changed { writer.finish() } else { packet.to_vec() };
        let result = established.transfer.handle_packet(now, packet, &mut association.streams);
        association.take_result(result);
    }
    if seen.wants_sack
        && let Phase::Established(established) = &mut association.phase
    {
        established.transfer.update_window(&association.streams, true);
    }
    association.advance(now);
    finish(association);
}

/// Ends what has come to its end.
fn finish(association: &mut Association) {
    let Phase::Established(established) = &association.phase else { return };
    if established.held > MAX_HELD {
        association.abort_with(AbortCause::OutOfResource, CloseCause::ReceiveLimit);
    }
}

/// Chunks of which one packet needs only one.
#[derive(Default)]
struct Seen {
    sack: bool,
    forward_tsn: bool,
    /// DATA was refused because the window is closed: the peer has to hear that.
    wants_sack: bool,
}

fn handle_chunk(association: &mut Association, now: Instant, chunk: &Chunk<'_>, seen: &mut Seen) -> Verdict {
    let Association { phase, streams, config, .. } = association;
    let Phase::Established(established) = phase else { return Verdict::Done };
    let verdict = match chunk.kind {
        kind::DATA => {
            // RFC 9260, section 6.2: DATA without user data ends the association.
            if chunk.value.len() == DATA_HEADER {
                association.abort_with(AbortCause::ProtocolViolation, CloseCause::ProtocolViolation);
                return Verdict::Done;
            }
            check_data(established, streams, config.receive_window as usize, chunk, seen)
        }
        kind::SACK if !std::mem::replace(&mut seen.sack, true) => check_sack(established, now, chunk),
        kind::FORWARD_TSN if !std::mem::replace(&mut seen.forward_tsn, true) => {
            check_forward_tsn(established, streams, chunk)
        }
        kind::SACK | kind::FORWARD_TSN => None,
        _ => return handle_control(association, now, chunk),
    };
    verdict.unwrap_or_else(|| {
        association.counters.dropped_state += 1;
        Verdict::Done
    })
}

fn handle_control(association: &mut Association, now: Instant, chunk: &Chunk<'_>) -> Verdict {
    let Phase::Established(established) = &mut association.phase else { return Verdict::Done };
    let header = established.transfer.header();
    match chunk.kind {
        kind::COOKIE_ECHO => {
            let answer = association.handshake.handle_cookie_echo(chunk);
            let ack = answer.filter(|(peer, _)| peer.tag == established.peer.tag).map(|(_, ack)| ack);
            association.push_control(ack);
        }
        kind::HEARTBEAT => {
            // RFC 9260, section 8.3: the peer's information goes back as it came.
            let echo = single(header, kind::HEARTBEAT_ACK, 0, chunk.value);
            let fits = echo.len() <= association.config.max_packet_size;
            association.push_control(fits.then_some(echo));
        }
        kind::ABORT => association.close(CloseCause::PeerAbort),
        kind::RE_CONFIG => {
            let received = established.received.cumulative();
            let Association { streams, events, .. } = association;
            match established.resets.handle(now, chunk.value, received, streams, events) {
                Some(answer) => {
                    association.push_control(answer.map(|value| single(header, kind::RE_CONFIG, 0, &value)))
                }
                None => association.counters.dropped_malformed += 1,
            }
        }
        kind::SHUTDOWN => established.shutdown.handle_shutdown(),
        kind::SHUTDOWN_ACK if established.shutdown.takes_ack() => {
            let cause = close_cause(established);
            association.push_control(Some(single(header, kind::SHUTDOWN_COMPLETE, 0, &[])));
            association.close(cause);
        }
        kind::SHUTDOWN_COMPLETE if established.shutdown.takes_complete() => {
            let cause = close_cause(established);
            association.close(cause);
        }
        // Repetitions of what is done, reports, and chunks that we did not offer to understand.
        kind::COOKIE_ACK | kind::HEARTBEAT_ACK | kind::ERROR => {}
        _ => association.counters.dropped_state += 1,
    }
    Verdict::Done
}

fn close_cause(established: &Established) -> CloseCause {
    if established.shutdown.is_ours() { CloseCause::Local } else { CloseCause::PeerShutdown }
}

/// RFC 9260, sections 3.3.1 and 6.2.
fn check_data(
    established: &mut Established,
    streams: &mut Streams,
    window: usize,
    chunk: &Chunk<'_>,
    seen: &mut Seen,
) -> Option<Verdict> {
    let mut reader = Reader::new(chunk.value);
    let (tsn, id, ssn, _ppid) = (reader.u32()?, reader.u16()?, reader.u16()?, reader.u32()?);
    if id >= established.max_streams {
        return None;
    }
    if established.received.is_duplicate(tsn) {
        // Handed over to be reported as a duplicate, with nothing of it used.
        return Some(Verdict::Keep);
    }
    if !established.received.is_wanted(tsn) || established.resets.is_beyond_reset(id, Serial32(tsn)) {
        return None;
    }
    // RFC 9260, section 6.2: with the window closed, only what fills a gap is taken.
    if streams.unread() >= window && (established.received.has_no_gap() || streams.unread() >= 2 * window) {
        seen.wants_sack = true;
        return None;
    }
    let is_next = Serial32(tsn) == established.received.cumulative().next();
    if !is_next && established.held >= MAX_HELD_BEYOND_GAP {
        return None;
    }
    established.received.insert(tsn);
    established.held += 1;
    let stream = streams.entry(id);
    stream.is_incoming_reset = false;
    if chunk.flags & UNORDERED != 0 {
        return Some(Verdict::Keep);
    }
    let inner = stream.incoming_ssn(ssn);
    if inner == ssn {
        return Some(Verdict::Keep);
    }
    let mut value = chunk.value.to_vec();
    value[6..8].copy_from_slice(&inner.to_be_bytes());
    Some(Verdict::Replace(value))
}

/// RFC 9260, sections 3.3.4 and 6.2.1. What acknowledges more than was sent, or the same twice, is no SACK.
fn check_sack(established: &mut Established, now: Instant, chunk: &Chunk<'_>) -> Option<Verdict> {
    let mut reader = Reader::new(chunk.value);
    let (cumulative, _window) = (Serial32(reader.u32()?), reader.u32()?);
    let (gaps, duplicates) = (usize::from(reader.u16()?), usize::from(reader.u16()?));
    if chunk.value.len() < SACK_HEADER + 4 * (gaps + duplicates) {
        return None;
    }
    let highest = established.transfer.highest_sent();
    let mut before = 0;
    for _ in 0..gaps {
        let (start, end) = (reader.u16()?, reader.u16()?);
        if start <= before || end < start {
            return None;
        }
        before = end;
    }
    if cumulative.add(u32::from(before)).distance_from(highest) > 0 || cumulative.distance_from(highest) > 0 {
        return None;
    }
    let mut blocks = Reader::new(&chunk.value[SACK_HEADER..SACK_HEADER + 4 * gaps]);
    let gaps = std::iter::from_fn(|| Some((blocks.u16()?, blocks.u16()?)));
    established.transfer.note_acknowledged(now, cumulative, gaps);
    Some(Verdict::Keep)
}

/// RFC 3758, section 3.6.
fn check_forward_tsn(
    established: &mut Established,
    streams: &mut Streams,
    chunk: &Chunk<'_>,
) -> Option<Verdict> {
    let mut reader = Reader::new(chunk.value);
    let tsn = Serial32(reader.u32()?);
    let distance = tsn.distance_from(established.received.cumulative());
    if !reader.remaining().is_multiple_of(4) || distance > MAX_FORWARD {
        return None;
    }
    if distance <= 0 {
        // Handed over to be acknowledged again, without the streams.
        return Some(Verdict::Replace(tsn.0.to_be_bytes().to_vec()));
    }
    let mut value = Vec::with_capacity(chunk.value.len());
    let mut writer = Writer::new(&mut value);
    writer.u32(tsn.0);
    while let (Some(id), Some(ssn)) = (reader.u16(), reader.u16()) {
        if id < established.max_streams {
            established.transfer.ensure_stream(id);
            writer.u16(id).u16(streams.entry(id).incoming_ssn(ssn));
        }
    }
    established.received.forward(tsn);
    Some(Verdict::Replace(value))
}
