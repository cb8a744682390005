//! Sending with a DSCP ([RFC 8837](https://www.rfc-editor.org/rfc/rfc8837)).
//!
//! quinn-udp writes the whole traffic class into every datagram, as it is about ECN, and leaves no room for a DSCP. So
//! the sockets that have one, few as they are, say the rest by themselves: what the socket's own option says then counts.

use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};

use socket2::{MsgHdr, SockAddr, SockRef};

/// The most that an option, or all of them, may take: two of them at most.
const MAX_CONTROL: usize = 96;

/// Marks what the socket sends. RFC 2474, section 3: the DSCP is the upper six bits; the lower two are about ECN.
pub(crate) fn mark(socket: &SockRef<'_>, is_ipv4: bool, dscp: u8) -> io::Result<()> {
    let class = u32::from(dscp) << 2;
    if is_ipv4 { socket.set_tos_v4(class) } else { set_class_v6(socket, class) }
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "macos", target_os = "freebsd"))]
fn set_class_v6(socket: &SockRef<'_>, class: u32) -> io::Result<()> {
    socket.set_tclass_v6(class)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "macos", target_os = "freebsd")))]
fn set_class_v6(_: &SockRef<'_>, _: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether more than one datagram goes in one call.
pub(crate) const CAN_SEGMENT: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Sends datagrams of `segment_size` bytes, from this address if it is given. Only where the system
/// [can](CAN_SEGMENT) may there be more than one of them, or an address.
pub(crate) fn send(
    socket: &SockRef<'_>,
    (from, to): (Option<IpAddr>, SocketAddr),
    contents: &[u8],
    segment_size: usize,
) -> io::Result<()> {
    let mut control = Control::new();
    if contents.len() > segment_size {
        control.segments(segment_size)?;
    }
    if let Some(from) = from {
        control.source(from)?;
    }
    let (to, slices) = (SockAddr::from(to), [IoSlice::new(contents)]);
    let mut message = MsgHdr::new().with_addr(&to).with_buffers(&slices);
    if !control.bytes().is_empty() {
        message = message.with_control(control.bytes());
    }
    socket.sendmsg(&message, 0).map(|_| ())
}

/// Options of one call, as the C interface lays them out: `struct cmsghdr` (length, level, type), then the value, padded
/// to whole machine words.
struct Control {
    bytes: [u8; MAX_CONTROL],
    length: usize,
}

impl Control {
    const WORD: usize = size_of::<usize>();

    fn new() -> Self {
        Control { bytes: [0; MAX_CONTROL], length: 0 }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// `UDP_SEGMENT` of Linux.
    fn segments(&mut self, size: usize) -> io::Result<()> {
        const SOL_UDP: i32 = 17;
        const UDP_SEGMENT: i32 = 103;
        let size = u16::try_from(size).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.push(SOL_UDP, UDP_SEGMENT, &size.to_ne_bytes())
    }

    /// `IP_PKTINFO` and `IPV6_PKTINFO` of Linux: any interface, this source.
    fn source(&mut self, ip: IpAddr) -> io::Result<()> {
        const IPPROTO_IP: i32 = 0;
        const IP_PKTINFO: i32 = 8;
        const IPPROTO_IPV6: i32 = 41;
        const IPV6_PKTINFO: i32 = 50;
        match ip {
            IpAddr::V4(ip) => {
                let mut info = [0; 12];
                info[4..8].copy_from_slice(&ip.octets());
                self.push(IPPROTO_IP, IP_PKTINFO, &info)
            }
            IpAddr::V6(ip) => {
                let mut info = [0; 20];
                info[..16].copy_from_slice(&ip.octets());
                self.push(IPPROTO_IPV6, IPV6_PKTINFO, &info)
            }
        }
    }

    fn push(&mut self, level: i32, kind: i32, value: &[u8]) -> io::Result<()> {
        if !CAN_SEGMENT {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let header = Self::WORD + 8;
        let length = header + value.len();
        let end = self.length + length.next_multiple_of(Self::WORD);
        let Some(place) = self.bytes.get_mut(self.length..end) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        place[..Self::WORD].copy_from_slice(&length.to_ne_bytes());
        place[Self::WORD..Self::WORD + 4].copy_from_slice(&level.to_ne_bytes());
        place[Self::WORD + 4..header].copy_from_slice(&kind.to_ne_bytes());
        place[header..length].copy_from_slice(value);
        self.length = end;
        Ok(())
    }
}
