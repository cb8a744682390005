//! The transports of one session, side by side.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Instant;

use base::{Path, Rng, SendBatch};

use crate::config::SessionConfig;
use crate::counters::Counters;
use crate::event::Output;
use crate::plan::{IcePlan, SessionPlan, TransportPlan};
use crate::transport::Transport;
use crate::transport_id::TransportId;

/// Transports that have left the plan and still tell their peers. A driver that polls after each input never sees the
/// limit; those over it leave without a word.
const MAX_LEAVING: usize = 32;

/// Transports that gather before a plan has them. Each has sockets of its own.
const MAX_POOLED: usize = 16;

/// Those of the plan, those that may soon be in it, and those that are on their way out.
#[derive(Debug)]
pub(crate) struct Transports {
    /// Only ever cloned, so that a transport's randomness follows from its id alone.
    rng: Rng,
    /// Boxed, as a map with one entry has room for eleven.
    standing: BTreeMap<TransportId, Box<Transport>>,
    leaving: BTreeMap<TransportId, Box<Transport>>,
    /// Those that gather before a plan has them. At most `MAX_POOLED`.
    pooled: BTreeMap<TransportId, Box<Transport>>,
}

impl Transports {
    pub(crate) fn new(rng: Rng) -> Self {
        Transports { rng, standing: BTreeMap::new(), leaving: BTreeMap::new(), pooled: BTreeMap::new() }
    }

    pub(crate) fn get(&self, id: TransportId) -> Option<&Transport> {
        self.standing.get(&id).map(|transport| &**transport)
    }

    pub(crate) fn get_mut(&mut self, id: TransportId) -> Option<&mut Transport> {
        self.standing.get_mut(&id).map(|transport| &mut **transport)
    }

    /// One that gathers: of the plan, or of the pool.
    pub(crate) fn gatherer_mut(&mut self, id: TransportId) -> Option<&mut Transport> {
        let found = self.standing.get_mut(&id).or_else(|| self.pooled.get_mut(&id));
        found.map(|transport| &mut **transport)
    }

    /// The agent of one that gathers.
    pub(crate) fn gatherer(&self, id: TransportId) -> Option<&ice::Agent> {
        self.standing.get(&id).or_else(|| self.pooled.get(&id)).map(|transport| &transport.agent)
    }

    /// The agents of the pool.
    pub(crate) fn pooled_mut(&mut self) -> impl Iterator<Item = (TransportId, &mut ice::Agent)> {
        self.pooled.iter_mut().map(|(id, transport)| (*id, &mut transport.agent))
    }

    /// Puts a transport into the pool, if it is nowhere yet and there is room; its agent, which is to gather.
    pub(crate) fn pool(
        &mut self,
        id: TransportId,
        relay_only: bool,
        config: &SessionConfig,
    ) -> Option<&mut ice::Agent> {
        let is_known = self.standing.contains_key(&id) || self.pooled.contains_key(&id);
        if is_known || self.pooled.len() >= MAX_POOLED {
            return None;
        }
        // For as long as nobody is told them.
        let local = ice::Credentials::generate(&mut self.rng.clone().fork(&format!("pool {}", id.0)));
        let ice =
            IcePlan { role: ice::Role::Controlling, local, relay_only, remote: None, renomination: false };
        let plan = TransportPlan { ice, dtls: None };
        let mut transport = Box::new(Transport::new(id, &plan, config.ice.clone(), self.rng_of(id)));
        transport.agent.set_relay_only(relay_only);
        Some(&mut self.pooled.entry(id).or_insert(transport).agent)
    }

    /// Gives up those of the pool that are not wanted, and names them.
    pub(crate) fn retain_pooled(&mut self, is_wanted: impl Fn(TransportId) -> bool) -> Vec<TransportId> {
        let unwanted: Vec<_> = self.pooled.keys().copied().filter(|id| !is_wanted(*id)).collect();
        unwanted.iter().for_each(|id| drop(self.pooled.remove(id)));
        unwanted
    }

