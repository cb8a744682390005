//! A long path in user space: a relay between the two peers' sockets, with a rate, a queue, a delay and losses, the same for all
//! stacks. Each peer is told the relay's address in place of the other's.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// What a path is like, the same in both directions.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// Bits per second, with IP and UDP headers.
    pub rate: u64,
    /// From one end to the other, once through the queue.
    pub delay: Duration,
    /// Of a million datagrams.
    pub loss: u32,
}

/// IPv4 and UDP.
const HEADERS: u64 = 28;

/// The longest packet that comes through, as on nearly every path that is not this machine's own.
const MTU: u64 = 1500;

/// The end that a description comes from.
#[derive(Clone, Copy, Debug)]
pub enum From {
    /// The offerer.
    Near,
    /// The answerer.
    Far,
}

/// The relay. Its threads end with the process.
pub struct Link {
    /// What the offerer and the answerer talk to, and where they are.
    ends: [End; 2],
}

struct End {
    address: SocketAddr,
    peer: Arc<OnceLock<SocketAddr>>,
}

impl Link {
    /// A running relay.
    pub fn start(path: Path) -> anyhow::Result<Arc<Link>> {
        let sockets = [socket()?, socket()?];
        let peers: [Arc<OnceLock<SocketAddr>>; 2] = Default::default();
        for (seed, (from, to)) in [(0, 1), (1, 0)].into_iter().enumerate() {
            let (queue, queued) = channel();
            let (entry, exit) = (sockets[from].try_clone()?, sockets[to].try_clone()?);
            let (source, destination) = (Arc::clone(&peers[from]), Arc::clone(&peers[to]));
            std::thread::spawn(move || enter(&entry, &source, path, seed as u64, &queue));
            std::thread::spawn(move || leave(&exit, &destination, &queued));
        }
        let end = |index: usize| -> anyhow::Result<End> {
            Ok(End { address: sockets[index].local_addr()?, peer: Arc::clone(&peers[index]) })
        };
        Ok(Arc::new(Link { ends: [end(0)?, end(1)?] }))
    }

    /// The description `sdp` as the other end has to see it: with the relay's address as the only candidate.
    pub fn carry(&self, sdp: &str, from: From) -> anyhow::Result<String> {
        let (own, other) = match from {
            From::Near => (&self.ends[0], &self.ends[1]),
            From::Far => (&self.ends[1], &self.ends[0]),
        };
        let mut carried = String::with_capacity(sdp.len());
        let mut kept = false;
        for line in sdp.lines() {
            let Some(candidate) = line.strip_prefix("a=candidate:") else {
                carried.extend([line, "\r\n"]);
                continue;
            };
            let mut fields: Vec<&str> = candidate.split(' ').collect();
            let [_, "1", transport, _, ip, port, "typ", "host", ..] = fields[..] else { continue };
            if kept || ip != "127.0.0.1" || !transport.eq_ignore_ascii_case("udp") {
                continue;
            }
            kept = true;
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse::<u16>()?));
            if own.peer.set(address).is_err() {
                bail!("a link joins two peers once");
            }
            let port = other.address.port().to_string();
            fields[5] = &port;
            carried.extend(["a=candidate:", &fields.join(" "), "\r\n"]);
        }
        kept.then_some(carried).context("no UDP candidate on the loopback interface")
    }
}

fn socket() -> anyhow::Result<UdpSocket> {
    Ok(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?)
}

/// A datagram, and when it comes out.
type Queued = (Instant, Vec<u8>);

/// Takes datagrams of the right source, loses some, and says when each of the others comes out.
fn enter(socket: &UdpSocket, source: &OnceLock<SocketAddr>, path: Path, seed: u64, queue: &Sender<Queued>) {
    let mut buffer = vec![0; 65_536];
    let mut losses = Losses(0x9e37_79b9_7f4a_7c15 ^ seed);
    // The queue holds what the path holds both ways.
    let longest = path.delay * 2;
    let mut free_at = Instant::now();
    while let Ok((length, address)) = socket.recv_from(&mut buffer) {
        let packet = length as u64 + HEADERS;
        if source.get() != Some(&address) || packet > MTU || losses.next() < path.loss {
            continue;
        }
        let now = Instant::now();
        let starts = free_at.max(now);
        if starts - now > longest {
            continue;
        }
        free_at = starts + Duration::from_nanos(packet * 8 * 1_000_000_000 / path.rate);
        if queue.send((free_at + path.delay, buffer[..length].to_vec())).is_err() {
            return;
        }
    }
}

/// Sends each datagram when its time has come.
fn leave(socket: &UdpSocket, destination: &OnceLock<SocketAddr>, queued: &Receiver<Queued>) {
    let mut waiting: VecDeque<Queued> = VecDeque::new();
    loop {
        let next = match waiting.front() {
            None => queued.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some((at, _)) => queued.recv_timeout(at.saturating_duration_since(Instant::now())),
        };
        match next {
            Ok(datagram) => waiting.push_back(datagram),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let now = Instant::now();
        while waiting.front().is_some_and(|(at, _)| *at <= now) {
            if let (Some((_, datagram)), Some(destination)) = (waiting.pop_front(), destination.get()) {
                // A peer that has gone gets nothing.
                let _ = socket.send_to(&datagram, destination);
            }
        }
    }
}

/// xorshift64*: the same losses in each run.
struct Losses(u64);

impl Losses {
    /// Below a million.
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % 1_000_000) as u32
    }
}
