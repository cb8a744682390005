//! The way of a packet in.

use std::time::Instant;

use base::{Reader, Serial32};

use super::{Association, Established, Phase};
use crate::CloseCause;
use crate::chunk::{Data, ForwardTsn, IForwardTsn, Sack, Skipped};
use crate::packet::{Chunk, Chunks, Header, has_right_checksum, kind, parse, single};
use crate::rx::{Fatal, Taken};

/// The T bit of ABORT and SHUTDOWN COMPLETE: the tag is the sender's own (RFC 9260, section 8.5.1).
const REFLECTED: u8 = 1;
/// Takes a packet in.
pub(super) fn handle_packet(association: &mut Association, now: Instant, packet: &[u8]) {
    let config = &association.config;
    // RFC 9653, section 5.3: what we announced is taken, in every packet.
    let takes_zero = association.handshake.local().zero_checksum;
    let Some((header, chunks)) = parse(packet).filter(|(header, _)| {
        header.source_port == config.remote_port
            && header.destination_port == config.local_port
            && (header.omits_checksum && takes_zero || has_right_checksum(packet))
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
        handle_established(association, now, chunks);
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
        kind::COOKIE_ACK | kind::DATA | kind::I_DATA | kind::SACK | kind::HEARTBEAT => {
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
            omits_checksum: false,
        };
        association.push_control(Some(single(header, kind::SHUTDOWN_COMPLETE, 0, &[])));
    } else {
        association.counters.dropped_state += 1;
    }
}

fn handle_established(association: &mut Association, now: Instant, mut chunks: Chunks<'_>) {
    let mut seen = Seen::default();
    for chunk in chunks.by_ref() {
        handle_chunk(association, now, &chunk, &mut seen);
        if !matches!(association.phase, Phase::Established(_)) {
            return;
        }
    }
    if !chunks.is_canonical {
        association.counters.dropped_malformed += 1;
    }
    let Phase::Established(established) = &mut association.phase else { return };
    established.last_heard = now;
    established.shutdown.handle_sign_of_life();
    let rtt = established.sender.rtt();
    established.receiver.end_packet(now, rtt);
    association.advance(now);
}

/// Chunks of which one packet needs only one.
#[derive(Default)]
struct Seen {
    sack: bool,
    forward_tsn: bool,
}

fn handle_chunk(association: &mut Association, now: Instant, chunk: &Chunk<'_>, seen: &mut Seen) {
    let taken = match chunk.kind {
        kind::DATA | kind::I_DATA => handle_data(association, chunk),
        kind::SACK if !std::mem::replace(&mut seen.sack, true) => handle_sack(association, now, chunk),
        kind::FORWARD_TSN | kind::I_FORWARD_TSN if !std::mem::replace(&mut seen.forward_tsn, true) => {
            handle_forward_tsn(association, chunk)
        }
        kind::SACK | kind::FORWARD_TSN | kind::I_FORWARD_TSN => None,
        _ => return handle_control(association, now, chunk),
    };
    if taken != Some(Taken::Yes) {
        association.counters.dropped_state += 1;
    }
}

fn handle_control(association: &mut Association, now: Instant, chunk: &Chunk<'_>) {
    let Phase::Established(established) = &mut association.phase else { return };
    let header = established.header;
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
        kind::HEARTBEAT_ACK => established.sender.handle_heartbeat_ack(now, chunk.value),
        kind::ABORT => association.close(CloseCause::PeerAbort),
        kind::RE_CONFIG => {
            let received = established.receiver.cumulative();
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
        // Repetitions of what is done, reports, and padding (RFC 4820, section 3).
        kind::COOKIE_ACK | kind::ERROR | kind::PAD => {}
        _ => association.counters.dropped_state += 1,
    }
}

fn close_cause(established: &Established) -> CloseCause {
    if established.shutdown.is_ours() { CloseCause::Local } else { CloseCause::PeerShutdown }
}

/// RFC 9260, sections 3.3.1 and 6.2; RFC 8260, section 2.2.1: an association has chunks of one kind, and those of the
/// other are no messages of it.
fn handle_data(association: &mut Association, chunk: &Chunk<'_>) -> Option<Taken> {
    let Phase::Established(established) = &mut association.phase else { return None };
    let Established { receiver, resets, max_streams, is_interleaved, .. } = &mut **established;
    let data = match (chunk.kind, *is_interleaved) {
        (kind::DATA, false) => Data::read(chunk.flags, chunk.value)?,
        (kind::I_DATA, true) => Data::read_interleaved(chunk.flags, chunk.value)?,
        _ => return None,
    };
    if data.payload.is_empty() {
        // RFC 9260, section 6.2: DATA without user data ends the association.
        association.fail(Fatal::Violation);
        return Some(Taken::Yes);
    }
    if data.stream >= *max_streams || resets.is_beyond_reset(data.stream, Serial32(data.tsn)) {
        return None;
    }
    match receiver.handle_data(&data, &mut association.streams) {
        Ok(taken) => Some(taken),
        Err(fatal) => {
            association.fail(fatal);
            Some(Taken::Yes)
        }
    }
}

/// RFC 9260, sections 3.3.4 and 6.2.1. What acknowledges more than was sent, or the same twice, is no SACK.
fn handle_sack(association: &mut Association, now: Instant, chunk: &Chunk<'_>) -> Option<Taken> {
    let Association { phase: Phase::Established(established), streams, counters, .. } = association else {
        return None;
    };
    let sack = Sack::read(chunk.value)?;
    let highest = established.sender.highest_sent();
    let is_beyond = |tsn: Serial32| tsn.distance_from(highest) > 0;
    if is_beyond(sack.highest()) || is_beyond(Serial32(sack.cumulative)) {
        return None;
    }
    established.sender.handle_sack(now, &sack, streams, counters);
    Some(Taken::Yes)
}

/// RFC 3758, section 3.6; RFC 8260, section 2.3.1.
fn handle_forward_tsn(association: &mut Association, chunk: &Chunk<'_>) -> Option<Taken> {
    let Association { phase: Phase::Established(established), streams, .. } = association else {
        return None;
    };
    let Established { receiver, max_streams, is_interleaved, .. } = &mut **established;
    let exists = |skipped: &Skipped| skipped.stream < *max_streams;
    match (chunk.kind, *is_interleaved) {
        (kind::FORWARD_TSN, false) => {
            let forward = ForwardTsn::read(chunk.value)?;
            Some(receiver.handle_forward_tsn(forward.tsn, forward.skipped().filter(exists), streams))
        }
        (kind::I_FORWARD_TSN, true) => {
            let forward = IForwardTsn::read(chunk.value)?;
            Some(receiver.handle_forward_tsn(forward.tsn, forward.skipped().filter(exists), streams))
        }
        _ => None,
    }
}
