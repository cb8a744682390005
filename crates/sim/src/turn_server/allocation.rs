//! What a client has at the server: a relayed address, permissions, channels, all for a time.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use base::SocketId;
use stun_types::message::TransactionId;

/// RFC 8656, section 9.
const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);
/// RFC 8656, section 12.
const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(super) struct Allocation {
    pub(super) relay: SocketId,
    pub(super) relayed: SocketAddr,
    /// The request that made it: the same request, sent again, gets the same answer.
    pub(super) request: TransactionId,
    /// `None`: it has ended.
    expires: Option<Instant>,
    pub(super) permissions: BTreeMap<IpAddr, Instant>,
    channels: BTreeMap<u16, (SocketAddr, Instant)>,
}

impl Allocation {
    pub(super) fn new(
        relay: SocketId,
        relayed: SocketAddr,
        request: TransactionId,
        expires: Instant,
    ) -> Self {
        let (permissions, channels) = (BTreeMap::new(), BTreeMap::new());
        Allocation { relay, relayed, request, expires: Some(expires), permissions, channels }
    }

    pub(super) fn is_alive(&self, now: Instant) -> bool {
        self.expires.is_some_and(|expires| now < expires)
    }

    pub(super) fn prolong(&mut self, expires: Instant) {
        self.expires = Some(expires);
    }

    pub(super) fn end(&mut self) {
        self.expires = None;
    }

    pub(super) fn permits(&self, now: Instant, peer: IpAddr) -> bool {
        self.permissions.get(&peer).is_some_and(|until| now < *until)
    }

    pub(super) fn permit(&mut self, now: Instant, peer: IpAddr) {
        self.permissions.insert(peer, now + PERMISSION_LIFETIME);
    }

    /// RFC 8656, section 12.2: a channel keeps its peer, and a peer its channel. Whether it is bound now.
    pub(super) fn bind(&mut self, now: Instant, channel: u16, peer: SocketAddr) -> bool {
        self.channels.retain(|_, (_, until)| now < *until);
        let fits = self.channels.iter().all(|(other, (bound, _))| (*other == channel) == (*bound == peer));
        if fits {
            self.channels.insert(channel, (peer, now + CHANNEL_LIFETIME));
            self.permit(now, peer.ip());
        }
        fits
    }

    pub(super) fn channel_of(&self, now: Instant, peer: SocketAddr) -> Option<u16> {
        let is_it = |(_, (bound, until)): &(&u16, &(SocketAddr, Instant))| *bound == peer && now < *until;
        self.channels.iter().find(is_it).map(|(channel, _)| *channel)
    }

    pub(super) fn peer_of(&self, now: Instant, channel: u16) -> Option<SocketAddr> {
        let (peer, until) = self.channels.get(&channel)?;
        (now < *until && self.permits(now, peer.ip())).then_some(*peer)
    }
}
