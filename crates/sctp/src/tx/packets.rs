//! The packets that carried user data, in the order in which they were sent, and how fast they arrive
//! (draft-ietf-ccwg-bbr, section 4.1: delivery rate samples).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::room::give_back;
use crate::tsn::Tsn;

/// A packet, and how things stood when it was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet {
    pub(super) sent_at: Instant,
    delivered: u64,
    delivered_at: Instant,
    first_sent_at: Instant,
    is_app_limited: bool,
    in_flight: usize,
    lost: u64,
    /// It was longer than what every path bears.
    pub(super) is_raised: bool,
}

/// What the acknowledgements of one SACK say about the path. Bytes are those of DATA chunks with their headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateSample {
    /// All that had arrived when the newest of the packets was sent.
    pub(crate) prior_delivered: u64,
    /// What arrived between then and now.
    pub(crate) delivered: u64,
    /// The time that this took, as long as sending it took at least.
    pub(crate) interval: Duration,
    /// There was nothing more to send: the path could have carried more.
    pub(crate) is_app_limited: bool,
    /// What was on its way when the newest of the packets was sent, with the packet.
    pub(crate) in_flight: usize,
    /// What was found to be lost since then.
    pub(crate) lost: u64,
}

/// The packets of which something may be on its way.
#[derive(Debug)]
pub(super) struct Packets {
    /// The number of the first in `packets`.
    first: u64,
    packets: VecDeque<Packet>,
    /// Packet and TSN of every chunk that was sent, in that order; what is not on its way any more is skipped.
    /// Bounded by what may be outstanding, and by what is sent again within a round trip.
    order: VecDeque<(u64, Tsn)>,
    delivered: u64,
    delivered_at: Instant,
    first_sent_at: Instant,
    lost: u64,
    /// Samples are limited by the application until so much has arrived.
    app_limited_until: u64,
    /// The newest packet of the SACK in hand.
    newest: Option<(u64, Packet)>,
}

impl Packets {
    pub(super) fn new(now: Instant) -> Self {
        Packets {
            first: 0,
            packets: VecDeque::new(),
            order: VecDeque::new(),
            delivered: 0,
            delivered_at: now,
            first_sent_at: now,
            lost: 0,
            app_limited_until: 0,
            newest: None,
        }
    }

    /// The number that the next packet gets.
    pub(super) fn next_number(&self) -> u64 {
        self.first + self.packets.len() as u64
    }

    /// A packet with user data is sent; `in_flight` with it.
    pub(super) fn push(&mut self, now: Instant, in_flight_before: usize, in_flight: usize, is_raised: bool) {
        if in_flight_before == 0 {
            self.first_sent_at = now;
            self.delivered_at = now;
        }
        self.packets.push_back(Packet {
            sent_at: now,
            delivered: self.delivered,
            delivered_at: self.delivered_at,
            first_sent_at: self.first_sent_at,
            is_app_limited: self.app_limited_until > self.delivered,
            in_flight,
            lost: self.lost,
            is_raised,
        });
    }

    /// A chunk goes with the next packet.
    pub(super) fn push_chunk(&mut self, tsn: Tsn) {
        self.order.push_back((self.next_number(), tsn));
    }

    pub(super) fn get(&self, number: u64) -> Option<&Packet> {
        self.packets.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// The chunk that was sent before all others.
    pub(super) fn oldest(&self) -> Option<(u64, Tsn)> {
        self.order.front().copied()
    }

    /// The oldest chunk is not on its way any more.
    pub(super) fn pop_oldest(&mut self) {
        self.order.pop_front();
        let until = self.oldest().map_or(self.next_number(), |(number, _)| number);
        while self.first < until && self.packets.pop_front().is_some() {
            self.first += 1;
        }
    }

    /// Gives back what many packets took, while there are none.
    pub(super) fn give_back(&mut self) {
        give_back(&mut self.packets);
        give_back(&mut self.order);
    }

    /// There is nothing more to send, though more might be.
    pub(super) fn note_app_limited(&mut self, in_flight: usize) {
        self.app_limited_until = (self.delivered + in_flight as u64).max(1);
    }

    /// So much was found to be lost.
    pub(super) fn note_lost(&mut self, bytes: usize) {
        self.lost += bytes as u64;
    }

    /// So much of that was not lost to congestion.
    pub(super) fn forgive(&mut self, bytes: usize) {
        self.lost = self.lost.saturating_sub(bytes as u64);
    }

    /// A chunk has arrived, with a packet whose number is known or not.
    pub(super) fn note_delivered(&mut self, now: Instant, number: Option<u64>, bytes: usize) {
        self.delivered += bytes as u64;
        self.delivered_at = now;
        if let Some(number) = number
            && let Some(packet) = self.get(number).copied()
            && self.newest.is_none_or(|(newest, _)| number > newest)
        {
            self.newest = Some((number, packet));
        }
    }

    /// All that has arrived so far.
    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// The sample of the SACK in hand.
    pub(super) fn take_sample(&mut self) -> Option<RateSample> {
        let (_, packet) = self.newest.take()?;
        self.first_sent_at = packet.sent_at;
        let sending = packet.sent_at.saturating_duration_since(packet.first_sent_at);
        let arriving = self.delivered_at.saturating_duration_since(packet.delivered_at);
        Some(RateSample {
            prior_delivered: packet.delivered,
            delivered: self.delivered - packet.delivered,
            interval: sending.max(arriving),
            is_app_limited: packet.is_app_limited,
            in_flight: packet.in_flight,
            lost: self.lost.saturating_sub(packet.lost),
        })
    }
}
