//! Whom an allocation may talk to, and how: permissions and channels
//! ([RFC 8656, sections 9 and 12](https://www.rfc-editor.org/rfc/rfc8656#section-9)).

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// Addresses that may send to an allocation: as many as there can be remote candidates.
pub(super) const MAX_PERMISSIONS: usize = 96;
/// Channels of an allocation: each is for a pair that data went over.
pub(super) const MAX_CHANNELS: usize = 16;
/// Addresses in one request, which then stays below the smallest MTU with IPv6 too.
const MAX_ASKED_AT_ONCE: usize = 32;
/// RFC 8656, section 9: a permission lasts 5 minutes.
const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);
/// How long before its end something is refreshed: time for a request that is answered late.
const MARGIN: Duration = Duration::from_secs(60);
/// RFC 8656, section 12: a channel lasts 10 minutes.
const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);
/// RFC 8656, section 12: the numbers of channels.
const CHANNELS: std::ops::RangeInclusive<u16> = 0x4000..=0x4fff;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// To be asked for.
    Wanted,
    Asked,
    /// Granted until then.
    Granted(Instant),
    /// Granted until then, and asked for again.
    Renewing(Instant),
    Refused,
}

impl Standing {
    fn granted_until(self) -> Option<Instant> {
        match self {
            Standing::Granted(until) | Standing::Renewing(until) => Some(until),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Permission {
    ip: IpAddr,
    standing: Standing,
    /// It was refused together with others: it is asked for by itself.
    is_alone: bool,
}

#[derive(Clone, Copy, Debug)]
struct Channel {
    number: u16,
    peer: SocketAddr,
    standing: Standing,
    /// When somebody last wanted it.
    wanted: Instant,
}

/// The permissions and channels of one allocation.
#[derive(Debug, Default)]
pub(super) struct Peers {
    /// At most `MAX_PERMISSIONS`.
    permissions: Vec<Permission>,
    /// At most `MAX_CHANNELS`.
    channels: Vec<Channel>,
}

/// Whether something may be sent to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permitted {
    Yes,
    /// The server was not asked yet, or has not answered.
    NotYet,
    No,
}

impl Peers {
    /// Wants a permission. Without effect where it is there, or was refused.
    pub(super) fn permit(&mut self, ip: IpAddr) {
        if self.permissions.len() < MAX_PERMISSIONS && !self.permissions.iter().any(|known| known.ip == ip) {
            self.permissions.push(Permission { ip, standing: Standing::Wanted, is_alone: false });
        }
    }

    pub(super) fn is_permitted(&self, now: Instant, ip: IpAddr) -> Permitted {
        match self.permissions.iter().find(|known| known.ip == ip).map(|known| known.standing) {
            Some(Standing::Granted(until) | Standing::Renewing(until)) if now < until => Permitted::Yes,
            Some(Standing::Refused) | None => Permitted::No,
            Some(_) => Permitted::NotYet,
        }
    }

    /// Forgets the permissions of addresses that are of no use any more; they run out.
    pub(super) fn retain(&mut self, is_needed: impl Fn(IpAddr) -> bool) {
        self.permissions.retain(|known| is_needed(known.ip));
    }

    /// The addresses to ask permission for now: they count as asked for.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<IpAddr> {
        let mut due: Vec<_> =
            self.permissions.iter_mut().filter(|known| is_due(known.standing, now)).collect();
        let alone = due.iter().position(|known| known.is_alone);
        let due = alone.map_or(0..due.len().min(MAX_ASKED_AT_ONCE), |index| index..index + 1).map(|index| {
            due[index].standing = asked(due[index].standing);
            due[index].ip
        });
        due.collect()
    }

    /// The server granted these.
    pub(super) fn granted(&mut self, now: Instant, ips: &[IpAddr]) {
        for known in self.permissions.iter_mut().filter(|known| ips.contains(&known.ip)) {
            known.standing = Standing::Granted(now + PERMISSION_LIFETIME);
        }
    }

    /// The server refused them together. If that was for one of them, the others are asked for by themselves.
    pub(super) fn refused(&mut self, ips: &[IpAddr]) {
        for known in self.permissions.iter_mut().filter(|known| ips.contains(&known.ip)) {
            known.standing = if ips.len() > 1 { Standing::Wanted } else { Standing::Refused };
            known.is_alone = ips.len() > 1;
        }
    }

    /// Wants a channel to a peer. What is not wanted for its lifetime is not renewed.
    pub(super) fn bind(&mut self, now: Instant, peer: SocketAddr) {
        if let Some(known) = self.channels.iter_mut().find(|known| known.peer == peer) {
            known.wanted = now;
        } else if self.channels.len() < MAX_CHANNELS {
            // Numbers are never used again: a late datagram of another peer must not be taken for this one's.
            let number = *CHANNELS.start() + self.channels.len() as u16;
            self.channels.push(Channel { number, peer, standing: Standing::Wanted, wanted: now });
        }
    }

    /// The next channel to ask for: it counts as asked for.
    pub(super) fn take_due_channel(&mut self, now: Instant) -> Option<(u16, SocketAddr)> {
        let is_due =
            |known: &&mut Channel| is_due(known.standing, now) && now < known.wanted + CHANNEL_LIFETIME;
        let channel = self.channels.iter_mut().find(is_due)?;
        channel.standing = asked(channel.standing);
        Some((channel.number, channel.peer))
    }

    /// The answer about a channel. A channel is a permission as well.
    pub(super) fn bound(&mut self, now: Instant, number: u16, is_granted: bool) {
        let Some(channel) = self.channels.iter_mut().find(|known| known.number == number) else { return };
        channel.standing =
            if is_granted { Standing::Granted(now + CHANNEL_LIFETIME) } else { Standing::Refused };
        let ip = channel.peer.ip();
        if is_granted {
            self.granted(now, &[ip]);
        }
    }

    /// The channel to a peer, if it can be used.
    pub(super) fn channel_to(&self, now: Instant, peer: SocketAddr) -> Option<u16> {
        let channel = self.channels.iter().find(|known| known.peer == peer)?;
        channel.standing.granted_until().filter(|until| now < *until).map(|_| channel.number)
    }

    /// Whose channel it is. One that was asked for counts: its first datagram may overtake the answer.
    pub(super) fn peer_of(&self, number: u16) -> Option<SocketAddr> {
        self.channels.iter().find(|known| known.number == number).map(|known| known.peer)
    }

    /// When the next permission or channel is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let permissions = self.permissions.iter().map(|known| (known.standing, None));
        let channels = self.channels.iter().map(|known| (known.standing, Some(known.wanted)));
        let due = permissions.chain(channels).filter_map(|(standing, wanted)| match standing {
            Standing::Granted(until) => Some(until - MARGIN)
                .filter(|due| wanted.is_none_or(|wanted: Instant| *due < wanted + CHANNEL_LIFETIME)),
            _ => None,
        });
        due.min()
    }
}

fn is_due(standing: Standing, now: Instant) -> bool {
    match standing {
        Standing::Wanted => true,
        Standing::Granted(until) => now + MARGIN >= until,
        Standing::Asked | Standing::Renewing(_) | Standing::Refused => false,
    }
}

fn asked(standing: Standing) -> Standing {
    standing.granted_until().map_or(Standing::Asked, Standing::Renewing)
}
