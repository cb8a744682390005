//! Who has a turn next.

use std::collections::VecDeque;

use crate::net::connection::ConnectionKey;

/// Turns of connections before the sockets are looked at again. The system holds some hundreds of short datagrams for a
/// socket, and thousands of connections may send to one at the same moment.
const ROUND: usize = 64;

/// Those who want a turn. Each is here once at most: its slot says whether it is.
#[derive(Default)]
pub(crate) struct Ready {
    /// Sockets that connections share.
    sockets: VecDeque<ConnectionKey>,
    connections: VecDeque<ConnectionKey>,
}

impl Ready {
    pub(crate) fn push(&mut self, key: ConnectionKey, is_socket: bool) {
        if is_socket { &mut self.sockets } else { &mut self.connections }.push_back(key);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sockets.is_empty() && self.connections.is_empty()
    }

    /// Moves those into `round` whose turn it is: the shared sockets, however many connections wait, and some connections,
    /// however much the sockets bring. Who wants another turn comes after all others of its kind.
    pub(crate) fn take_round(&mut self, round: &mut Vec<ConnectionKey>) {
        round.extend(self.sockets.drain(..));
        round.extend(self.connections.drain(..self.connections.len().min(ROUND)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket that always has more, and connections that each want one turn more.
    #[test]
    fn neither_sockets_nor_connections_wait_for_all_of_the_others() {
        let mut ready = Ready::default();
        let socket = 0;
        let connections: Vec<ConnectionKey> = (1..1000).collect();
        ready.push(socket, true);
        connections.iter().for_each(|key| ready.push(*key, false));
        let mut turns = Vec::new();
        for _ in 0..connections.len().div_ceil(ROUND) {
            let mut round = Vec::new();
            ready.take_round(&mut round);
            assert_eq!(round[0], socket, "whatever waits");
            assert!(round.len() <= ROUND + 1);
            for key in round {
                ready.push(key, key == socket);
                turns.push(key);
            }
        }
        turns.retain(|key| *key != socket);
        assert_eq!(turns[..connections.len()], connections, "each had one before any had two");
        assert!(!ready.is_empty());
    }
}
