//! HyStart++ (RFC 9406): slow start ends when the round-trip time grows, before packets are lost.

use std::time::Duration;

/// RFC 9406, section 4.3.
const MIN_THRESHOLD: Duration = Duration::from_millis(4);
const MAX_THRESHOLD: Duration = Duration::from_millis(16);
const DIVISOR: u32 = 8;
const SAMPLES: u32 = 8;
/// Conservative slow start grows by a fourth of what slow start does...
pub(super) const SLOWDOWN: usize = 4;
/// ...for so many rounds.
const CONSERVATIVE_ROUNDS: u32 = 5;

/// Where slow start is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HyStart {
    /// The round ends with the first packet after this one.
    end: u64,
    last_shortest: Option<Duration>,
    shortest: Option<Duration>,
    samples: u32,
    /// Conservative slow start: the shortest round trip when it began, and the rounds left.
    conservative: Option<(Duration, u32)>,
}

impl HyStart {
    /// Whether growth is slow.
    pub(super) fn is_conservative(&self) -> bool {
        self.conservative.is_some()
    }

    /// Takes the round trip of a packet; whether slow start is over.
    pub(super) fn note(&mut self, rtt: Duration, newest: u64, next: u64) -> bool {
        if newest >= self.end {
            self.end = next;
            self.last_shortest = self.shortest.take();
            self.samples = 0;
            if let Some((_, rounds)) = &mut self.conservative {
                *rounds -= 1;
                if *rounds == 0 {
                    return true;
                }
            }
        }
        let shortest = self.shortest.map_or(rtt, |shortest| shortest.min(rtt));
        self.shortest = Some(shortest);
        self.samples += 1;
        if self.samples < SAMPLES {
            return false;
        }
        match (self.conservative, self.last_shortest) {
            (None, Some(last)) => {
                let threshold = (last / DIVISOR).clamp(MIN_THRESHOLD, MAX_THRESHOLD);
                if shortest >= last + threshold {
                    self.conservative = Some((shortest, CONSERVATIVE_ROUNDS));
                }
            }
            // It was no queue.
            (Some((baseline, _)), _) if shortest < baseline => self.conservative = None,
            _ => {}
        }
        false
    }
}
