//! Candidates of the peer that say a name instead of an address: they wait here until it is resolved
//! ([draft-ietf-mmusic-mdns-ice-candidates, section 3.2](https://datatracker.ietf.org/doc/html/draft-ietf-mmusic-mdns-ice-candidates-03#section-3.2)).

use std::collections::BTreeSet;
use std::net::SocketAddr;

use ice::{Candidate, MdnsName};

use crate::transport_id::TransportId;

/// Names that are looked up at the same time. A browser has one for each of its addresses.
const MAX_NAMES: usize = 16;
/// Candidates that wait. Several may be at one address.
const MAX_WAITING: usize = 64;

/// The candidates that wait.
#[derive(Debug, Default)]
pub(crate) struct RemoteNames {
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    question: u32,
    name: MdnsName,
    transport: TransportId,
    candidate: Candidate,
}

impl RemoteNames {
    /// Keeps a candidate until its name is resolved; `ask` asks, unless that was done already, and gives the question's
    /// number. False if too many wait.
    pub(crate) fn wait(
        &mut self,
        transport: TransportId,
        name: MdnsName,
        candidate: Candidate,
        ask: impl FnOnce(&MdnsName) -> u32,
    ) -> bool {
        let question = match self.waiting.iter().find(|waiting| waiting.name == name) {
            Some(known) => known.question,
            None if self.names() < MAX_NAMES && self.waiting.len() < MAX_WAITING => ask(&name),
            None => return false,
        };
        let has_room = self.waiting.len() < MAX_WAITING;
        if has_room {
            self.waiting.push(Waiting { question, name, transport, candidate });
        }
        has_room
    }

    fn names(&self) -> usize {
        let questions: BTreeSet<u32> = self.waiting.iter().map(|waiting| waiting.question).collect();
        questions.len()
    }

    /// Whether this is one of our questions.
    pub(crate) fn has(&self, question: u32) -> bool {
        self.waiting.iter().any(|waiting| waiting.question == question)
    }

    /// Takes an answer; the candidates that it is for. A name that stands for several addresses, or none, is no
    /// candidate (section 3.2.1).
    pub(crate) fn resolved(
        &mut self,
        question: u32,
        addresses: &[SocketAddr],
    ) -> (Vec<(TransportId, Candidate)>, usize) {
        let (answered, rest) =
            std::mem::take(&mut self.waiting).into_iter().partition(|waiting| waiting.question == question);
        self.waiting = rest;
        let answered: Vec<Waiting> = answered;
        let &[address] = addresses else { return (Vec::new(), answered.len()) };
        let candidate = |Waiting { transport, mut candidate, .. }: Waiting| {
            candidate.address.set_ip(address.ip());
            (transport, candidate)
        };
        (answered.into_iter().map(candidate).collect(), 0)
    }

    /// Nobody waits any more.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}
