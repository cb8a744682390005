//! How much the peer may send ahead of our readers (the a_rwnd of RFC 9260, section 3.3.4).
//!
//! A window is a promise of memory. It begins small and grows with what the readers took in a round trip, so that a
//! long fat path with quick readers gets what it needs, and a peer whose messages nobody reads gets no more than at the
//! beginning. It never shrinks: a promise is not taken back (RFC 9260, section 6.2.1).

use std::time::{Duration, Instant};

use crate::Config;

/// Where every window begins, in bytes, unless messages are longer or the most is less.
const INITIAL: usize = 1024 * 1024;
/// What there is beside the longest message.
const SLACK: usize = 64 * 1024;
/// The window is so many times what was read in a round trip: the sender may double in the next one (slow start), and
/// what waits behind a loss for another one is not read.
const ROUND_TRIPS: usize = 3;
/// Before anything is known of the path.
const UNKNOWN_RTT: Duration = Duration::from_millis(500);
/// Shorter than this, clusters of packets would be measured and not the path.
const MIN_RTT: Duration = Duration::from_millis(1);

/// What an INIT says of a window that may become so large.
pub(crate) fn initial(most: u32) -> u32 {
    most.min(INITIAL as u32)
}

/// The window.
#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    most: usize,
    path_rtt: Duration,
    /// Bytes that were read since then.
    read: usize,
    since: Option<Instant>,
}

impl Window {
    pub(super) fn new(config: &Config) -> Self {
        let most = config.receive_window as usize;
        Window {
            // A message that did not fit would close the window for ever.
            size: INITIAL.max((config.max_message_size as usize).saturating_add(SLACK)).min(most),
            most,
            path_rtt: config.path_rtt.unwrap_or(UNKNOWN_RTT),
            read: 0,
            since: None,
        }
    }

    /// The whole of it, in bytes.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Messages of so many bytes were read.
    pub(super) fn note_read(&mut self, bytes: usize) {
        self.read = self.read.saturating_add(bytes);
    }

    /// Grows, where a round trip is over.
    pub(super) fn adapt(&mut self, now: Instant, rtt: Option<Duration>) {
        let rtt = rtt.unwrap_or(self.path_rtt).max(MIN_RTT);
        let since = *self.since.get_or_insert(now);
        let elapsed = now.saturating_duration_since(since);
        if elapsed < rtt {
            return;
        }
        let in_round = self.read as f64 * rtt.as_secs_f64() / elapsed.as_secs_f64();
        self.size = self.size.max((in_round as usize).saturating_mul(ROUND_TRIPS).min(self.most));
        self.read = 0;
        self.since = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 30 * 1024 * 1024;

    fn window() -> (Window, Instant) {
        #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
        let now = Instant::now();
        (Window::new(&Config { receive_window: MOST as u32, ..Config::default() }), now)
    }

    #[test]
    fn a_window_grows_with_what_is_read_in_a_round_trip_and_never_shrinks() {
        let rtt = Duration::from_millis(100);
        let (mut window, mut now) = window();
        assert_eq!(window.size(), INITIAL);
        let mut sizes = Vec::new();
        for _ in 0..80 {
            window.adapt(now, Some(rtt));
            sizes.push(window.size());
            // The peer is limited by the window alone, and the reader is quick; it is asked ten times a round.
            window.note_read(window.size() / 10);
            now += rtt / 10;
        }
        assert!(sizes.is_sorted());
        assert_eq!(window.size(), MOST);
        now += Duration::from_secs(60);
        window.adapt(now, Some(rtt));
        assert_eq!(window.size(), MOST);
    }

    #[test]
    fn a_slow_reader_gets_no_larger_window() {
        let (mut window, mut now) = window();
        for _ in 0..1000 {
            // 5 MB a second; three round trips of that are 300 KB.
            now += Duration::from_millis(10);
            window.note_read(50_000);
            window.adapt(now, Some(Duration::from_millis(20)));
        }
        assert_eq!(window.size(), INITIAL);
    }

    #[test]
    fn the_longest_message_fits() {
        let config = Config { receive_window: MOST as u32, max_message_size: 5_000_000, ..Config::default() };
        assert!(Window::new(&config).size() > 5_000_000);
    }
}
