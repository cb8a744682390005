//! What we acknowledge ([RFC 9147, section 7](https://www.rfc-editor.org/rfc/rfc9147#section-7)).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use base::{Path, SendBatch};

use crate::message::ack::{MAX_NUMBERS, write};
use crate::record::{ContentType, ProtectionKeys, RecordNumber, Records};

/// Bytes around an ACK.
const OVERHEAD: usize = ProtectionKeys::OVERHEAD;

/// The records of the peer's latest flight.
pub(crate) struct Acks {
    /// At most `limit`; of more the latest ones.
    numbers: VecDeque<RecordNumber>,
    /// As many as fit into a datagram, and [`MAX_NUMBERS`] at most.
    limit: usize,
    /// Between a part of a flight and its acknowledgement: section 7.1 recommends a quarter of the retransmission's time.
    delay: Duration,
    at: Option<Instant>,
    is_due: bool,
}

impl Acks {
    /// `interval`: the first retransmission's.
    pub(crate) fn new(mtu: usize, interval: Duration) -> Acks {
        let limit = (mtu.saturating_sub(2 + OVERHEAD) / 16).min(MAX_NUMBERS);
        Acks { numbers: VecDeque::new(), limit, delay: interval / 4, at: None, is_due: false }
    }

    pub(crate) fn add(&mut self, number: RecordNumber) {
        if self.numbers.len() >= self.limit {
            self.numbers.pop_front();
        }
        self.numbers.push_back(number);
    }

    /// Our own flight says it all.
    pub(crate) fn clear(&mut self) {
        self.numbers.clear();
        self.at = None;
        self.is_due = false;
    }

    pub(crate) fn send_now(&mut self) {
        self.is_due = true;
        self.at = None;
    }

    /// The flight misses something, which may be on its way.
    pub(crate) fn send_soon(&mut self, now: Instant) {
        self.at.get_or_insert(now + self.delay);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.at
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.at.is_some_and(|at| at <= now) {
            self.send_now();
        }
    }

    pub(crate) fn poll_transmit(&mut self, records: &mut Records, path: Path, out: &mut SendBatch) {
        if !std::mem::take(&mut self.is_due) || self.numbers.is_empty() {
            return;
        }
        let epoch = records.write_epoch();
        // Of what does not fit, the latest ones.
        let fitting = records.max_content(epoch).saturating_sub(2) / 16;
        let numbers = self.numbers.make_contiguous();
        let numbers = &numbers[numbers.len().saturating_sub(fitting)..];
        let mut body = Vec::with_capacity(2 + 16 * numbers.len());
        write(numbers, &mut body);
        self.numbers.clear();
        out.write(path, |buffer| {
            let _ = records.write(epoch, ContentType::Ack, &[&body], buffer);
        });
    }
}
