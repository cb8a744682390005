//! `RTCDTMFSender`.

use std::time::{Duration, Instant};

/// The shortest and the longest tone.
const DURATION: (u32, u32) = (40, 6_000);
/// The shortest and the longest gap between two.
const GAP: (u32, u32) = (30, 6_000);
/// How long `,` waits.
const COMMA: Duration = Duration::from_secs(2);

/// Where the DTMF playout task steps are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Playout {
    /// Not to be run.
    Idle,
    /// Their task is queued.
    Queued,
    /// Their task is queued then.
    At(Instant),
}

/// The slots of an `RTCDTMFSender`.
#[derive(Clone, Debug)]
pub(crate) struct Dtmf {
    /// [[Duration]]
    duration: Duration,
    /// [[InterToneGap]]
    gap: Duration,
    /// [[ToneBuffer]]
    pub(crate) tone_buffer: String,
    playout: Playout,
}

/// The tones as [[ToneBuffer]] has them; `None` if one is unrecognized.
pub(crate) fn normalize(tones: &str) -> Option<String> {
    let normalize = |tone: char| match tone {
        '0'..='9' | 'A'..='D' | '#' | '*' | ',' => Some(tone),
        'a'..='d' => Some(tone.to_ascii_uppercase()),
        _ => None,
    };
    tones.chars().map(normalize).collect()
}

impl Dtmf {
    /// webrtc-pc, create an RTCDTMFSender.
    pub(crate) fn new() -> Self {
        Dtmf {
            duration: Duration::ZERO,
            gap: Duration::ZERO,
            tone_buffer: String::new(),
            playout: Playout::Idle,
        }
    }

    /// insertDTMF(), steps 9 to 16, with durations in milliseconds. Whether the playout task is to be queued.
    pub(crate) fn insert(&mut self, tones: String, duration: u32, gap: u32) -> bool {
        self.tone_buffer = tones;
        self.duration = Duration::from_millis(duration.clamp(DURATION.0, DURATION.1).into());
        self.gap = Duration::from_millis(gap.clamp(GAP.0, GAP.1).into());
        if self.tone_buffer.is_empty() || self.playout != Playout::Idle {
            return false;
        }
        self.playout = Playout::Queued;
        true
    }

    /// The DTMF playout task steps. The tone of the `tonechange` event, empty for the last; `None`: no event.
    pub(crate) fn play(&mut self, now: Instant, can_insert: bool) -> Option<String> {
        self.playout = Playout::Idle;
        // Step 1.
        if !can_insert {
            return None;
        }
        // Steps 2 and 3.
        let mut tones = self.tone_buffer.chars();
        let Some(tone) = tones.next() else { return Some(String::new()) };
        self.tone_buffer = tones.as_str().to_owned();
        // Steps 4 and 5.
        self.playout = Playout::At(now + if tone == ',' { COMMA } else { self.duration + self.gap });
        Some(tone.to_string())
    }

    /// When the playout task is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.playout {
            Playout::At(at) => Some(at),
            Playout::Idle | Playout::Queued => None,
        }
    }

    /// Whether the playout task is to be queued now.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.deadline().is_some_and(|at| at <= now);
        if is_due {
            self.playout = Playout::Queued;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays until nothing is due any more: milliseconds since the start, tone, what is left of the buffer.
    fn play(dtmf: &mut Dtmf, mut change: impl FnMut(&mut Dtmf, &str) -> bool) -> Vec<(u128, String, String)> {
        let start = sim::Clock::new().now();
        let mut now = start;
        let mut heard = Vec::new();
        let mut can_insert = true;
        loop {
            let Some(tone) = dtmf.play(now, can_insert) else { return heard };
            heard.push((now.duration_since(start).as_millis(), tone.clone(), dtmf.tone_buffer.clone()));
            can_insert = change(dtmf, &tone);
            let Some(next) = dtmf.deadline() else { return heard };
            assert!(!dtmf.is_due(next - Duration::from_millis(1)));
            assert!(dtmf.is_due(next));
            assert_eq!(dtmf.deadline(), None, "queued, and so not due again");
            now = next;
        }
    }

    fn tones(heard: &[(u128, String, String)]) -> Vec<(u128, &str, &str)> {
        heard.iter().map(|(at, tone, left)| (*at, tone.as_str(), left.as_str())).collect()
    }

    #[test]
    fn tones_follow_each_other_after_their_duration_and_the_gap() {
        let mut dtmf = Dtmf::new();
        assert!(dtmf.insert(normalize("1aD").expect("tones"), 100, 70));
        let heard = play(&mut dtmf, |_, _| true);
        assert_eq!(tones(&heard), [(0, "1", "AD"), (170, "A", "D"), (340, "D", ""), (510, "", "")]);
        assert!(!dtmf.insert(String::new(), 100, 70), "nothing to play");
    }

    #[test]
    fn durations_are_clamped_and_a_comma_waits_two_seconds() {
        let mut dtmf = Dtmf::new();
        assert!(dtmf.insert("A,B".to_owned(), 1, 1));
        let heard = play(&mut dtmf, |_, _| true);
        assert_eq!(tones(&heard), [(0, "A", ",B"), (70, ",", "B"), (2_070, "B", ""), (2_140, "", "")]);
        assert!(dtmf.insert("A".to_owned(), u32::MAX, u32::MAX));
        assert_eq!(tones(&play(&mut dtmf, |_, _| true)), [(0, "A", ""), (12_000, "", "")]);
    }

    #[test]
    fn a_new_buffer_replaces_what_is_left_without_changing_the_beat() {
        let mut dtmf = Dtmf::new();
        assert!(dtmf.insert("AB".to_owned(), 100, 70));
        assert!(!dtmf.insert("ABC".to_owned(), 100, 70), "its task is queued already");
        let heard = play(&mut dtmf, |dtmf, tone| {
            assert!(tone != "B" || !dtmf.insert("12".to_owned(), 40, 30));
            assert!(tone != "1" || !dtmf.insert(String::new(), 40, 30));
            true
        });
        assert_eq!(tones(&heard), [(0, "A", "BC"), (170, "B", "C"), (340, "1", "2"), (410, "", "")]);
    }

    #[test]
    fn nothing_is_announced_once_nothing_can_be_sent() {
        let mut dtmf = Dtmf::new();
        assert!(dtmf.insert("ABC".to_owned(), 100, 70));
        let heard = play(&mut dtmf, |_, tone| tone != "B");
        assert_eq!(tones(&heard), [(0, "A", "BC"), (170, "B", "C")]);
        assert!(dtmf.insert("1".to_owned(), 100, 70), "it may begin anew");
    }

    #[test]
    fn other_characters_are_no_tones() {
        assert_eq!(normalize("0123456789abcdABCD#*,").as_deref(), Some("0123456789ABCDABCD#*,"));
        for tones in ["e", "1 2", "-", "１"] {
            assert_eq!(normalize(tones), None);
        }
    }
}
