use std::cell::RefCell;

use super::*;
use crate::RtcCertificate;
use crate::net::connection::Handle;
use crate::net::workers::{self, Company};

fn connection() -> Arc<Handle> {
    let identity = RtcCertificate::generate(&peer::KeygenAlgorithm::ecdsa_p256()).unwrap();
    workers::connect(Default::default(), identity.0, Company::default()).unwrap()
}

fn local() -> SocketAddr {
    ([192, 0, 2, 1], 3478).into()
}

fn from(port: u16) -> Flow {
    Flow { local: local(), remote: ([198, 51, 100, 7], port).into() }
}

/// A STUN message of this type with one USERNAME.
fn stun(kind: u16, username: &str) -> Vec<u8> {
    let mut value = username.as_bytes().to_vec();
    let length = value.len() as u16;
    value.resize(value.len().next_multiple_of(4), 0);
    let mut message = kind.to_be_bytes().to_vec();
    message.extend((value.len() as u16 + 4).to_be_bytes());
    message.extend([0x21, 0x12, 0xa4, 0x42]);
    message.extend([9; 12]);
    message.extend(0x0006_u16.to_be_bytes());
    message.extend(length.to_be_bytes());
    message.extend(value);
    message
}

/// Endpoint's routes with two connections, which answer to "one" and "two".
struct Table {
    routes: Routes,
    connections: [Arc<Handle>; 2],
}

impl Table {
    fn new() -> Self {
        let connections = [connection(), connection()];
        let mut routes = Routes::default();
        for (connection, ufrag) in connections.iter().zip(["one", "two"]) {
            routes.join(connection.connection());
            let claim = Claim { ufrag: ufrag.to_owned(), socket: SocketId(5), local: local(), is_tcp: false };
            routes.claim(connection.key, vec![claim]);
        }
        Table { routes, connections }
    }

    /// Who gets what of a run, by the connections' places, and how many datagrams nobody gets.
    fn deliver(&mut self, flow: Flow, stride: usize, run: &[u8]) -> (Vec<(usize, usize)>, usize) {
        let taken = RefCell::new(Vec::new());
        let nobody = self.routes.deliver(flow, stride, run, |target, bytes| {
            assert_eq!(target.socket, SocketId(5));
            let place = self.connections.iter().position(|known| known.key == target.connection.key);
            taken.borrow_mut().push((place.unwrap(), bytes.len()));
        });
        (taken.into_inner(), nobody)
    }

    fn key(&self, place: usize) -> ConnectionKey {
        self.connections[place].key
    }

    fn size(&self) -> (usize, usize, usize, usize) {
        self.routes.entries()
    }
}

#[test]
fn a_check_finds_its_connection_from_whatever_address_and_leaves_no_trace() {
    let mut table = Table::new();
    let before = table.size();
    for (ufrag, place) in [("one", 0), ("two", 1)] {
        for port in 1..100 {
            let check = stun(0x0001, &format!("{ufrag}:peer"));
            assert_eq!(table.deliver(from(port), check.len(), &check), (vec![(place, check.len())], 0));
        }
    }
    let stranger = stun(0x0001, "three:peer");
    assert_eq!(table.deliver(from(1), stranger.len(), &stranger), (vec![], 1));
    let elsewhere = Flow { local: ([192, 0, 2, 2], 3478).into(), ..from(1) };
    let check = stun(0x0001, "one:peer");
    assert_eq!(
        table.deliver(elsewhere, check.len(), &check),
        (vec![], 1),
        "not an address it was offered at"
    );
    assert_eq!(table.size(), before);
}

#[test]
fn what_is_not_stun_needs_a_path_that_was_authenticated() {
    let mut table = Table::new();
    let data = [22; 300];
    assert_eq!(table.deliver(from(1), 100, &data), (vec![], 3));
    table.routes.admit(table.key(0), SocketId(5), from(1));
    assert_eq!(table.deliver(from(1), 100, &data), (vec![(0, 300)], 0));
    assert_eq!(table.deliver(from(2), 100, &data), (vec![], 3), "another port is another peer");
    // The peer of the other connection has got the address since: a NAT gave it to another of its hosts.
    table.routes.admit(table.key(1), SocketId(5), from(1));
    assert_eq!(table.deliver(from(1), 100, &data), (vec![(1, 300)], 0));
}

#[test]
fn a_run_of_data_with_a_check_in_its_middle_goes_three_ways() {
    let mut table = Table::new();
    table.routes.admit(table.key(0), SocketId(5), from(1));
    let check = stun(0x0001, "two:peer");
    let data = vec![22; check.len() * 2];
    let run = [&data[..], &check, &data[..check.len() + 7]].concat();
    let pieces = vec![(0, check.len() * 2), (1, check.len()), (0, check.len() + 7)];
    assert_eq!(table.deliver(from(1), check.len(), &run), (pieces, 0));
}

#[test]
fn an_answer_goes_to_who_asked_once_and_only_from_where_it_was_asked() {
    let mut table = Table::new();
    let answer = stun(0x0101, "whatever:else");
    assert_eq!(table.deliver(from(1), answer.len(), &answer), (vec![], 1));
    table.routes.expect(table.key(1), SocketId(5), from(1), [9; 12]);
    table.routes.expect(table.key(1), SocketId(5), from(1), [9; 12]);
    assert_eq!(table.deliver(from(2), answer.len(), &answer), (vec![], 1));
    assert_eq!(table.deliver(from(1), answer.len(), &answer), (vec![(1, answer.len())], 0));
    assert_eq!(table.deliver(from(1), answer.len(), &answer), (vec![], 1));
}

#[test]
fn new_fragments_replace_the_old_ones() {
    let mut table = Table::new();
    let claim = Claim { ufrag: "three".to_owned(), socket: SocketId(5), local: local(), is_tcp: false };
    table.routes.claim(table.key(0), vec![claim]);
    let (old, new) = (stun(0x0001, "one:peer"), stun(0x0001, "three:peer"));
    assert_eq!(table.deliver(from(1), old.len(), &old), (vec![], 1));
    assert_eq!(table.deliver(from(1), new.len(), &new), (vec![(0, new.len())], 0));
}

#[test]
fn a_connection_leaves_nothing_behind() {
    let mut table = Table::new();
    for place in [0, 1] {
        let key = table.key(place);
        table.routes.admit(key, SocketId(5), from(1));
        table.routes.admit(key, SocketId(5), from(2 + place as u16));
        table.routes.expect(key, SocketId(5), from(1), [place as u8; 12]);
    }
    table.routes.leave(table.key(0));
    // The path that was the first one's is the second one's.
    assert_eq!(table.size(), (1, 1, 2, 1));
    assert_eq!(table.deliver(from(1), 10, &[22; 10]), (vec![(1, 10)], 0));
    table.routes.leave(table.key(1));
    assert_eq!(table.size(), (0, 0, 0, 0));
}

#[test]
fn what_one_connection_can_enter_is_bounded_and_the_newest_stays() {
    let mut table = Table::new();
    let key = table.key(0);
    for port in 1..=1000 {
        table.routes.admit(key, SocketId(5), from(port));
        let mut id = [0; 12];
        id[..2].copy_from_slice(&port.to_be_bytes());
        table.routes.expect(key, SocketId(5), from(port), id);
    }
    assert_eq!(table.size(), (2, 2, MAX_PATHS, MAX_TRANSACTIONS));
    assert_eq!(table.deliver(from(1000), 10, &[22; 10]), (vec![(0, 10)], 0));
    assert_eq!(table.deliver(from(1), 10, &[22; 10]), (vec![], 1));
}