    fn rng_of(&self, id: TransportId) -> Rng {
        self.rng.clone().fork(&format!("transport {}", id.0))
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Transport> {
        self.standing.values_mut().map(|transport| &mut **transport)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = TransportId> + '_ {
        self.standing.keys().copied()
    }

    /// The one that follows in the order of the ids.
    pub(crate) fn after(&self, id: Option<TransportId>) -> Option<TransportId> {
        let start = id.map_or(Bound::Unbounded, Bound::Excluded);
        self.standing.range((start, Bound::Unbounded)).next().map(|(id, _)| *id)
    }

    /// Makes those of `plan` stand as it says; the others begin to leave. Gives those whose ICE was restarted.
    pub(crate) fn apply(
        &mut self,
        now: Instant,
        plan: &SessionPlan,
        config: &SessionConfig,
        output: &mut Output,
    ) -> Vec<TransportId> {
        let gone: Vec<_> = self.ids().filter(|id| !plan.transports.contains_key(id)).collect();
        for id in gone {
            let Some(mut transport) = self.standing.remove(&id) else { continue };
            transport.leave(now, output);
            self.leaving.insert(id, transport);
        }
        let mut restarted = Vec::new();
        for (id, transport_plan) in &plan.transports {
            let rng = self.rng_of(*id);
            let pooled = &mut self.pooled;
            let transport = self.standing.entry(*id).or_insert_with(|| match pooled.remove(id) {
                Some(transport) => transport.adopted(transport_plan),
                None => Box::new(Transport::new(*id, transport_plan, config.ice.clone(), rng)),
            });
            let sctp = plan.sctp.filter(|(data, _)| data == id).map(|(_, sctp)| sctp);
            if transport.apply(now, transport_plan, sctp, output) {
                restarted.push(*id);
            }
        }
        restarted
    }

    /// Begins to end all of them.
    pub(crate) fn close(&mut self, now: Instant) {
        self.pooled.clear();
        self.standing.values_mut().for_each(|transport| transport.close(now));
    }

    /// Those that have left for good.
    pub(crate) fn take_left(&mut self) -> Vec<TransportId> {
        let mut over_limit = self.leaving.len().saturating_sub(MAX_LEAVING);
        let mut left = Vec::new();
        self.leaving.retain(|id, transport| {
            let is_done = transport.is_closed() || over_limit > 0;
            over_limit = over_limit.saturating_sub(usize::from(is_done));
            left.extend(is_done.then_some(*id));
            !is_done
        });
        left
    }

    /// Whether every one has told its peer what there is to tell.
    pub(crate) fn are_closed(&self) -> bool {
        self.leaving.is_empty() && self.standing.values().all(|transport| transport.is_closed())
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let all = self.standing.values_mut().chain(self.pooled.values_mut());
        all.for_each(|transport| transport.handle_timeout(now));
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let all = self.standing.values().chain(self.pooled.values());
        all.filter_map(|transport| transport.poll_timeout()).min()
    }

    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        id: TransportId,
        (path, datagram): (Path, &[u8]),
        counters: &mut Counters,
    ) {
        match self.gatherer_mut(id) {
            Some(transport) => transport.handle_datagram(now, path, datagram, counters),
            None => counters.dropped_closed += 1,
        }
    }

    /// Writes what is ready to be sent. The transport with the data comes last: it may fill every batch, and the
    /// others have only little to say, which must not wait.
    pub(crate) fn poll_transmit(&mut self, now: Instant, data: Option<TransportId>, out: &mut SendBatch) {
        let others = self.leaving.values_mut().chain(self.pooled.values_mut());
        others.for_each(|transport| transport.poll_transmit(now, out));
        for (id, transport) in &mut self.standing {
            if Some(*id) != data {
                transport.poll_transmit(now, out);
            }
        }
        if let Some(transport) = data.and_then(|id| self.standing.get_mut(&id)) {
            transport.poll_transmit(now, out);
        }
    }
}
