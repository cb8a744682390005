//! How large packets may be: path-MTU discovery of the packetization layer
//! ([RFC 8899](https://www.rfc-editor.org/rfc/rfc8899), its section 6.1 for SCTP).
//!
//! Larger packets are tried with probes of their own, a HEARTBEAT with padding (RFC 4820). A probe carries no data and
//! counts for nothing in congestion control, so that one that is lost delays nobody.
//!
//! No chunk is ever larger than the smallest packet: large packets carry several. So whatever a path that has become
//! narrower swallows goes again in small packets, where RFC 9260, section 6.9, would have to hope that IP fragments
//! what cannot be cut once it has a TSN.

use std::time::{Duration, Instant};

use base::{Rng, Writer};

use crate::config::Discovery;
use crate::packet::{CHUNK_HEADER, HEADER, PacketWriter, kind};

/// IP packets that some paths bear: IPv6's least, tunnels, PPPoE, Ethernet, jumbo frames of several makes.
const SIZES: [usize; 12] = [1280, 1400, 1420, 1440, 1460, 1480, 1492, 1500, 4000, 8000, 8800, 9000];
/// Those that are tried first: most paths bear the first, and nothing beyond it, which the second tells with the least that
/// is sent in vain; those within a building or a machine often bear the third.
const COMMON: [usize; 3] = [1500, 4000, 9000];
/// RFC 8899, section 5.1.2: MAX_PROBES.
const MAX_PROBES: u32 = 3;
/// RFC 8899, section 5.1.1: PMTU_RAISE_TIMER.
const RAISE: Duration = Duration::from_secs(600);
/// RFC 8899, section 5.1.1: PROBE_TIMER, which is derived from the round trip, within these bounds.
const PROBE_TIMER: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(3));
/// So many packets of a raised size in a row are lost, while smaller ones arrive: the path has become narrower (RFC
/// 8899, section 4.3). Where it has not, the price is another search.
const BLACK_HOLE: u32 = 4;
/// What a probe's HEARTBEAT carries, and its answer brings back.
const COOKIE: usize = 8;
/// The HEARTBEAT's value: one parameter (RFC 9260, section 3.3.5).
const INFO: usize = 4 + COOKIE;
/// The shortest probe.
const MIN_PROBE: usize = HEADER + CHUNK_HEADER + INFO + CHUNK_HEADER;

/// The search on one path. Sizes are those of SCTP packets.
#[derive(Debug)]
pub(super) struct PathMtu {
    /// BASE_PLPMTU: every path bears it.
    base: usize,
    /// What may be tried beyond it, in order.
    sizes: Vec<Size>,
    /// So many of `sizes` are known to be borne.
    borne: usize,
    /// From this one on they are known, or supposed, not to be.
    refused: usize,
    probe: Option<Probe>,
    /// When what was refused may be tried again.
    raise_at: Option<Instant>,
    /// Of the packets of a raised size, the newest that arrived and the newest that was lost, by number.
    newest_arrived: Option<u64>,
    newest_lost: Option<u64>,
    /// How many were lost since one arrived.
    lost: u32,
    rng: Rng,
}

#[derive(Clone, Copy, Debug)]
struct Size {
    packet: usize,
    is_common: bool,
}

/// A size that is being tried.
#[derive(Clone, Copy, Debug)]
struct Probe {
    index: usize,
    cookie: [u8; COOKIE],
    sent: u32,
    is_due: bool,
    /// When an answer is late.
    timer: Option<Instant>,
}

impl PathMtu {
    pub(super) fn new(base: usize, discovery: Option<Discovery>, rng: Rng) -> Self {
        let mut path = PathMtu {
            base,
            sizes: Vec::new(),
            borne: 0,
            refused: 0,
            probe: None,
            raise_at: None,
            newest_arrived: None,
            newest_lost: None,
            lost: 0,
            rng,
        };
        path.reset(base, discovery, 0);
        path
    }

    /// Another path, of which nothing is known. `next` is the number of the first packet on it.
    pub(super) fn reset(&mut self, base: usize, discovery: Option<Discovery>, next: u64) {
        // RFC 9260, section 3.2: chunks, and with them packets, are whole words.
        self.base = base & !3;
        self.sizes.clear();
        if let Some(Discovery { overhead, largest }) = discovery {
            let size =
                |ip: &usize| Size { packet: ip.saturating_sub(overhead), is_common: COMMON.contains(ip) };
            let sizes = SIZES.iter().map(size).filter(|size| size.packet < largest);
            let sizes = sizes.chain([Size { packet: largest, is_common: true }]);
            let sizes = sizes.map(|size| Size { packet: size.packet & !3, ..size });
            self.sizes.extend(sizes.filter(|size| size.packet > self.base.max(MIN_PROBE)));
        }
        self.borne = 0;
        self.refused = self.sizes.len();
        self.probe = None;
        self.raise_at = None;
        self.forget_packets(next);
    }

