//! Finding losses by time (RACK, RFC 8985, on TSNs): what was sent a good while before something that has
//! arrived, and has not arrived itself, is lost.

use std::time::{Duration, Instant};

use super::rtt::Rtt;

/// As long as nothing was seen to arrive out of order, so many later packets make an earlier one lost at once
/// (RFC 8985, section 6.2, step 4: DupThresh).
const THRESHOLD: u64 = 3;
/// How wide the window for reordering gets, in quarters of the shortest round trip.
const MAX_MULTIPLE: u32 = 16;
/// For how many losses in a row without a superfluous retransmission a wide window lasts (RFC 8985, section 6.2,
/// step 4).
const PERSISTENCE: u32 = 16;
/// Where clocks and schedulers are coarser than paths are short, packets arrive in clusters.
const MIN_WINDOW: Duration = Duration::from_millis(1);

/// What arrived last of what was sent, and how far order can be trusted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rack {
    /// Number and time of the packet sent last of those that have arrived, and how long it took.
    newest: Option<(u64, Instant, Duration)>,
    is_reordering: bool,
    multiple: u32,
    persists: u32,
    widened_at: Option<Instant>,
    counted_at: Option<Instant>,
    /// When the oldest chunk will be lost unless it arrives.
    pub(super) deadline: Option<Instant>,
}

impl Rack {
    pub(super) fn new() -> Self {
        Rack {
            newest: None,
            is_reordering: false,
            multiple: 1,
            persists: 0,
            widened_at: None,
            counted_at: None,
            deadline: None,
        }
    }

    /// A chunk of a packet has arrived.
    pub(super) fn note_arrival(&mut self, now: Instant, number: u64, sent_at: Instant) {
        if self.newest.is_none_or(|(newest, ..)| number > newest) {
            self.newest = Some((number, sent_at, now.saturating_duration_since(sent_at)));
        }
    }

    /// The number of the packet sent last of those that have arrived.
    pub(super) fn newest(&self) -> Option<u64> {
        self.newest.map(|(number, ..)| number)
    }

    /// A chunk that was sent once arrived after a later one.
    pub(super) fn note_reordering(&mut self) {
        self.is_reordering = true;
    }

    /// A retransmission was superfluous: the window was too narrow (RFC 8985, section 6.2, step 4).
    pub(super) fn note_superfluous(&mut self, now: Instant, rtt: &Rtt) {
        self.is_reordering = true;
        self.persists = PERSISTENCE;
        let lately = rtt.smoothed().unwrap_or_default();
        if self.widened_at.is_none_or(|at| at + lately <= now) {
            self.widened_at = Some(now);
            self.multiple = (self.multiple + 1).min(MAX_MULTIPLE);
        }
    }

    /// Losses were found: a wide window is given up after so many round trips with some and none in error.
    pub(super) fn note_loss(&mut self, now: Instant, rtt: &Rtt) {
        let lately = rtt.smoothed().unwrap_or_default();
        if self.counted_at.is_none_or(|at| at + lately <= now) {
            self.counted_at = Some(now);
            self.persists = self.persists.saturating_sub(1);
            if self.persists == 0 {
                self.multiple = 1;
            }
        }
    }

    /// When a packet that has not arrived is lost; `None` if nothing sent after it has arrived.
    pub(super) fn lost_at(&self, number: u64, sent_at: Instant, rtt: &Rtt) -> Option<Instant> {
        let (newest, _, latest) = self.newest.filter(|(newest, ..)| *newest > number)?;
        if !self.is_reordering && newest - number >= THRESHOLD {
            return Some(sent_at + latest.min(rtt.shortest().unwrap_or(latest)));
        }
        let quarter = rtt.shortest().unwrap_or(latest) / 4;
        let most = rtt.smoothed().unwrap_or(latest);
        let window = (quarter * self.multiple).min(most).max(MIN_WINDOW);
        Some(sent_at + latest.max(rtt.smoothed().unwrap_or_default()) + window)
    }
}
