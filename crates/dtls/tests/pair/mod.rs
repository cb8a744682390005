//! Two endpoints, one virtual clock, and a link that loses, delays, reorders and repeats.
#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch, SocketId};
use dtls::{Certificate, Config, Endpoint, Event, HashAlgorithm, Role, State, Versions};

pub(crate) const CLIENT: usize = 0;
pub(crate) const SERVER: usize = 1;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) loss: f64,
    pub(crate) duplicate: f64,
    pub(crate) delay: Duration,
    pub(crate) jitter: Duration,
}

pub(crate) const CLEAN: Link =
    Link { loss: 0.0, duplicate: 0.0, delay: Duration::from_millis(10), jitter: Duration::ZERO };
pub(crate) const BAD: Link =
    Link { loss: 0.3, duplicate: 0.2, delay: Duration::from_millis(10), jitter: Duration::from_millis(50) };

pub(crate) fn path() -> Path {
    Path { socket: SocketId(0), remote: ([192, 0, 2, 1], 9).into() }
}

pub(crate) fn certificate() -> Arc<Certificate> {
    let day = Duration::from_secs(86_400);
    Arc::new(Certificate::generate_ecdsa_p256(20_000 * day, 30 * day).unwrap())
}

/// Set-ups of two ends that know each other's fingerprints.
pub(crate) fn configs() -> [Config; 2] {
    let certificates = [certificate(), certificate()];
    [Role::Client, Role::Server].map(|role| {
        let theirs = certificates[1 - role as usize].fingerprint(HashAlgorithm::Sha256);
        Config::new(certificates[role as usize].clone(), role, vec![theirs])
    })
}

pub(crate) struct Pair {
    pub(crate) now: Instant,
    pub(crate) started: Instant,
    pub(crate) ends: [Endpoint; 2],
    pub(crate) events: [Vec<Event>; 2],
    pub(crate) link: Link,
    pub(crate) rng: Rng,
    wire: BTreeMap<(Instant, u64), (usize, Vec<u8>)>,
    serial: u64,
    /// Every datagram that was sent, and by whom.
    pub(crate) sent: Vec<(usize, Vec<u8>)>,
}

impl Pair {
    pub(crate) fn new(configs: [Config; 2], seed: u8, link: Link) -> Pair {
        // A virtual clock may start anywhere: here, far ahead of the real one.
        #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
        let now = Instant::now() + Duration::from_secs(3600);
        let mut rng = Rng::from_seed([seed; 32]);
        Pair {
            now,
            started: now,
            ends: configs.map(|config| Endpoint::new(config, now, rng.fork("dtls"))),
            events: [Vec::new(), Vec::new()],
            link,
            rng: rng.fork("link"),
            wire: BTreeMap::new(),
            serial: 0,
            sent: Vec::new(),
        }
    }

    /// Two ends that have shaken hands.
    pub(crate) fn connected(versions: Versions) -> Pair {
        let mut pair = Pair::new(configs().map(|config| Config { versions, ..config }), 1, CLEAN);
        pair.run(Duration::from_secs(10), Pair::is_connected);
        pair.run_for(Duration::from_secs(2));
        pair.events = [Vec::new(), Vec::new()];
        pair
    }

    pub(crate) fn is_connected(&mut self) -> bool {
        self.ends.iter().all(|end| end.state() == State::Connected)
    }

    pub(crate) fn poll(&mut self) {
        for from in 0..2 {
            let mut batch = SendBatch::new();
            self.ends[from].poll_transmit(self.now, path(), &mut batch);
            for (_, datagram) in batch.datagrams() {
                self.sent.push((from, datagram.to_vec()));
                if self.rng.chance(self.link.loss) {
                    continue;
                }
                let copies = if self.rng.chance(self.link.duplicate) { 2 } else { 1 };
                for _ in 0..copies {
                    let jitter = self.rng.range(0..self.link.jitter.as_micros() as u64 + 1);
                    let at = self.now + self.link.delay + Duration::from_micros(jitter);
                    self.serial += 1;
                    self.wire.insert((at, self.serial), (1 - from, datagram.to_vec()));
                }
            }
            self.events[from].extend(std::iter::from_fn(|| self.ends[from].poll_event()));
        }
    }

    pub(crate) fn lose_what_is_under_way(&mut self) {
        self.wire.clear();
    }

    fn next(&self) -> Option<Instant> {
        let arrival = self.wire.first_key_value().map(|((at, _), _)| *at);
        self.ends.iter().filter_map(Endpoint::poll_timeout).chain(arrival).min()
    }

    pub(crate) fn step(&mut self) -> bool {
        self.poll();
        let Some(next) = self.next() else { return false };
        self.now = self.now.max(next);
        while let Some(entry) = self.wire.first_entry()
            && entry.key().0 <= self.now
        {
            let (to, datagram) = entry.remove();
            self.ends[to].handle_datagram(self.now, &datagram);
        }
        for end in &mut self.ends {
            end.handle_timeout(self.now);
        }
        self.poll();
        true
    }

    pub(crate) fn run(&mut self, limit: Duration, mut done: impl FnMut(&mut Pair) -> bool) {
        let end = self.now + limit;
        self.poll();
        while !done(self) {
            assert!(self.step(), "nothing more happens; {:?} {:?}", self.ends, self.events);
            assert!(self.now <= end, "not within {limit:?}; {:?} {:?}", self.ends, self.events);
        }
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        self.poll();
        while self.next().is_some_and(|next| next <= end) {
            self.step();
        }
        self.now = end;
    }

    /// Seals at one end.
    pub(crate) fn seal(&mut self, from: usize, plaintext: &[u8]) -> Vec<u8> {
        let mut batch = SendBatch::new();
        self.ends[from].seal(self.now, plaintext, path(), &mut batch).unwrap();
        batch.datagrams().next().unwrap().1.to_vec()
    }

    /// Seals at one end and opens at the other.
    pub(crate) fn pass(&mut self, from: usize, plaintext: &[u8]) -> Option<Vec<u8>> {
        let datagram = self.seal(from, plaintext);
        self.ends[1 - from].handle_datagram(self.now, &datagram);
        self.ends[1 - from].read().map(<[u8]>::to_vec)
    }

    pub(crate) fn assert_works(&mut self) {
        for from in 0..2 {
            assert_eq!(
                self.pass(from, b"still works").as_deref(),
                Some(&b"still works"[..]),
                "{:?}",
                self.ends
            );
        }
    }
}
