//! What lasts from one ICE restart to the next.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use base::{Path, SocketId};

use crate::checklist::Checklist;
use crate::stun::Side;
use crate::{Candidate, CandidateKind, Protocol};

/// A local candidate and the socket behind it.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    pub(crate) candidate: Candidate,
    pub(crate) socket: SocketId,
    pub(crate) local_preference: u16,
}

/// An authenticated check that came before the remote credentials did.
#[derive(Clone, Debug)]
pub(crate) struct EarlyCheck {
    pub(crate) path: Path,
    pub(crate) priority: u32,
    pub(crate) use_candidate: bool,
    /// Which nomination it is, where the sender tells.
    pub(crate) nomination: u32,
    /// The fragment that the sender claims.
    pub(crate) remote_ufrag: String,
}

impl EarlyCheck {
    pub(crate) fn is_repeated_by(&self, other: &EarlyCheck) -> bool {
        self.path == other.path && self.remote_ufrag == other.remote_ufrag
    }
}

/// One pair of credentials on each side, and everything found with it.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    pub(crate) local: Arc<Side>,
    /// Nothing is shown or checked but relayed candidates.
    pub(crate) relay_only: bool,
    pub(crate) remote: Option<Arc<Side>>,
    pub(crate) remote_ended: bool,
    /// At most `AgentConfig::max_local_candidates`. Entries are never removed: pairs hold indices.
    pub(crate) locals: Vec<Local>,
    /// Signalled and peer-reflexive, at most `max_remote_candidates` and `max_peer_reflexive`. Never removed.
    pub(crate) remotes: Vec<Candidate>,
    /// Signalled before the credentials. At most `max_remote_candidates`.
    pub(crate) waiting: Vec<Candidate>,
    /// At most `max_early_checks`.
    pub(crate) early: Vec<EarlyCheck>,
    /// Paths over which an authenticated check came or succeeded: those of early checks and of pairs, so at
    /// most `max_early_checks` + `MAX_VALIDATED`.
    validated: BTreeSet<Path>,
    pub(crate) checklist: Checklist,
    /// Since when both credentials are known: the start of the patience of RFC 8863.
    pub(crate) checking_since: Option<Instant>,
    pub(crate) first_valid: Option<Instant>,
    /// How often a role conflict was repaired by taking the other role.
    pub(crate) role_repairs: u32,
    /// The highest number that a nomination had, ours or the other side's; 0 before there is one.
    pub(crate) nomination: u32,
    /// The pair that the other side nominated with that number.
    pub(crate) nominee: Option<u64>,
}

/// Pairs may be given up and others formed; the paths that were validated stay, up to this many.
const MAX_VALIDATED: usize = 256;

impl Generation {
    pub(crate) fn new(number: u64, local: Arc<Side>, relay_only: bool) -> Generation {
        Generation {
            number,
            local,
            relay_only,
            remote: None,
            remote_ended: false,
            locals: Vec::new(),
            remotes: Vec::new(),
            waiting: Vec::new(),
            early: Vec::new(),
            validated: BTreeSet::new(),
            checklist: Checklist::default(),
            checking_since: None,
            first_valid: None,
            role_repairs: 0,
            nomination: 0,
            nominee: None,
        }
    }

    /// The candidate that is the socket itself: of a host, or relayed.
    pub(crate) fn host(&self, socket: SocketId) -> Option<usize> {
        self.locals.iter().position(|local| local.socket == socket && local.candidate.kind.is_base())
    }

    pub(crate) fn local_by_address(&self, socket: SocketId, address: SocketAddr) -> Option<usize> {
        self.locals.iter().position(|local| local.socket == socket && local.candidate.address == address)
    }

    pub(crate) fn remote_by_address(&self, address: SocketAddr, protocol: Protocol) -> Option<usize> {
        self.remotes.iter().position(|remote| remote.address == address && remote.protocol == protocol)
    }

    /// How many remote candidates are peer-reflexive, and how many were signalled.
    pub(crate) fn count_remotes(&self) -> (usize, usize) {
        let reflexive =
            self.remotes.iter().filter(|remote| remote.kind == CandidateKind::PeerReflexive).count();
        (reflexive, self.remotes.len() - reflexive)
    }

    pub(crate) fn validate(&mut self, path: Path) {
        if self.validated.len() < MAX_VALIDATED {
            self.validated.insert(path);
        }
    }

    pub(crate) fn is_validated(&self, path: Path) -> bool {
        self.validated.contains(&path)
    }

    /// Nothing is checked any more.
    pub(crate) fn stop(&mut self) {
        self.early.clear();
        self.validated.clear();
        self.checklist.pending_mut().clear();
    }

    pub(crate) fn take_validated(&mut self) -> BTreeSet<Path> {
        std::mem::take(&mut self.validated)
    }

    /// What comes from there now is not from who was authenticated.
    pub(crate) fn forget_path(&mut self, path: Path) {
        self.validated.remove(&path);
        self.early.retain(|check| check.path != path);
    }

    /// Forgets the pairs of a remote candidate that is not there any more, and what was authenticated from there.
    pub(crate) fn remove_pairs_with(&mut self, remote: usize) {
        for path in self.checklist.remove_remote(remote) {
            self.forget_path(path);
        }
    }

    pub(crate) fn forget_socket(&mut self, socket: SocketId) {
        self.validated.retain(|path| path.socket != socket);
        self.early.retain(|check| check.path.socket != socket);
        self.checklist.remove_socket(socket);
    }
}
