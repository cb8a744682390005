//! Resetting streams (RFC 6525).

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use base::{Reader, Serial32, Writer};

use crate::init::Init;
use crate::packet::padding;
use crate::stream::{OutgoingSide, Streams};
use crate::tsn::Tsn;
use crate::{Config, Event};

/// Parameter types (RFC 6525, section 4).
const OUTGOING_RESET: u16 = 13;
const INCOMING_RESET: u16 = 14;
const TSN_RESET: u16 = 15;
const RESPONSE: u16 = 16;
const ADD_OUTGOING: u16 = 17;
const ADD_INCOMING: u16 = 18;

/// Results (RFC 6525, section 4.4).
const NOTHING_TO_DO: u32 = 0;
const PERFORMED: u32 = 1;
const DENIED: u32 = 2;
const BAD_SEQUENCE_NUMBER: u32 = 5;
const IN_PROGRESS: u32 = 6;

/// More streams than this wait for the next request, so that a request fits into a packet.
const MAX_STREAMS_PER_REQUEST: usize = 128;

/// Our request that the peer has not answered.
#[derive(Debug)]
struct Request {
    number: u32,
    streams: Vec<u16>,
    value: Vec<u8>,
    timer: Instant,
    timeout: Duration,
}

/// The peer's request that waits for data on its way.
#[derive(Debug)]
struct Deferred {
    number: u32,
    last_tsn: Serial32,
    /// None stands for all.
    streams: Option<BTreeSet<u16>>,
}

/// All that is going on.
#[derive(Debug)]
pub(crate) struct Resets {
    is_supported: bool,
    rto: (Duration, Duration, Duration),
    /// Streams whose outgoing side is to be reset once flushed. At most one entry a stream.
    waiting: BTreeSet<u16>,
    request: Option<Request>,
    next_number: u32,
    /// The peer's next request.
    expected: u32,
    last_result: u32,
    deferred: Option<Deferred>,
}

impl Resets {
    /// Nothing is going on between two ends that have agreed.
    pub(crate) fn new(config: &Config, local: &Init, peer: &Init) -> Self {
        Resets {
            is_supported: peer.re_config,
            rto: (config.rto_initial, config.rto_min, config.rto_max),
            waiting: BTreeSet::new(),
            request: None,
            // RFC 6525, sections 4.1 and 5.1.1: requests are numbered from the initial TSN.
            next_number: local.tsn,
            expected: peer.tsn,
            last_result: NOTHING_TO_DO,
            deferred: None,
        }
    }

    /// Wants our side of a stream reset.
    pub(crate) fn add(&mut self, id: u16) {
        self.waiting.insert(id);
    }

