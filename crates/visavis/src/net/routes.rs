//! Which connection a datagram of a shared socket is for.
//!
//! Three ways lead to a connection, and none of them is opened by a stranger:
//!
//! - a STUN request names a username fragment: those that the connections' own descriptions carry;
//! - a STUN answer names a transaction: those that the connections have begun;
//! - anything else has only its path: those that the connections have found authenticated.
//!
//! Everything else is counted and dropped, and leaves nothing behind.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use base::SocketId;

use crate::net::connection::{Connection, ConnectionKey};
use crate::net::peek::{Peek, TransactionId, peek};

/// Authenticated paths of one connection; beyond them, the oldest is forgotten, until the next check comes on it. A
/// peer has a handful: one for each of its addresses and ours.
const MAX_PATHS: usize = 64;
/// Transactions of one connection that may still be answered; beyond them, the oldest is not waited for any more. An
/// agent begins one each 50 ms and gives it up within 23.5 s, but waits for so many only if it has as many candidates.
const MAX_TRANSACTIONS: usize = 256;

/// The two addresses of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Flow {
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

/// A socket of a connection, as the connection calls it.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) connection: Arc<Connection>,
    pub(crate) socket: SocketId,
}

/// A username fragment that a connection answers to, at one of its sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) ufrag: String,
    pub(crate) socket: SocketId,
    pub(crate) local: SocketAddr,
    /// At the listener there, not at the UDP socket.
    pub(crate) is_tcp: bool,
}

/// The table of an endpoint.
#[derive(Default)]
pub(crate) struct Routes {
    members: BTreeMap<ConnectionKey, Member>,
    /// By fragment. Each list is short: the addresses of the endpoint.
    claims: HashMap<Box<[u8]>, Vec<(At, Target)>>,
    paths: HashMap<Flow, Target>,
    transactions: HashMap<TransactionId, (Flow, Target)>,
}

/// Where checks come in, and whether over TCP.
type At = (SocketAddr, bool);

/// What is in the tables for one connection.
struct Member {
    connection: Arc<Connection>,
    claims: Vec<Claim>,
    /// Oldest first, at most `MAX_PATHS`. Some may belong to others by now.
    paths: VecDeque<Flow>,
    /// Oldest first, at most `MAX_TRANSACTIONS`.
    transactions: VecDeque<TransactionId>,
}

impl Routes {
    /// A connection begins.
    pub(crate) fn join(&mut self, connection: &Arc<Connection>) {
        let member = Member {
            connection: Arc::clone(connection),
            claims: Vec::new(),
            paths: VecDeque::new(),
            transactions: VecDeque::new(),
        };
        self.members.insert(connection.key, member);
    }

    /// A connection is over: nothing of it stays.
    pub(crate) fn leave(&mut self, key: ConnectionKey) {
        self.claim(key, Vec::new());
        let Some(member) = self.members.remove(&key) else { return };
        for flow in member.paths {
            if self.paths.get(&flow).is_some_and(|target| target.connection.key == key) {
                self.paths.remove(&flow);
            }
        }
        for id in member.transactions {
            self.transactions.remove(&id);
        }
    }

    /// How many connections there are.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// What is in each of the tables.
    #[cfg(test)]
    pub(crate) fn entries(&self) -> (usize, usize, usize, usize) {
        (self.members.len(), self.claims.len(), self.paths.len(), self.transactions.len())
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.members.values().map(|member| &member.connection)
    }

    /// The fragments that a connection answers to from now on; no others.
    pub(crate) fn claim(&mut self, key: ConnectionKey, claims: Vec<Claim>) {
        let Some(member) = self.members.get_mut(&key) else { return };
        for claim in std::mem::take(&mut member.claims) {
            if let Some(list) = self.claims.get_mut(claim.ufrag.as_bytes()) {
                list.retain(|(_, target)| target.connection.key != key);
                if list.is_empty() {
                    self.claims.remove(claim.ufrag.as_bytes());
                }
            }
        }
        for claim in &claims {
            let target = Target { connection: Arc::clone(&member.connection), socket: claim.socket };
            self.claims
                .entry(claim.ufrag.as_bytes().into())
                .or_default()
                .push(((claim.local, claim.is_tcp), target));
        }
        member.claims = claims;
    }

