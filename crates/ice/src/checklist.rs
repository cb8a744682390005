//! The checklist: which pair is checked next ([RFC 8445, section 6.1.2](https://www.rfc-editor.org/rfc/rfc8445#section-6.1.2)).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use base::Path;
use stun_types::message::TransactionId;

use crate::pair::Pair;
use crate::transaction::Transaction;
use crate::{AgentConfig, PairState, Role};

/// A connectivity check on its way.
#[derive(Clone, Debug)]
pub(crate) struct PendingCheck {
    pub(crate) transaction: Transaction,
    pub(crate) pair: u64,
    pub(crate) role: Role,
    pub(crate) use_candidate: bool,
    /// It keeps a backup open, or looks for one: its answer selects nothing.
    pub(crate) is_backup: bool,
}

/// The pairs of one generation and the checks on their way.
#[derive(Debug, Default)]
pub(crate) struct Checklist {
    /// In the order in which they were formed. At most `AgentConfig::max_pairs`.
    pairs: Vec<Pair>,
    /// Pairs to check before all others ([RFC 8445, section 6.1.4.1](https://www.rfc-editor.org/rfc/rfc8445#section-6.1.4.1)).
    /// Each pair is in here at most once.
    triggered: VecDeque<u64>,
    /// At most `MAX_CHECKS_PER_PAIR` for each pair.
    pending: Vec<PendingCheck>,
}

/// Checks of one pair whose answer would still count: the current one, a cancelled one, a nomination.
const MAX_CHECKS_PER_PAIR: usize = 3;

impl Checklist {
    pub(crate) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    pub(crate) fn pairs_mut(&mut self) -> &mut [Pair] {
        &mut self.pairs
    }

