//! The messages and attributes that TURN adds to STUN ([RFC 8656, sections 17 and 18](https://www.rfc-editor.org/rfc/rfc8656#section-17)).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use stun_types::attribute::{
    AttributeType, MappedSocketAddr, MessageIntegrity, MessageIntegritySha256, Nonce, PasswordAlgorithm,
    PasswordAlgorithms, RawAttribute, Realm, Username, XorMappedAddress, XorSocketAddr,
};
use stun_types::message::{
    IntegrityAlgorithm, Message, MessageClass, MessageType, MessageWriteVec, Method, TransactionId,
};
use stun_types::prelude::*;

use super::authentication::Authentication;
use crate::candidate;

pub(super) const ALLOCATE: Method = Method::new(0x003);
pub(super) const REFRESH: Method = Method::new(0x004);
pub(super) const SEND: Method = Method::new(0x006);
pub(super) const DATA: Method = Method::new(0x007);
pub(super) const CREATE_PERMISSION: Method = Method::new(0x008);
pub(super) const CHANNEL_BIND: Method = Method::new(0x009);

const CHANNEL_NUMBER: AttributeType = AttributeType::new(0x000C);
const LIFETIME: AttributeType = AttributeType::new(0x000D);
pub(super) const XOR_PEER_ADDRESS: AttributeType = AttributeType::new(0x0012);
pub(super) const DATA_ATTRIBUTE: AttributeType = AttributeType::new(0x0013);
const XOR_RELAYED_ADDRESS: AttributeType = AttributeType::new(0x0016);
const REQUESTED_ADDRESS_FAMILY: AttributeType = AttributeType::new(0x0017);
const REQUESTED_TRANSPORT: AttributeType = AttributeType::new(0x0019);
const ADDITIONAL_ADDRESS_FAMILY: AttributeType = AttributeType::new(0x8000);
const ALTERNATE_SERVER: AttributeType = AttributeType::new(0x8023);

/// RFC 8656, section 18.8: UDP, as IP numbers protocols.
const UDP: [u8; 4] = [17, 0, 0, 0];
/// RFC 8656, section 18.6.
const FAMILY_IPV6: [u8; 4] = [2, 0, 0, 0];

/// A request that is being written.
pub(super) struct RequestWriter {
    message: MessageWriteVec,
    id: TransactionId,
}

impl RequestWriter {
    pub(super) fn new(method: Method, id: TransactionId) -> Self {
        let kind = MessageType::from_class_method(MessageClass::Request, method);
        RequestWriter { message: Message::builder(kind, id, MessageWriteVec::with_capacity(256)), id }
    }

    fn push(mut self, kind: AttributeType, value: &[u8]) -> Self {
        self.message.push_attribute_unchecked(&RawAttribute::new(kind, value));
        self
    }

    /// An allocation of UDP: of IPv6 alone, or of IPv4 with IPv6 beside it where the server can.
    pub(super) fn allocation(self, ipv6_only: bool) -> Self {
        let family = if ipv6_only { REQUESTED_ADDRESS_FAMILY } else { ADDITIONAL_ADDRESS_FAMILY };
        self.push(REQUESTED_TRANSPORT, &UDP).push(family, &FAMILY_IPV6)
    }

    pub(super) fn lifetime(self, lifetime: Duration) -> Self {
        self.push(LIFETIME, &(lifetime.as_secs() as u32).to_be_bytes())
    }

    pub(super) fn peer(mut self, peer: SocketAddr) -> Self {
        let address = XorSocketAddr::new(peer, self.id);
        self.message.push_attribute_unchecked(&address.to_raw(XOR_PEER_ADDRESS));
        self
    }

    pub(super) fn channel(self, number: u16) -> Self {
        let [high, low] = number.to_be_bytes();
        self.push(CHANNEL_NUMBER, &[high, low, 0, 0])
    }

    /// Signs it, if the server has said how, and ends it (RFC 8489, section 9.2.4).
    pub(super) fn finish(mut self, authentication: Option<&Authentication>) -> Vec<u8> {
        let Some(Authentication { username, realm, nonce, key, algorithm, offered }) = authentication else {
            return self.message.finish();
        };
        self = self.push(Username::TYPE, username.as_bytes());
        self = self.push(Realm::TYPE, realm.as_bytes()).push(Nonce::TYPE, nonce.as_bytes());
        if let Some(offered) = offered {
            let chosen = if *algorithm == IntegrityAlgorithm::Sha256 { [0, 2, 0, 0] } else { [0, 1, 0, 0] };
            self = self.push(PasswordAlgorithms::TYPE, offered).push(PasswordAlgorithm::TYPE, &chosen);
        }
        // RFC 8489, section 14.5: the HMAC covers everything before the attribute, under a header whose length already
        // counts it; so the attribute goes in empty first.
        let length = match algorithm {
            IntegrityAlgorithm::Sha256 => {
                self = self.push(MessageIntegritySha256::TYPE, &[0; 32]);
                32
            }
            IntegrityAlgorithm::Sha1 => {
                self = self.push(MessageIntegrity::TYPE, &[0; 20]);
                20
            }
        };
        let data = self.message.mut_data();
        let (covered, attribute) = data.split_at_mut(data.len() - length - 4);
        if *algorithm == IntegrityAlgorithm::Sha256 {
            if let Ok(hmac) = MessageIntegritySha256::compute(&[covered], key) {
                attribute[4..].copy_from_slice(&hmac);
            }
        } else if let Ok(hmac) = MessageIntegrity::compute(&[covered], key) {
            attribute[4..].copy_from_slice(&hmac);
        }
        self.message.finish()
    }
}

/// An address that is XORed as XOR-MAPPED-ADDRESS is.
pub(super) fn xor_address(message: &Message<'_>, raw: &RawAttribute<'_>) -> Option<SocketAddr> {
    let address = XorSocketAddr::from_raw(raw).ok()?.addr(message.transaction_id());
    Some(candidate::canonical(address)).filter(|address| candidate::is_usable(*address))
}

/// The relayed addresses of a success response: one of each family at most.
pub(super) fn relayed_addresses(message: &Message<'_>) -> Vec<SocketAddr> {
    let raw = (0..2).filter_map(|index| message.nth_raw_attribute(XOR_RELAYED_ADDRESS, index));
    let mut addresses: Vec<SocketAddr> = raw.filter_map(|raw| xor_address(message, &raw)).collect();
    addresses.dedup_by_key(|address| address.is_ipv4());
    addresses
}

/// What the server saw of us.
pub(super) fn mapped_address(message: &Message<'_>) -> Option<SocketAddr> {
    let mapped = message.attribute::<XorMappedAddress>().ok()?.addr(message.transaction_id());
    Some(candidate::canonical(mapped)).filter(|address| candidate::is_usable(*address))
}

pub(super) fn lifetime(message: &Message<'_>) -> Option<Duration> {
    let raw = message.raw_attribute(LIFETIME)?;
    let seconds = u32::from_be_bytes(raw.value.as_ref().try_into().ok()?);
    Some(Duration::from_secs(seconds.into()))
}

/// Where a 300 response sends us. Its address is not XORed (RFC 8489, section 14.15).
pub(super) fn alternate_server(message: &Message<'_>) -> Option<SocketAddr> {
    let raw = message.raw_attribute(ALTERNATE_SERVER)?;
    MappedSocketAddr::from_raw(&raw).ok().map(|address| candidate::canonical(address.addr()))
}

/// An address without a port, as CreatePermission carries it: the port is ignored.
pub(super) fn any_port(ip: IpAddr) -> SocketAddr {
    SocketAddr::new(ip, 0)
}