    /// A connection sends a STUN request: the answer is for it.
    pub(crate) fn expect(&mut self, key: ConnectionKey, socket: SocketId, flow: Flow, id: TransactionId) {
        let Some(member) = self.members.get_mut(&key) else { return };
        let target = Target { connection: Arc::clone(&member.connection), socket };
        // Repeated, it is known already.
        if self.transactions.insert(id, (flow, target)).is_none() {
            member.transactions.push_back(id);
            if member.transactions.len() > MAX_TRANSACTIONS
                && let Some(oldest) = member.transactions.pop_front()
            {
                self.transactions.remove(&oldest);
            }
        }
    }

    /// Who has a path.
    pub(crate) fn owner(&self, flow: Flow) -> Option<&Target> {
        self.paths.get(&flow)
    }

    /// A connection has authenticated a path: from now on, what comes on it is for this connection.
    pub(crate) fn admit(&mut self, key: ConnectionKey, socket: SocketId, flow: Flow) {
        let Some(member) = self.members.get_mut(&key) else { return };
        let target = Target { connection: Arc::clone(&member.connection), socket };
        let before = self.paths.insert(flow, target);
        if before.is_none_or(|target| target.connection.key != key) && !member.paths.contains(&flow) {
            member.paths.push_back(flow);
        }
        if member.paths.len() > MAX_PATHS
            && let Some(oldest) = member.paths.pop_front()
            && self.paths.get(&oldest).is_some_and(|target| target.connection.key == key)
        {
            self.paths.remove(&oldest);
        }
    }

    /// For whom a stream is whose first datagram is this.
    pub(crate) fn wanted(&self, local: SocketAddr, first: &[u8]) -> Option<&Target> {
        let Peek::ToFragment(ufrag) = peek(first) else { return None };
        let list = self.claims.get(ufrag)?;
        list.iter().find(|(at, _)| *at == (local, true)).map(|(_, target)| target)
    }

    /// Hands a run of datagrams of one flow to whom they are for, each datagram `stride` bytes long but the last. `hand`
    /// gets what is for one connection in as few pieces as possible. How many datagrams were for nobody.
    pub(crate) fn deliver(
        &mut self,
        flow: Flow,
        stride: usize,
        run: &[u8],
        mut hand: impl FnMut(&Target, &[u8]),
    ) -> usize {
        let stride = stride.max(1);
        let mut nobody = 0;
        let mut by_path = 0..0;
        for (index, datagram) in run.chunks(stride).enumerate() {
            let start = index * stride;
            let peeked = peek(datagram);
            if peeked == Peek::ByPath {
                by_path.end = start + datagram.len();
                continue;
            }
            nobody += self.deliver_by_path(flow, stride, &run[by_path.clone()], &mut hand);
            by_path = start + datagram.len()..start + datagram.len();
            nobody += usize::from(!self.deliver_stun(flow, peeked, datagram, &mut hand));
        }
        nobody + self.deliver_by_path(flow, stride, &run[by_path], &mut hand)
    }

    fn deliver_by_path(
        &self,
        flow: Flow,
        stride: usize,
        datagrams: &[u8],
        hand: &mut impl FnMut(&Target, &[u8]),
    ) -> usize {
        match self.paths.get(&flow) {
            _ if datagrams.is_empty() => 0,
            Some(target) => {
                hand(target, datagrams);
                0
            }
            None => datagrams.len().div_ceil(stride),
        }
    }

    fn deliver_stun(
        &mut self,
        flow: Flow,
        peeked: Peek<'_>,
        datagram: &[u8],
        hand: &mut impl FnMut(&Target, &[u8]),
    ) -> bool {
        match peeked {
            Peek::ToFragment(ufrag) => {
                let list = self.claims.get(ufrag).map_or(&[][..], Vec::as_slice);
                // Should two connections have drawn the same fragment, the key decides which of them is meant.
                let mut meant = list.iter().filter(|(at, _)| *at == (flow.local, false)).peekable();
                let is_known = meant.peek().is_some();
                meant.for_each(|(_, target)| hand(target, datagram));
                is_known
            }
            Peek::Answer(id) => {
                if self.transactions.get(&id).is_none_or(|(asked, _)| *asked != flow) {
                    return false;
                }
                // One answer is enough: who could forge one saw the request, and could as well have kept it.
                let Some((_, target)) = self.transactions.remove(&id) else { return false };
                if let Some(member) = self.members.get_mut(&target.connection.key) {
                    member.transactions.retain(|known| *known != id);
                }
                hand(&target, datagram);
                true
            }
            Peek::ByPath | Peek::Nothing => false,
        }
    }
}

#[cfg(test)]
mod tests;