    pub(crate) fn pair(&self, id: u64) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.id == id)
    }

    pub(crate) fn pair_mut(&mut self, id: u64) -> Option<&mut Pair> {
        self.pairs.iter_mut().find(|pair| pair.id == id)
    }

    /// The pair of this path. There is one at most: what is redundant is never added.
    pub(crate) fn by_path(&self, path: Path) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.path == path)
    }

    pub(crate) fn by_path_mut(&mut self, path: Path) -> Option<&mut Pair> {
        self.pairs.iter_mut().find(|pair| pair.path == path)
    }

    /// Adds a pair, in the state that its foundation gives it. At the limit, the worst pair that was not
    /// checked yet gives way, or the new one if that is worse. How many pairs were given up.
    pub(crate) fn insert(&mut self, mut pair: Pair, limit: usize) -> u64 {
        let mut given_up = 0;
        if self.pairs.len() >= limit {
            given_up = 1;
            let unchecked = self
                .pairs
                .iter()
                .enumerate()
                .filter(|(_, old)| matches!(old.state, PairState::Frozen | PairState::Waiting))
                .min_by_key(|(_, old)| old.priority);
            match unchecked {
                Some((index, old)) if old.priority < pair.priority => {
                    let id = old.id;
                    self.pairs.remove(index);
                    self.untrigger(id);
                }
                _ => return given_up,
            }
        }
        // RFC 8838, section 12: a pair joins as Waiting if nothing of its foundation is being checked, or if
        // something of its foundation worked.
        let mut alike = self.pairs.iter().filter(|old| old.foundation == pair.foundation).peekable();
        let fresh = alike.peek().is_none();
        let succeeded = alike.any(|old| old.state == PairState::Succeeded);
        pair.state = if fresh || succeeded { PairState::Waiting } else { PairState::Frozen };
        // There are few, and they stay.
        self.pairs.reserve_exact(1);
        self.pairs.push(pair);
        given_up
    }

    /// Puts a pair at the end of the triggered-check queue.
    pub(crate) fn trigger(&mut self, id: u64) {
        let Some(pair) = self.pair_mut(id) else { return };
        pair.state = PairState::Waiting;
        if !self.triggered.contains(&id) {
            self.triggered.push_back(id);
        }
    }

    pub(crate) fn untrigger(&mut self, id: u64) {
        self.triggered.retain(|queued| *queued != id);
    }

    /// The pair whose turn it is ([RFC 8445, section 6.1.4.2](https://www.rfc-editor.org/rfc/rfc8445#section-6.1.4.2)).
    pub(crate) fn next(&self) -> Option<u64> {
        if let Some(id) = self.triggered.front() {
            return Some(*id);
        }
        let best = |state: PairState| {
            self.pairs.iter().filter(move |pair| pair.state == state).max_by_key(|pair| pair.priority)
        };
        if let Some(pair) = best(PairState::Waiting) {
            return Some(pair.id);
        }
        let thawed = self.pairs.iter().filter(|pair| pair.state == PairState::Frozen && self.may_thaw(pair));
        thawed.max_by_key(|pair| pair.priority).map(|pair| pair.id)
    }

    /// The first triggered pair that the controlling side has nominated.
    pub(crate) fn next_nominated(&self) -> Option<u64> {
        let is_nominated = |id: &u64| self.pair(*id).is_some_and(|pair| pair.nominated);
        self.triggered.iter().copied().find(is_nominated)
    }

    /// RFC 8445, section 6.1.4.2, has frozen pairs wait until no other of their foundation is being checked, which
    /// takes 40 seconds for one that leads nowhere; and there are peers that give all their candidates one foundation.
    /// So they wait no longer than for the first answer that should have come.
    fn may_thaw(&self, frozen: &Pair) -> bool {
        let is_awaited = |pair: &Pair| match pair.state {
            PairState::Waiting => true,
            PairState::InProgress => {
                !self.pending.iter().any(|check| check.pair == pair.id && check.transaction.is_overdue())
            }
            _ => false,
        };
        !self.pairs.iter().any(|pair| pair.foundation == frozen.foundation && is_awaited(pair))
    }

    /// A check of this foundation succeeded: its other pairs are worth checking.
    pub(crate) fn unfreeze(&mut self, foundation: &str) {
        for pair in &mut self.pairs {
            if pair.state == PairState::Frozen && pair.foundation == foundation {
                pair.state = PairState::Waiting;
            }
        }
    }

    /// How long a new check waits for its answer before another one is sent: long enough for every other pair to
    /// be checked first, as [RFC 8445, section 14.3](https://www.rfc-editor.org/rfc/rfc8445#section-14.3) has it
    /// for retransmissions, within the configured bounds.
    pub(crate) fn patience(&self, config: &AgentConfig) -> Duration {
        let active = |pair: &&Pair| matches!(pair.state, PairState::Waiting | PairState::InProgress);
        let round = config.pacing * self.pairs.iter().filter(active).count() as u32;
        round.min(config.rto).max(config.check_interval)
    }

    /// A check was sent.
    pub(crate) fn sent(&mut self, check: PendingCheck) {
        let id = check.pair;
        let mut older = self.pending.iter().enumerate().filter(|(_, pending)| pending.pair == id);
        let oldest = older.next().map(|(index, _)| index);
        if older.count() + 2 > MAX_CHECKS_PER_PAIR
            && let Some(index) = oldest
        {
            self.pending.remove(index);
        }
        self.pending.reserve_exact(1);
        self.pending.push(check);
        self.begun(id);
    }

    /// The check on its way that another one of this pair would take the place of.
    pub(crate) fn like(&mut self, pair: u64, role: Role, use_candidate: bool) -> Option<&mut PendingCheck> {
        let is_like = |check: &&mut PendingCheck| {
            check.pair == pair && check.role == role && check.use_candidate == use_candidate
        };
        self.pending.iter_mut().find(is_like)
    }

    /// A check of this pair is on its way.
    pub(crate) fn begun(&mut self, id: u64) {
        self.untrigger(id);
        if let Some(pair) = self.pair_mut(id)
            && pair.state != PairState::Succeeded
        {
            pair.state = PairState::InProgress;
        }
    }

    /// No more retransmissions for this pair.
    pub(crate) fn cancel(&mut self, id: u64) {
        for check in self.pending.iter_mut().filter(|check| check.pair == id) {
            check.transaction.cancel();
        }
    }

    /// RFC 8445, section 8.1.2: once a pair is selected, the checks of others are not repeated; except where
    /// the other side nominated more than one (section 8.1.1).
    pub(crate) fn cancel_all_but_nominated(&mut self) {
        for check in &mut self.pending {
            if !self.pairs.iter().any(|pair| pair.id == check.pair && pair.nominated) {
                check.transaction.cancel();
            }
        }
    }

    pub(crate) fn pending(&self, id: TransactionId) -> Option<&PendingCheck> {
        self.pending.iter().find(|check| check.transaction.has(id))
    }

    pub(crate) fn pending_mut(&mut self) -> &mut Vec<PendingCheck> {
        &mut self.pending
    }

    /// Ends a transaction.
    pub(crate) fn take_pending(&mut self, id: TransactionId) -> Option<PendingCheck> {
        let index = self.pending.iter().position(|check| check.transaction.has(id))?;
        let check = self.pending.remove(index);
        self.pending.shrink_to_fit();
        Some(check)
    }

    /// Whether a check of this pair may still be answered.
    pub(crate) fn has_pending(&self, id: u64) -> bool {
        self.pending.iter().any(|check| check.pair == id)
    }

    /// The pairs that are being nominated.
    pub(crate) fn nominating(&self) -> impl Iterator<Item = u64> + '_ {
        self.pending.iter().filter(|check| check.use_candidate).map(|check| check.pair)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.pending.iter().map(|check| check.transaction.deadline).min()
    }

    /// The working pair with the highest priority.
    pub(crate) fn best_valid(&self, now: Instant) -> Option<&Pair> {
        self.pairs.iter().filter(|pair| pair.is_valid(now)).max_by_key(|pair| pair.priority)
    }

    /// Whether nothing is left to check and nothing is on its way.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.pending.is_empty() && !self.pairs.iter().any(Pair::is_unresolved)
    }

    /// Everything is checked again: the pair in use was lost. What the other side nominated stays so.
    pub(crate) fn recheck(&mut self, except: Option<u64>, role: Role) {
        for pair in self.pairs.iter_mut().filter(|pair| Some(pair.id) != except && !pair.is_unresolved()) {
            pair.state = PairState::Waiting;
            pair.searched = false;
            pair.nominated &= role == Role::Controlled;
        }
    }

    /// Forgets the pairs of a socket that is gone.
    pub(crate) fn remove_socket(&mut self, socket: base::SocketId) {
        self.pending.retain(|check| check.transaction.path.socket != socket);
        self.pairs.retain(|pair| pair.path.socket != socket);
        self.untrigger_removed();
    }

    /// Forgets the pairs of a remote candidate, none of which has a check on its way; their paths.
    pub(crate) fn remove_remote(&mut self, remote: usize) -> Vec<Path> {
        let removed = self.pairs.extract_if(.., |pair| pair.remote == remote).map(|pair| pair.path).collect();
        self.untrigger_removed();
        removed
    }

    fn untrigger_removed(&mut self) {
        let Checklist { pairs, triggered, .. } = self;
        triggered.retain(|id| pairs.iter().any(|pair| pair.id == *id));
    }
}
