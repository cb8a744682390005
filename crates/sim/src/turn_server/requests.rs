//! Requests, and who may make them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::{Path, SocketId};
use stun_types::attribute::{
    AlternateServer, AttributeType, MessageIntegrity, Nonce, Realm, Username, XorMappedAddress,
};
use stun_types::message::{Message, MessageClass, Method};
use stun_types::prelude::*;

use super::allocation::Allocation;
use super::{TurnServer, XOR_PEER_ADDRESS};
use crate::host::Host;
use crate::stun_message::{self, Writer};

/// RFC 8656, section 17.
const ALLOCATE: Method = Method::new(0x003);
const REFRESH: Method = Method::new(0x004);
const CREATE_PERMISSION: Method = Method::new(0x008);
const CHANNEL_BIND: Method = Method::new(0x009);
/// RFC 8656, section 18.
const CHANNEL_NUMBER: AttributeType = AttributeType::new(0x000C);
const LIFETIME: AttributeType = AttributeType::new(0x000D);
const XOR_RELAYED_ADDRESS: AttributeType = AttributeType::new(0x0016);
const REQUESTED_ADDRESS_FAMILY: AttributeType = AttributeType::new(0x0017);
const REQUESTED_TRANSPORT: AttributeType = AttributeType::new(0x0019);
/// The number of UDP, as REQUESTED-TRANSPORT has it.
const UDP: u8 = 17;

/// The error code of a refusal.
type Answer = Result<Writer, u16>;

impl TurnServer {
    pub(super) fn handle_request(
        &mut self,
        now: Instant,
        client: Path,
        request: &Message<'_>,
        host: &mut Host,
    ) -> Vec<u8> {
        if let Err(code) = self.authenticate(request) {
            // RFC 8489, section 9.2.4.
            let refusal = Writer::error(request, code);
            let refusal = refusal.raw(Realm::TYPE, self.config.realm.as_bytes());
            return refusal.raw(Nonce::TYPE, self.nonce().as_bytes()).finish(None);
        }
        let answer = match request.method() {
            ALLOCATE => self.allocate(now, client, request, host),
            REFRESH => self.refresh(now, client, request, host),
            CREATE_PERMISSION => self.create_permission(now, client, request),
            CHANNEL_BIND => self.bind_channel(now, client, request),
            _ => Err(400),
        };
        let answer = answer.unwrap_or_else(|code| {
            let error = Writer::error(request, code);
            match self.config.faults.alternate {
                Some(server) if code == 300 => {
                    let value = AlternateServer::new(server).to_raw().value.to_vec();
                    error.raw(AlternateServer::TYPE, &value)
                }
                _ => error,
            }
        });
        answer.finish(Some(&self.key))
    }

    fn nonce(&self) -> String {
        format!("nonce-{}", self.nonce)
    }

    /// RFC 8489, section 9.2.4.
    fn authenticate(&mut self, request: &Message<'_>) -> Result<(), u16> {
        if !request.has_attribute(MessageIntegrity::TYPE) {
            return Err(401);
        }
        let (Ok(username), Ok(_), Ok(nonce)) =
            (request.attribute::<Username>(), request.attribute::<Realm>(), request.attribute::<Nonce>())
        else {
            return Err(400);
        };
        if username.username() != self.config.username
            || request.validate_integrity_with_key(&self.key).is_err()
        {
            return Err(401);
        }
        let is_used_up = self.config.faults.nonce_uses.is_some_and(|uses| self.nonce_used >= uses);
        if nonce.nonce() != self.nonce() || is_used_up {
            self.nonce += u32::from(is_used_up);
            self.nonce_used = 0;
            return Err(438);
        }
        self.nonce_used += 1;
        Ok(())
    }

