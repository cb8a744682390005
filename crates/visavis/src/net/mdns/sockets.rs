//! A socket for each address of this machine, on the port and in the group of multicast DNS.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

/// RFC 6762, section 3.
const PORT: u16 = 5353;
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
/// More addresses than these are not asked from.
const MAX_SOCKETS: usize = 32;
/// The addresses are looked at again when something is asked and this much time has passed.
const REFRESH: Duration = Duration::from_secs(1);

/// The open sockets, each with the address and the index of its interface.
#[derive(Default)]
pub(super) struct Sockets {
    sockets: Vec<(UdpSocket, IpAddr, u32)>,
    refreshed: Option<Instant>,
}

impl Sockets {
    /// Opens sockets for addresses that are new, and closes those of addresses that are gone.
    pub(super) fn refresh(&mut self, now: Instant) {
        if self.refreshed.is_some_and(|at| now.saturating_duration_since(at) < REFRESH) {
            return;
        }
        self.refreshed = Some(now);
        let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
        let mut wanted: Vec<(IpAddr, u32)> = interfaces
            .iter()
            .filter(|interface| interface.is_oper_up())
            .map(|interface| (interface.ip(), interface.index.unwrap_or(0)))
            .collect();
        // In IPv6, one for each interface.
        wanted.sort_unstable_by_key(|(ip, index)| (ip.is_ipv6(), *index, *ip));
        wanted.dedup_by(|(a, a_index), (b, b_index)| {
            a == b || (a.is_ipv6() && b.is_ipv6() && a_index == b_index)
        });
        wanted.truncate(MAX_SOCKETS);
        self.sockets.retain(|(_, ip, index)| wanted.contains(&(*ip, *index)));
        for (ip, index) in wanted {
            if self.sockets.iter().any(|(_, known, of)| (*known, *of) == (ip, index)) {
                continue;
            }
            match open(ip, index) {
                Ok(socket) => self.sockets.push((socket, ip, index)),
                Err(error) => tracing::debug!(%error, index, "no multicast DNS on an interface"),
            }
        }
    }

    pub(super) fn close(&mut self) {
        self.sockets.clear();
        self.refreshed = None;
    }

    /// Receives a message; its length.
    pub(super) fn poll_receive(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<usize> {
        for (socket, ..) in &self.sockets {
            let mut read = ReadBuf::new(buffer);
            // RFC 6762, sections 6 and 6.7: what comes from another port is a question of a simple resolver, which we
            // are not there for, or a forged answer.
            while let Poll::Ready(received) = socket.poll_recv_from(cx, &mut read) {
                match received {
                    Ok(from) if from.port() == PORT => return Poll::Ready(read.filled().len()),
                    Ok(_) => read.clear(),
                    // Woken again when there is something: until then, others have their turn.
                    Err(_) => break,
                }
            }
        }
        Poll::Pending
    }

    /// Sends a message from all sockets, as far as the system takes it: whoever asks asks again.
    pub(super) fn send(&self, datagram: &[u8]) {
        for (sender, ip, index) in &self.sockets {
            let group = match ip {
                IpAddr::V4(_) => SocketAddr::from((GROUP_V4, PORT)),
                IpAddr::V6(_) => SocketAddrV6::new(GROUP_V6, PORT, 0, *index).into(),
            };
            // Not through tokio, which first waits to be told that a new socket can send.
            if let Err(error) = SockRef::from(sender).send_to(datagram, &group.into()) {
                tracing::trace!(%error, index, "multicast DNS could not send");
            }
        }
    }
}

fn open(ip: IpAddr, index: u32) -> io::Result<UdpSocket> {
    let (domain, any): (_, IpAddr) = match ip {
        IpAddr::V4(_) => (Domain::IPV4, Ipv4Addr::UNSPECIFIED.into()),
        IpAddr::V6(_) => (Domain::IPV6, Ipv6Addr::UNSPECIFIED.into()),
    };
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // RFC 6762, section 15: the machine may have other programs that speak it.
    socket.set_reuse_address(true)?;
    #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"))))]
    socket.set_reuse_port(true)?;
    match ip {
        IpAddr::V4(ip) => {
            socket.bind(&SocketAddr::new(any, PORT).into())?;
            socket.set_multicast_if_v4(&ip)?;
            socket.join_multicast_v4(&GROUP_V4, &ip)?;
            // RFC 6762, section 11.
            socket.set_multicast_ttl_v4(255)?;
        }
        IpAddr::V6(_) => {
            socket.set_only_v6(true)?;
            socket.bind(&SocketAddr::new(any, PORT).into())?;
            socket.set_multicast_if_v6(index)?;
            socket.join_multicast_v6(&GROUP_V6, index)?;
            socket.set_multicast_hops_v6(255)?;
        }
    }
    UdpSocket::from_std(socket.into())
}
