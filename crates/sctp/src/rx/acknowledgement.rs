//! When the peer is told what has come (RFC 9260, section 6.2).

use std::time::{Duration, Instant};

/// Packets with DATA that one SACK may answer when nothing is special about them.
const PACKETS_PER_SACK: u32 = 2;
/// Duplicate TSNs that one SACK names at the most.
const MAX_DUPLICATES: usize = 32;

/// What is to be acknowledged, and when.
#[derive(Debug)]
pub(super) struct Acknowledgement {
    delay: Duration,
    /// Packets with DATA since the last SACK.
    packets: u32,
    /// DATA came in this packet.
    has_data: bool,
    is_asked: bool,
    due: Option<Instant>,
    duplicates: Vec<u32>,
    /// What the last SACK said of the window.
    advertised: usize,
}

impl Acknowledgement {
    pub(super) fn new(window: usize, delay: Duration) -> Self {
        Acknowledgement {
            delay,
            packets: 0,
            has_data: false,
            is_asked: false,
            due: None,
            duplicates: Vec::new(),
            advertised: window,
        }
    }

    /// A DATA chunk came; the peer wants an answer at once if `is_immediate` (RFC 7053).
    pub(super) fn note_data(&mut self, is_immediate: bool) {
        self.has_data = true;
        self.is_asked |= is_immediate;
    }

    /// A DATA chunk came that had come before.
    pub(super) fn note_duplicate(&mut self, tsn: u32) {
        // RFC 9260, section 6.2: such a packet is answered at once.
        self.is_asked = true;
        if self.duplicates.len() < MAX_DUPLICATES {
            self.duplicates.push(tsn);
        }
    }

    /// The peer is to be told without delay.
    pub(super) fn ask(&mut self) {
        self.is_asked = true;
    }

    /// So much of the window is open now: said if it had been closed to less than a quarter and is open by half.
    pub(super) fn note_window(&mut self, open: usize, window: usize) {
        self.is_asked |= self.advertised < window / 4 && open >= window / 2;
    }

    /// A packet has been taken apart.
    pub(super) fn end_packet(&mut self, now: Instant, has_gap: bool) {
        if std::mem::take(&mut self.has_data) {
            self.packets += 1;
            self.is_asked |= has_gap || self.packets >= PACKETS_PER_SACK;
            self.due.get_or_insert(now + self.delay);
        }
    }

    pub(super) fn is_pending(&self) -> bool {
        self.is_asked || self.due.is_some()
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.is_asked || self.due.is_some_and(|due| due <= now)
    }

    /// Does what is due: from now on the next packet brings it, whenever there is one.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.is_asked |= self.due.take_if(|due| *due <= now).is_some();
    }

    /// When the delay is over. What is asked for at once needs no timer: it goes with the next packet.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// A SACK is written that says `advertised`: the duplicates to name.
    pub(super) fn take(&mut self, advertised: usize) -> Vec<u32> {
        self.packets = 0;
        self.is_asked = false;
        self.due = None;
        self.advertised = advertised;
        std::mem::take(&mut self.duplicates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_packet_is_answered_at_once_and_the_first_after_the_delay() {
        #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
        let now = Instant::now();
        let delay = Duration::from_millis(20);
        let mut acknowledgement = Acknowledgement::new(1000, delay);
        assert!(!acknowledgement.is_pending());
        acknowledgement.note_data(false);
        acknowledgement.end_packet(now, false);
        assert!(acknowledgement.is_pending() && !acknowledgement.is_due(now));
        assert_eq!(acknowledgement.deadline(), Some(now + delay));
        assert!(acknowledgement.is_due(now + delay));
        acknowledgement.note_data(false);
        acknowledgement.end_packet(now, false);
        assert!(acknowledgement.is_due(now));
        acknowledgement.take(100);
        assert!(!acknowledgement.is_pending());
        // The window opens again.
        acknowledgement.note_window(400, 1000);
        assert!(!acknowledgement.is_pending());
        acknowledgement.note_window(500, 1000);
        assert!(acknowledgement.is_due(now));
    }
}
