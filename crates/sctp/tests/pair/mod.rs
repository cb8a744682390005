//! Two associations, one virtual clock, and a link that loses, delays, reorders and repeats.
#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base::Rng;
use sctp::{Association, Config, Event};

/// How the link treats packets, both ways.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) loss: f64,
    pub(crate) duplicate: f64,
    pub(crate) delay: Duration,
    /// Up to this much on top, drawn for each packet: packets overtake one another.
    pub(crate) jitter: Duration,
}

impl Link {
    pub(crate) const CLEAN: Link =
        Link { loss: 0.0, duplicate: 0.0, delay: Duration::from_millis(20), jitter: Duration::ZERO };
    pub(crate) const BAD: Link = Link {
        loss: 0.3,
        duplicate: 0.1,
        delay: Duration::from_millis(5),
        jitter: Duration::from_millis(20),
    };
}

pub(crate) struct Pair {
    pub(crate) now: Instant,
    pub(crate) started: Instant,
    pub(crate) ends: [Association; 2],
    pub(crate) events: [Vec<Event>; 2],
    pub(crate) link: Link,
    pub(crate) rng: Rng,
    /// Packets on their way: when, in which order, to whom.
    wire: BTreeMap<(Instant, u64), (usize, Vec<u8>)>,
    serial: u64,
    /// Every packet that was sent: who, when after the start, what.
    pub(crate) sent: Vec<(usize, Duration, Vec<u8>)>,
    pub(crate) keeps_sent: bool,
    /// Whether an end's packets go out at all.
    pub(crate) speaks: [bool; 2],
    /// The longest packet that may be sent, and the longest IP packet that comes through.
    pub(crate) longest: usize,
    pub(crate) mtu: usize,
}

impl Pair {
    pub(crate) fn new(seed: u8, link: Link) -> Pair {
        Pair::with([Config::default(), Config::default()], seed, link)
    }

    pub(crate) fn with(configs: [Config; 2], seed: u8, link: Link) -> Pair {
        // A virtual clock may start anywhere: here, far ahead of the real one.
        #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
        let now = Instant::now() + Duration::from_secs(3600);
        let mut rng = Rng::from_seed([seed; 32]);
        let ends = configs.map(|config| Association::new(config, now, rng.fork("sctp")));
        Pair {
            now,
            started: now,
            ends,
            events: [Vec::new(), Vec::new()],
            link,
            rng: rng.fork("link"),
            wire: BTreeMap::new(),
            serial: 0,
            sent: Vec::new(),
            keeps_sent: false,
            speaks: [true; 2],
            longest: Config::DEFAULT_MAX_PACKET_SIZE,
            mtu: usize::MAX,
        }
    }

    /// A pair that has shaken hands.
    pub(crate) fn connected(seed: u8, link: Link) -> Pair {
        let mut pair = Pair::new(seed, link);
        pair.connect();
        pair
    }

    pub(crate) fn connect(&mut self) {
        self.run(Duration::from_secs(30), |pair| pair.events.iter().all(|events| !events.is_empty()));
        for events in &mut self.events {
            assert!(matches!(events.remove(0), Event::Connected { .. }));
        }
    }

    fn send(&mut self, from: usize, packet: Vec<u8>) {
        if self.keeps_sent {
            self.sent.push((from, self.now - self.started, packet.clone()));
        }
        // IP, UDP and DTLS add this.
        let is_too_long = packet.len() > self.mtu.saturating_sub(28 + 37);
        if is_too_long || !self.speaks[from] || self.rng.chance(self.link.loss) {
            return;
        }
        let copies = if self.rng.chance(self.link.duplicate) { 2 } else { 1 };
        for _ in 0..copies {
            let jitter = self.rng.range(0..self.link.jitter.as_micros() as u64 + 1);
            let at = self.now + self.link.delay + Duration::from_micros(jitter);
            self.serial += 1;
            self.wire.insert((at, self.serial), (1 - from, packet.clone()));
        }
    }

    /// Takes everything out of both ends.
    pub(crate) fn poll(&mut self) {
        for from in 0..2 {
            let mut packet = Vec::new();
            while self.ends[from].poll_packet(self.now, &mut packet) {
                assert!(packet.len() <= self.longest, "a packet of {} bytes", packet.len());
                self.send(from, std::mem::take(&mut packet));
            }
            while let Some(event) = self.ends[from].poll_event() {
                self.events[from].push(event);
            }
        }
    }

    /// The next thing that happens; false if nothing ever does.
    pub(crate) fn step(&mut self) -> bool {
        self.poll();
        let arrival = self.wire.first_key_value().map(|((at, _), _)| *at);
        let timers = self.ends.iter().filter_map(Association::poll_timeout);
        let Some(next) = timers.chain(arrival).min() else { return false };
        self.now = self.now.max(next);
        while let Some(entry) = self.wire.first_entry()
            && entry.key().0 <= self.now
        {
            let (to, packet) = entry.remove();
            self.ends[to].handle_packet(self.now, &packet);
        }
        for end in &mut self.ends {
            end.handle_timeout(self.now);
        }
        self.poll();
        true
    }

    /// Runs until `done`, which must be the case within `limit`.
    pub(crate) fn run(&mut self, limit: Duration, mut done: impl FnMut(&mut Pair) -> bool) {
        let end = self.now + limit;
        self.poll();
        while !done(self) {
            assert!(self.step(), "nothing more happens");
            assert!(self.now <= end, "not within {limit:?}");
        }
    }

    /// Runs for a while.
    pub(crate) fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.poll();
            let arrival = self.wire.first_key_value().map(|((at, _), _)| *at);
            let timers = self.ends.iter().filter_map(Association::poll_timeout);
            match timers.chain(arrival).min() {
                Some(next) if next <= end => {
                    self.step();
                }
                _ => break,
            }
        }
        self.now = end;
    }

    /// Whether an end has said `event`; it is forgotten then.
    pub(crate) fn take(&mut self, end: usize, event: &Event) -> bool {
        let position = self.events[end].iter().position(|said| said == event);
        position.map(|position| self.events[end].remove(position)).is_some()
    }
}