    /// Whether a request is on its way or waits for its turn.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.request.is_none()
    }

    /// Whether a request awaits its answer.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.request.is_some()
    }

    /// When the request is sent again.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.request.as_ref().map(|request| request.timer)
    }

    /// Whether DATA belongs to the time after a reset that waits for earlier data (RFC 6525, section 5.2.2 E2:
    /// a sender that keeps to section 5.1.2 A1 sends none).
    pub(crate) fn is_beyond_reset(&self, id: u16, tsn: Serial32) -> bool {
        self.deferred.as_ref().is_some_and(|deferred| {
            tsn.is_after(deferred.last_tsn)
                && deferred.streams.as_ref().is_none_or(|streams| streams.contains(&id))
        })
    }

    /// The value of the RE-CONFIG chunk to send now, if any.
    ///
    /// A stream takes part once its data was acknowledged up to the last byte. The request names the TSN up to
    /// which the peer acknowledged everything rather than the last one assigned (RFC 6525, section 5.1.2 A3):
    /// for the streams in question both say the same, and the peer never has to wait for others' data.
    pub(crate) fn poll(
        &mut self,
        now: Instant,
        acknowledged: Tsn,
        rtt: Option<Duration>,
        streams: &mut Streams,
        events: &mut VecDeque<Event>,
    ) -> Option<Vec<u8>> {
        if let Some(request) = &mut self.request {
            if now < request.timer {
                return None;
            }
            request.timer = now + request.timeout;
            request.timeout = (request.timeout * 2).min(self.rto.2);
            return Some(request.value.clone());
        }
        if self.waiting.is_empty() {
            return None;
        }
        if !self.is_supported {
            for id in std::mem::take(&mut self.waiting) {
                streams.entry(id).side = OutgoingSide::Unusable;
                events.push_back(Event::ResetFailed { stream: id });
            }
            return None;
        }
        let flushed: Vec<u16> = self
            .waiting
            .iter()
            .copied()
            .filter(|id| streams.get(*id).is_none_or(|stream| stream.is_flushed(acknowledged)))
            .take(MAX_STREAMS_PER_REQUEST)
            .collect();
        if flushed.is_empty() {
            return None;
        }
        self.waiting.retain(|id| !flushed.contains(id));
        let number = self.next_number;
        self.next_number = number.wrapping_add(1);
        let value = write_request(number, self.expected.wrapping_sub(1), acknowledged.wire(), &flushed);
        let timeout = rtt.map_or(self.rto.0, |rtt| (rtt * 3).clamp(self.rto.1, self.rto.2));
        self.request = Some(Request {
            number,
            streams: flushed,
            value: value.clone(),
            timer: now + timeout,
            timeout: timeout * 2,
        });
        Some(value)
    }

    /// Takes a RE-CONFIG chunk and gives the value of the one that answers, if any. `None` inside stands for a
    /// malformed chunk.
    pub(crate) fn handle(
        &mut self,
        now: Instant,
        value: &[u8],
        received: Serial32,
        streams: &mut Streams,
        events: &mut VecDeque<Event>,
    ) -> Option<Option<Vec<u8>>> {
        let mut answer = Vec::new();
        let mut reader = Reader::new(value);
        // RFC 6525, section 3.1: one or two parameters.
        for _ in 0..2 {
            if reader.is_empty() {
                break;
            }
            let (parameter, length) = (reader.u16()?, usize::from(reader.u16()?));
            let mut body = Reader::new(reader.bytes(length.checked_sub(4)?)?);
            if reader.bytes(padding(length)).is_none() {
                reader.rest();
            }
            let number = body.u32()?;
            match parameter {
                OUTGOING_RESET => {
                    body.u32()?;
                    let last_tsn = Serial32(body.u32()?);
                    let ids: Vec<u16> = std::iter::from_fn(|| body.u16()).collect();
                    let result = self.handle_outgoing_reset(number, last_tsn, &ids, received, streams);
                    write_response(&mut answer, number, result);
                }
                RESPONSE => self.handle_response(now, number, body.u32()?, streams, events),
                // A peer may ask for these; a data channel never needs them (RFC 8831, section 6.7).
                INCOMING_RESET | TSN_RESET | ADD_OUTGOING | ADD_INCOMING => {
                    let result = self.take_number(number).unwrap_or_else(|| {
                        self.last_result = DENIED;
                        DENIED
                    });
                    write_response(&mut answer, number, result);
                }
                _ => {}
            }
        }
        Some((!answer.is_empty()).then_some(answer))
    }

    /// Counts a request of the peer; the result if it is not a new one (RFC 6525, section 5.2.1).
    fn take_number(&mut self, number: u32) -> Option<u32> {
        if number == self.expected {
            self.expected = number.wrapping_add(1);
            None
        } else if number == self.expected.wrapping_sub(1) {
            Some(self.last_result)
        } else {
            Some(BAD_SEQUENCE_NUMBER)
        }
    }

    /// RFC 6525, section 5.2.2.
    fn handle_outgoing_reset(
        &mut self,
        number: u32,
        last_tsn: Serial32,
        ids: &[u16],
        received: Serial32,
        streams: &mut Streams,
    ) -> u32 {
        if let Some(result) = self.take_number(number) {
            return result;
        }
        let ids = (!ids.is_empty()).then(|| ids.iter().copied().collect());
        // Peers that hear "in progress" ask again, some with the same number and some with the next: a new
        // request takes the place of the one that waits.
        self.deferred = Some(Deferred { number, last_tsn, streams: ids });
        self.last_result = IN_PROGRESS;
        self.perform_deferred(received, streams);
        self.last_result
    }

    /// Performs the peer's reset if all that was sent before it has arrived, and gives its answer.
    pub(crate) fn perform_deferred(&mut self, received: Serial32, streams: &mut Streams) -> Option<Vec<u8>> {
        let deferred = self.deferred.take_if(|deferred| !deferred.last_tsn.is_after(received))?;
        let ids = match deferred.streams {
            Some(ids) => ids.into_iter().collect(),
            None => streams.resettable().collect::<Vec<_>>(),
        };
        for id in ids {
            streams.reset_incoming(id);
        }
        self.last_result = PERFORMED;
        let mut answer = Vec::new();
        write_response(&mut answer, deferred.number, PERFORMED);
        Some(answer)
    }

    /// RFC 6525, section 5.2.7.
    fn handle_response(
        &mut self,
        now: Instant,
        number: u32,
        result: u32,
        streams: &mut Streams,
        events: &mut VecDeque<Event>,
    ) {
        let Some(request) = self.request.take_if(|request| request.number == number) else { return };
        match result {
            NOTHING_TO_DO | PERFORMED => {
                for id in request.streams {
                    streams.entry(id).reset_outgoing();
                    events.push_back(Event::ResetComplete { stream: id });
                }
            }
            IN_PROGRESS => {
                let timer = now + request.timeout;
                self.request = Some(Request { timer, ..request });
            }
            _ => {
                for id in request.streams {
                    streams.entry(id).side = OutgoingSide::Unusable;
                    events.push_back(Event::ResetFailed { stream: id });
                }
            }
        }
    }
}

/// RFC 6525, section 4.1.
fn write_request(number: u32, response: u32, last_tsn: Serial32, ids: &[u16]) -> Vec<u8> {
    let mut value = Vec::with_capacity(16 + 2 * ids.len());
    let mut writer = Writer::new(&mut value);
    writer.u16(OUTGOING_RESET).u16(16 + 2 * ids.len() as u16).u32(number).u32(response).u32(last_tsn.0);
    for id in ids {
        writer.u16(*id);
    }
    value
}

/// RFC 6525, section 4.4.
fn write_response(value: &mut Vec<u8>, number: u32, result: u32) {
    Writer::new(value).u16(RESPONSE).u16(12).u32(number).u32(result);
}