    /// RFC 8656, section 7.2.
    fn allocate(&mut self, now: Instant, client: Path, request: &Message<'_>, host: &mut Host) -> Answer {
        if let Some(allocation) = self.allocations.get(&client) {
            let same = allocation.request == request.transaction_id();
            return if same { Ok(self.allocated(request, client, self.config.lifetime)) } else { Err(437) };
        }
        if request.raw_attribute(REQUESTED_TRANSPORT).ok_or(400_u16)?.value.first() != Some(&UDP) {
            return Err(442);
        }
        if self.config.faults.alternate.is_some() {
            return Err(300);
        }
        if let Some(code) = self.config.faults.refuse {
            return Err(code);
        }
        let wants_ipv6 = match request.raw_attribute(REQUESTED_ADDRESS_FAMILY) {
            None => false,
            Some(family) => match family.value.first() {
                Some(1) => false,
                Some(2) => true,
                _ => return Err(440),
            },
        };
        let ip = host.interfaces().iter().find(|ip| ip.is_ipv6() == wants_ipv6).copied().ok_or(440_u16)?;
        let relay = SocketId(self.next_relay);
        let relayed = host.bind(relay, SocketAddr::new(ip, 0)).ok_or(508_u16)?;
        self.next_relay += 1;
        let lifetime = self.lifetime(request);
        let allocation = Allocation::new(relay, relayed, request.transaction_id(), now + lifetime);
        self.allocations.insert(client, allocation);
        Ok(self.allocated(request, client, lifetime))
    }

    fn allocated(&self, request: &Message<'_>, client: Path, lifetime: Duration) -> Writer {
        let relayed = self.allocations[&client].relayed;
        let answer = Writer::answer(request, MessageClass::Success);
        let answer = answer.address(XOR_RELAYED_ADDRESS, relayed);
        let answer = answer.address(XorMappedAddress::TYPE, client.remote);
        answer.raw(LIFETIME, &(lifetime.as_secs() as u32).to_be_bytes())
    }

    /// What the client asks for, and not more than the server gives.
    fn lifetime(&self, request: &Message<'_>) -> Duration {
        let asked = request.raw_attribute(LIFETIME).and_then(|raw| raw.value.as_ref().try_into().ok());
        let asked = asked.map(|bytes| Duration::from_secs(u64::from(u32::from_be_bytes(bytes))));
        asked.map_or(self.config.lifetime, |asked| asked.min(self.config.lifetime))
    }

    /// RFC 8656, section 8.2.
    fn refresh(&mut self, now: Instant, client: Path, request: &Message<'_>, host: &mut Host) -> Answer {
        let lifetime = self.lifetime(request);
        if self.config.faults.forget_on_refresh {
            self.remove(client, host);
        }
        let allocation = self.allocations.get_mut(&client).ok_or(437_u16)?;
        if lifetime.is_zero() {
            self.remove(client, host);
        } else {
            allocation.prolong(now + lifetime);
        }
        let answer = Writer::answer(request, MessageClass::Success);
        Ok(answer.raw(LIFETIME, &(lifetime.as_secs() as u32).to_be_bytes()))
    }

    pub(super) fn remove(&mut self, client: Path, host: &mut Host) {
        if let Some(allocation) = self.allocations.remove(&client) {
            host.close(allocation.relay);
        }
    }

    /// RFC 8656, section 10.2.
    fn create_permission(&mut self, now: Instant, client: Path, request: &Message<'_>) -> Answer {
        let forbidden = self.config.faults.forbid_peers;
        let allocation = self.allocations.get_mut(&client).ok_or(437_u16)?;
        let peers: Vec<_> = stun_message::addresses(request, XOR_PEER_ADDRESS).collect();
        if peers.is_empty() {
            return Err(400);
        }
        if forbidden {
            return Err(403);
        }
        if peers.iter().any(|peer| peer.is_ipv4() != allocation.relayed.is_ipv4()) {
            return Err(443);
        }
        peers.iter().for_each(|peer| allocation.permit(now, peer.ip()));
        Ok(Writer::answer(request, MessageClass::Success))
    }

    /// RFC 8656, section 12.2.
    fn bind_channel(&mut self, now: Instant, client: Path, request: &Message<'_>) -> Answer {
        let forbidden = self.config.faults.forbid_peers;
        let allocation = self.allocations.get_mut(&client).ok_or(437_u16)?;
        let channel = request.raw_attribute(CHANNEL_NUMBER);
        let channel = channel.as_ref().and_then(|raw| raw.value.first_chunk().copied());
        let channel = channel.map(u16::from_be_bytes).filter(|channel| (0x4000..=0x4FFF).contains(channel));
        let peer = stun_message::address(request, XOR_PEER_ADDRESS);
        let (Some(channel), Some(peer)) = (channel, peer) else { return Err(400) };
        if forbidden {
            return Err(403);
        }
        if peer.is_ipv4() != allocation.relayed.is_ipv4() {
            return Err(443);
        }
        if !allocation.bind(now, channel, peer) {
            return Err(400);
        }
        Ok(Writer::answer(request, MessageClass::Success))
    }
}