    /// What happens to packets before `next` says nothing any more.
    fn forget_packets(&mut self, next: u64) {
        self.newest_arrived = next.checked_sub(1);
        self.newest_lost = None;
        self.lost = 0;
    }

    /// The largest packet that every path bears.
    pub(super) fn base(&self) -> usize {
        self.base
    }

    /// The largest packet that this path is known to bear.
    pub(super) fn size(&self) -> usize {
        let largest = self.borne.checked_sub(1).and_then(|index| self.sizes.get(index));
        largest.map_or(self.base, |size| size.packet)
    }

    /// A larger packet would have been filled, too.
    pub(super) fn note_wanted(&mut self, now: Instant) {
        if self.probe.is_none() && self.raise_at.is_none_or(|at| at <= now) {
            self.search(now);
        }
    }

    fn search(&mut self, now: Instant) {
        if self.raise_at.take_if(|at| *at <= now).is_some() {
            self.refused = self.sizes.len();
        }
        match self.next_size() {
            Some(index) => {
                let cookie = self.rng.array();
                self.probe = Some(Probe { index, cookie, sent: 0, is_due: true, timer: None });
            }
            None => _ = self.raise_at.get_or_insert(now + RAISE),
        }
    }

    /// What is common, from below; between what is borne and what is refused, by halves (RFC 8899, section 5.3).
    fn next_size(&self) -> Option<usize> {
        let open = self.sizes.get(self.borne..self.refused).filter(|open| !open.is_empty())?;
        let within = open.iter().position(|size| size.is_common).unwrap_or(open.len() / 2);
        Some(self.borne + within)
    }

    /// Whether a probe is to be sent.
    pub(super) fn is_due(&self) -> bool {
        self.probe.is_some_and(|probe| probe.is_due)
    }

    /// When something is due, if nothing comes before.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.probe?.timer
    }

    /// Does what is due.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let Some(probe) = &mut self.probe else { return };
        if probe.timer.take_if(|timer| *timer <= now).is_none() {
            return;
        }
        if probe.sent < MAX_PROBES {
            probe.is_due = true;
            return;
        }
        self.refused = probe.index;
        self.probe = None;
        self.search(now);
    }

    /// Writes the probe that is due; `late` is after how long an answer is.
    pub(super) fn write_probe(&mut self, now: Instant, late: Duration, writer: &mut PacketWriter<'_>) {
        let Some(probe) = &mut self.probe else { return };
        let Some(size) = self.sizes.get(probe.index) else { return };
        probe.is_due = false;
        probe.sent += 1;
        probe.timer = Some(now + late.clamp(PROBE_TIMER.0, PROBE_TIMER.1));
        writer.chunk(kind::HEARTBEAT, 0, &info(probe.cookie));
        let padding = size.packet.saturating_sub(writer.len() + CHUNK_HEADER);
        writer.chunk(kind::PAD, 0, &vec![0; padding]);
    }

    /// Takes a HEARTBEAT ACK's value. The path bears what we sent under its cookie, whatever else the peer says; other
    /// answers change nothing.
    pub(super) fn handle_answer(&mut self, now: Instant, value: &[u8]) {
        if let Some(probe) = self.probe.filter(|probe| probe.sent > 0 && value == info(probe.cookie)) {
            self.borne = probe.index + 1;
            self.probe = None;
            self.search(now);
        }
    }

    /// A packet that was larger than the base has arrived.
    pub(super) fn note_arrived(&mut self, number: u64) {
        self.newest_arrived = self.newest_arrived.max(Some(number));
        self.lost = 0;
    }

    /// A packet that was larger than the base is lost, as far as one can know; the next one will be `next`.
    pub(super) fn note_lost(&mut self, now: Instant, number: u64, next: u64) {
        if Some(number) > self.newest_arrived.max(self.newest_lost) {
            self.newest_lost = Some(number);
            self.lost += 1;
        }
        if self.lost >= BLACK_HOLE {
            self.fall(now, next);
        }
    }

    /// Nothing gets through that is larger than the base, perhaps. What was borne is not tried for a while.
    pub(super) fn fall(&mut self, now: Instant, next: u64) {
        self.forget_packets(next);
        if let Some(index) = self.borne.checked_sub(1) {
            self.refused = index;
            self.borne = 0;
            self.raise_at = Some(now + RAISE);
            self.search(now);
        }
    }
}

/// Heartbeat Info (RFC 9260, section 3.3.5): opaque to the peer.
fn info(cookie: [u8; COOKIE]) -> Vec<u8> {
    let mut info = Vec::with_capacity(INFO);
    Writer::new(&mut info).u16(1).u16(INFO as u16).bytes(&cookie);
    info
}
