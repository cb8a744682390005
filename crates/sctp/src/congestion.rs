//! How much may be on its way, and how fast it is sent.
//!
//! Two controllers behind one face. All bytes are those of DATA chunks with their headers.

use std::time::{Duration, Instant};

use base::Rng;

use crate::tx::RateSample;

mod bbr;
mod cubic;
mod hystart;

use bbr::Bbr;
use cubic::Cubic;

/// How an association shares its path with others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CongestionControl {
    /// A model of the path, bandwidth and round-trip time (after draft-ietf-ccwg-bbr): fast on long and lossy
    /// paths, and easy on their queues.
    #[default]
    Bbr,
    /// What TCP does ([RFC 9438](https://www.rfc-editor.org/rfc/rfc9438), with HyStart++,
    /// [RFC 9406](https://www.rfc-editor.org/rfc/rfc9406)).
    Cubic,
}

/// The window before anything is known, in packets (RFC 6928).
const INITIAL_PACKETS: usize = 10;
/// No window is smaller than this, in packets.
const MIN_PACKETS: usize = 8;
/// No window is larger: more than any path of today bears, and what a hostile peer could make us hold.
const MAX_WINDOW: usize = 256 * 1024 * 1024;

/// Something arrived, or was found to be lost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    pub(crate) now: Instant,
    pub(crate) delivered: usize,
    pub(crate) lost: usize,
    pub(crate) in_flight_before: usize,
    pub(crate) in_flight: usize,
    /// Since the beginning.
    pub(crate) total_delivered: u64,
    /// If it was measured just now.
    pub(crate) rtt: Option<Duration>,
    pub(crate) shortest_rtt: Option<Duration>,
    pub(crate) smoothed_rtt: Option<Duration>,
    pub(crate) sample: Option<RateSample>,
    /// Numbers of the packet sent last of those that have arrived, and of the one that is sent next.
    pub(crate) newest_packet: Option<u64>,
    pub(crate) next_packet: u64,
}

/// One association's controller.
#[derive(Debug)]
pub(crate) enum Controller {
    Bbr(Box<Bbr>),
    Cubic(Box<Cubic>),
}

impl Controller {
    /// A controller for packets of `packet` bytes.
    pub(crate) fn new(kind: CongestionControl, packet: usize, now: Instant, rng: Rng) -> Self {
        match kind {
            CongestionControl::Bbr => Controller::Bbr(Box::new(Bbr::new(packet, now, rng))),
            CongestionControl::Cubic => Controller::Cubic(Box::new(Cubic::new(packet))),
        }
    }

    /// Packets are of another size from now on, in bytes.
    pub(crate) fn set_packet(&mut self, packet: usize) {
        match self {
            Controller::Bbr(bbr) => bbr.set_packet(packet),
            Controller::Cubic(cubic) => cubic.set_packet(packet),
        }
    }

    /// How much may be on its way.
    pub(crate) fn window(&self) -> usize {
        match self {
            Controller::Bbr(bbr) => bbr.window(),
            Controller::Cubic(cubic) => cubic.window(),
        }
        .min(MAX_WINDOW)
    }

    /// Bytes a second; `None` for as fast as the window allows.
    pub(crate) fn rate(&self) -> Option<u64> {
        match self {
            Controller::Bbr(bbr) => Some(bbr.rate()),
            Controller::Cubic(cubic) => cubic.rate(),
        }
    }

    /// A packet was sent.
    pub(crate) fn note_sent(&mut self, now: Instant, in_flight_before: usize, in_flight: usize) {
        match self {
            Controller::Bbr(bbr) => bbr.note_sent(now, in_flight_before),
            Controller::Cubic(cubic) => cubic.note_sent(now, in_flight),
        }
    }

    /// Something arrived or was lost.
    pub(crate) fn note_progress(&mut self, progress: &Progress) {
        match self {
            Controller::Bbr(bbr) => bbr.note_progress(progress),
            Controller::Cubic(cubic) => cubic.note_progress(progress),
        }
    }

    /// Nothing was heard for long: all that was on its way counts as lost.
    pub(crate) fn note_timeout(&mut self, now: Instant) {
        match self {
            Controller::Bbr(bbr) => bbr.note_timeout(),
            Controller::Cubic(cubic) => cubic.note_timeout(now),
        }
    }

    /// What counted as lost had arrived.
    pub(crate) fn note_superfluous(&mut self) {
        match self {
            Controller::Bbr(_) => {}
            Controller::Cubic(cubic) => cubic.note_superfluous(),
        }
    }
}
