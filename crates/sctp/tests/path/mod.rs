//! Flows that share one bottleneck, in virtual time: a rate, a queue that drops what does not fit, random loss, and
//! a delay for each flow and direction. Acknowledgements come back by a way of their own.
#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base::Rng;
use bytes::Bytes;
use sctp::{Association, Config, Delivery, Ppid};

/// What UDP, IP and DTLS add to a packet on the wire.
pub(crate) const OVERHEAD: usize = 28 + 37;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Bottleneck {
    /// Bytes a second.
    pub(crate) rate: u64,
    /// The longest that a packet waits.
    pub(crate) queue: Duration,
    pub(crate) loss: f64,
}

#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) ends: [Association; 2],
    pub(crate) delay: Duration,
    pub(crate) received: u64,
    pub(crate) starts: Duration,
    /// Bytes received in each tenth of a second.
    pub(crate) history: Vec<u64>,
}

pub(crate) struct Path {
    pub(crate) now: Instant,
    started: Instant,
    pub(crate) bottleneck: Bottleneck,
    pub(crate) flows: Vec<Flow>,
    rng: Rng,
    /// When the bottleneck is free again.
    free_at: Instant,
    wire: BTreeMap<(Instant, u64), (usize, usize, Vec<u8>)>,
    serial: u64,
    pub(crate) dropped: u64,
    /// The longest IP packet that comes through, either way.
    pub(crate) mtu: usize,
    /// Packets that were longer.
    pub(crate) too_long: u64,
    /// How long the packets waited in the queue that came through.
    pub(crate) waits: Vec<Duration>,
    message: Bytes,
}

impl Path {
    pub(crate) fn new(bottleneck: Bottleneck, seed: u8) -> Path {
        #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
        let now = Instant::now() + Duration::from_secs(3600);
        Path {
            now,
            started: now,
            bottleneck,
            flows: Vec::new(),
            rng: Rng::from_seed([seed; 32]),
            free_at: now,
            wire: BTreeMap::new(),
            serial: 0,
            dropped: 0,
            mtu: usize::MAX,
            too_long: 0,
            waits: Vec::new(),
            message: vec![7; 65_536].into(),
        }
    }

    /// Adds a flow that sends all that it can from `starts` on.
    pub(crate) fn add(&mut self, config: Config, delay: Duration, starts: Duration) {
        let ends =
            [config.clone(), config].map(|config| Association::new(config, self.now, self.rng.fork("flow")));
        self.flows.push(Flow { ends, delay, received: 0, starts, history: Vec::new() });
    }

    fn carry(&mut self, flow: usize, from: usize, packet: Vec<u8>) {
        let delay = self.flows[flow].delay;
        self.serial += 1;
        if packet.len() + OVERHEAD > self.mtu {
            self.too_long += 1;
            return;
        }
        if from == 1 {
            self.wire.insert((self.now + delay, self.serial), (flow, 0, packet));
            return;
        }
        let wait = self.free_at.saturating_duration_since(self.now);
        if wait > self.bottleneck.queue || self.rng.chance(self.bottleneck.loss) {
            self.dropped += 1;
            return;
        }
        let bytes = (packet.len() + OVERHEAD) as u64;
        let time = Duration::from_nanos(bytes * 1_000_000_000 / self.bottleneck.rate);
        self.free_at = self.free_at.max(self.now) + time;
        self.waits.push(wait);
        self.wire.insert((self.free_at + delay, self.serial), (flow, 1, packet));
    }

    fn poll(&mut self) {
        let elapsed = self.now - self.started;
        let tenth = (elapsed.as_millis() / 100) as usize;
        for index in 0..self.flows.len() {
            if elapsed < self.flows[index].starts {
                continue;
            }
            let flow = &mut self.flows[index];
            while flow.ends[0].unsent(0) < 4 * self.message.len() {
                let sent =
                    flow.ends[0].send(self.now, 0, Ppid::BINARY, self.message.clone(), Delivery::default());
                sent.expect("it is taken");
            }
            while let Some(message) = flow.ends[1].read(0) {
                flow.received += message.payload.len() as u64;
                flow.history.resize(tenth + 1, 0);
                flow.history[tenth] += message.payload.len() as u64;
            }
            for end in 0..2 {
                let mut packet = Vec::new();
                while self.flows[index].ends[end].poll_packet(self.now, &mut packet) {
                    self.carry(index, end, std::mem::take(&mut packet));
                }
                while self.flows[index].ends[end].poll_event().is_some() {}
            }
        }
    }

    /// Runs for so long.
    pub(crate) fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.poll();
            let arrival = self.wire.first_key_value().map(|((at, _), _)| *at);
            let started = self.started;
            let timers = self.flows.iter().flat_map(|flow| {
                let start = (started + flow.starts >= self.now).then_some(started + flow.starts);
                let active = flow.starts <= self.now - started;
                let timers = flow.ends.iter().filter(move |_| active).filter_map(Association::poll_timeout);
                timers.chain(start.filter(|start| *start > self.now))
            });
            let Some(next) = timers.chain(arrival).min().filter(|next| *next <= end) else { break };
            assert!(next + Duration::from_secs(1) > self.now, "time goes on");
            self.now = self.now.max(next);
            while let Some(entry) = self.wire.first_entry()
                && entry.key().0 <= self.now
            {
                let (flow, to, packet) = entry.remove();
                self.flows[flow].ends[to].handle_packet(self.now, &packet);
            }
            for flow in self.flows.iter_mut().filter(|flow| flow.starts <= self.now - started) {
                flow.ends.iter_mut().for_each(|end| end.handle_timeout(self.now));
            }
        }
        self.now = end;
    }

    /// Megabits a second of a flow's messages between two points in time.
    pub(crate) fn goodput(&self, flow: usize, from: Duration, to: Duration) -> f64 {
        let (from_tenth, to_tenth) = ((from.as_millis() / 100) as usize, (to.as_millis() / 100) as usize);
        let history = &self.flows[flow].history;
        let bytes: u64 = history.iter().take(to_tenth).skip(from_tenth).sum();
        bytes as f64 * 8.0 / 1e6 / (to - from).as_secs_f64()
    }

    /// The wait in the queue that so many of a hundred packets stay below.
    pub(crate) fn wait(&self, percent: usize) -> Duration {
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        waits.get(waits.len() * percent / 100).copied().unwrap_or_default()
    }

    /// The part of a flow's retransmissions that was superfluous, of all its chunks.
    pub(crate) fn superfluous(&self, flow: usize) -> f64 {
        let counters = self.flows[flow].ends[0].counters();
        counters.superfluous_retransmits as f64 / counters.chunks_sent.max(1) as f64
    }
}
