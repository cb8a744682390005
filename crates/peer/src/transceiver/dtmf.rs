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
