//! Links do what their configuration says, and nothing that the seed does not decide.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::{Path, SendBatch, SocketId};
use sim::{Host, LinkConfig, Network, Node, NodeId};

/// Sends numbered datagrams and keeps what arrives.
#[derive(Default)]
struct Numbers {
    to_send: Vec<(SocketAddr, Vec<u8>)>,
    got: Vec<(Instant, Vec<u8>)>,
}

impl Node for Numbers {
    fn handle_datagram(&mut self, now: Instant, _: Path, datagram: &[u8]) {
        self.got.push((now, datagram.to_vec()));
    }
    fn handle_timeout(&mut self, _: Instant) {}
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
    fn poll_transmit(&mut self, _: Instant, out: &mut SendBatch) {
        for (remote, bytes) in self.to_send.drain(..) {
            out.push(Path { socket: SocketId(0), remote }, &bytes);
        }
    }
    fn settle(&mut self, _: Instant, host: &mut Host) {
        host.bind(SocketId(0), (host.interfaces()[0], 7).into());
    }
}

const COUNT: u16 = 1000;

/// Sends `COUNT` datagrams of `length` bytes, all at once, and returns the network when all is over.
fn flood(seed: u64, length: usize, config: LinkConfig) -> (Network<Numbers>, NodeId) {
    let mut network = Network::new(seed);
    network.enable_trace();
    let a = network.add_node("a", Numbers::default(), &["10.0.0.1".parse().unwrap()]);
    let b = network.add_node("b", Numbers::default(), &["10.0.0.2".parse().unwrap()]);
    network.link(a, b, config);
    let to: SocketAddr = "10.0.0.2:7".parse().unwrap();
    network.with(a, |node, _| {
        node.to_send = (0..COUNT)
            .map(|n| {
                let mut bytes = vec![0; length];
                bytes[..2].copy_from_slice(&n.to_be_bytes());
                (to, bytes)
            })
            .collect();
    });
    network.run_for(Duration::from_secs(60));
    (network, b)
}

fn numbers(network: &Network<Numbers>, node: NodeId) -> Vec<u16> {
    network.node(node).got.iter().map(|(_, bytes)| u16::from_be_bytes([bytes[0], bytes[1]])).collect()
}

#[test]
fn a_clean_link_delivers_everything_in_order_after_its_delay() {
    let (network, b) =
        flood(1, 100, LinkConfig { delay: Duration::from_millis(35), ..LinkConfig::default() });
    assert_eq!(numbers(&network, b), (0..COUNT).collect::<Vec<_>>());
    assert!(
        network
            .node(b)
            .got
            .iter()
            .all(|(at, _)| { *at + Duration::from_secs(60) - network.now() == Duration::from_millis(35) })
    );
}

#[test]
fn a_hostile_link_loses_doubles_and_reorders_about_its_share() {
    let (network, b) = flood(2, 100, LinkConfig::hostile(0.3));
    let got = numbers(&network, b);
    let mut distinct = got.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert!((600..800).contains(&distinct.len()), "{} arrived", distinct.len());
    assert!((150..300).contains(&(got.len() - distinct.len())), "{} doubled", got.len() - distinct.len());
    assert!(got.windows(2).any(|pair| pair[0] > pair[1]), "nothing was reordered");
}

#[test]
fn a_rate_spreads_datagrams_and_a_short_queue_drops_the_tail() {
    // 1,250 bytes at 1 Mbit/s take 10 ms each; a queue of 12,500 bytes takes ten of them.
    let rate = LinkConfig { rate: Some(1_000_000), queue: 12_500, ..LinkConfig::default() };
    let (network, b) = flood(3, 1250, rate);
    assert_eq!(numbers(&network, b), (0..10).collect::<Vec<_>>());
    let gaps: Vec<_> = network.node(b).got.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(gaps.iter().all(|gap| *gap == Duration::from_millis(10)), "{gaps:?}");
}

#[test]
fn what_is_longer_than_the_mtu_does_not_pass() {
    let (network, b) = flood(4, 1473, LinkConfig::default());
    assert!(network.node(b).got.is_empty());
    assert!(network.trace().contains("too long"));
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_seed_another() {
    let hostile = LinkConfig { jitter: Duration::from_millis(20), ..LinkConfig::hostile(0.2) };
    let trace = |seed| flood(seed, 100, hostile).0.trace().to_owned();
    assert_eq!(trace(5), trace(5));
    assert_ne!(trace(5), trace(6));
}
