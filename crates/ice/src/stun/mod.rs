//! STUN messages as ICE uses them ([RFC 8489](https://www.rfc-editor.org/rfc/rfc8489)).
//!
//! `stun-types` knows the wire; here is which messages exist. Integrity is written by hand over its `compute`,
//! because its `add_message_integrity` records the key in a trace span.

mod attributes;

use std::fmt;
use std::net::SocketAddr;

use base::Rng;
use stun_types::attribute::{
    AttributeType, ErrorCode, Fingerprint, MappedSocketAddr, MessageIntegrity, MessageIntegritySha256,
    RawAttribute, UnknownAttributes, Username, XorMappedAddress,
};
use stun_types::message::{
    BINDING, IntegrityKey, Message, MessageClass, MessageType, MessageWriteVec, ShortTermCredentials,
    TransactionId,
};
use stun_types::prelude::*;

pub(crate) use attributes::{IceControlled, IceControlling, Nomination, Priority, USE_CANDIDATE};

use crate::embedding::{ACKNOWLEDGEMENT, Carried, DATA};
use crate::{Credentials, Role};

/// No STUN message that ICE knows is longer than what fits into an unfragmented datagram.
const MAX_MESSAGE: usize = 1500;
/// How many unknown attributes a 420 response names, so that it stays smaller than the request.
const MAX_UNKNOWN_LISTED: usize = 4;
/// What every message begins with (RFC 8489, section 5).
pub(crate) const HEADER_LENGTH: usize = 20;
pub(crate) const MAGIC_COOKIE: u32 = 0x2112_A442;
/// MESSAGE-INTEGRITY: four bytes of header, twenty of HMAC-SHA1.
const INTEGRITY_LENGTH: usize = 24;
/// MAPPED-ADDRESS, which servers older than RFC 5389 send.
const MAPPED_ADDRESS: AttributeType = AttributeType::new(0x0001);

/// Credentials together with the key that follows from the password.
#[derive(Clone)]
pub(crate) struct Side {
    pub(crate) credentials: Credentials,
    key: IntegrityKey,
}

impl Side {
    pub(crate) fn new(credentials: Credentials) -> Side {
        let password = credentials.pwd.expose_secret().clone();
        Side { credentials, key: ShortTermCredentials::new(password).make_key() }
    }

    pub(crate) fn ufrag(&self) -> &str {
        &self.credentials.ufrag
    }

    /// Whether `message` carries the right MESSAGE-INTEGRITY for this side's password, and a FINGERPRINT, which
    /// RFC 8445, section 7, demands of every message of a check; `parse` found it right if it is there.
    pub(crate) fn authenticates(&self, message: &Message<'_>) -> bool {
        message.has_attribute(Fingerprint::TYPE) && message.validate_integrity_with_key(&self.key).is_ok()
    }
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.credentials.fmt(f)
    }
}

/// A well-formed STUN message that fills the datagram, with the right FINGERPRINT if it carries one.
pub(crate) fn parse(datagram: &[u8]) -> Option<Message<'_>> {
    let length = u16::from_be_bytes([*datagram.get(2)?, *datagram.get(3)?]);
    // RFC 8489, section 5: the two low bits of the length are always zero.
    let whole =
        length % 4 == 0 && datagram.len() == usize::from(length) + 20 && datagram.len() <= MAX_MESSAGE;
    let message = if whole { Message::from_bytes(datagram).ok()? } else { return None };
    (message.method() == BINDING || message.is_response()).then_some(message)
}

pub(crate) fn transaction_id(rng: &mut Rng) -> TransactionId {
    let mut bytes = [0; 16];
    rng.fill(&mut bytes[4..]);
    u128::from_be_bytes(bytes).into()
}

/// A connectivity or consent check ([RFC 8445, section 7.2.2](https://www.rfc-editor.org/rfc/rfc8445#section-7.2.2)).
pub(crate) struct Check<'a> {
    pub(crate) id: TransactionId,
    pub(crate) local: &'a Side,
    pub(crate) remote: &'a Side,
    pub(crate) priority: u32,
    pub(crate) role: Role,
    pub(crate) tie_breaker: u64,
    pub(crate) use_candidate: bool,
    /// Which nomination it is; 0 where that is not told.
    pub(crate) nomination: u32,
    pub(crate) carried: Carried,
}

impl Check<'_> {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut message = builder(MessageClass::Request, self.id);
        let username = format!("{}:{}", self.remote.ufrag(), self.local.ufrag());
        message.push_attribute_unchecked(&RawAttribute::new(Username::TYPE, username.as_bytes()));
        match self.role {
            Role::Controlling => message.push_attribute_unchecked(&IceControlling(self.tie_breaker)),
            Role::Controlled => message.push_attribute_unchecked(&IceControlled(self.tie_breaker)),
        }
        if self.use_candidate {
            message.push_attribute_unchecked(&RawAttribute::new(USE_CANDIDATE, &[]));
            if self.nomination > 0 {
                message.push_attribute_unchecked(&Nomination(self.nomination));
            }
        }
        message.push_attribute_unchecked(&Priority(self.priority));
        carry(&mut message, &self.carried);
        sign(message, self.remote)
    }
}

/// The success response to a check.
pub(crate) fn success(id: TransactionId, mapped: SocketAddr, local: &Side, carried: &Carried) -> Vec<u8> {
    let mut message = builder(MessageClass::Success, id);
    message.push_attribute_unchecked(&XorMappedAddress::new(mapped, id));
    carry(&mut message, carried);
    sign(message, local)
}

/// An error response to a check. The reason phrase is for people, and left out: the answer stays small.
pub(crate) fn error(id: TransactionId, code: u16, unknown: &[AttributeType], local: &Side) -> Vec<u8> {
    let mut message = builder(MessageClass::Error, id);
    if let Ok(error) = ErrorCode::new(code, "") {
        message.push_attribute_unchecked(&error);
    }
    if !unknown.is_empty() {
        let listed = &unknown[..unknown.len().min(MAX_UNKNOWN_LISTED)];
        message.push_attribute_unchecked(&UnknownAttributes::new(listed));
    }
    sign(message, local)
}

/// A request to a STUN server: what is my address?
pub(crate) fn binding_request(id: TransactionId) -> Vec<u8> {
    finish(builder(MessageClass::Request, id))
}

/// A keepalive that nobody answers.
pub(crate) fn binding_indication(id: TransactionId) -> Vec<u8> {
    finish(builder(MessageClass::Indication, id))
}

/// The address in a success response.
pub(crate) fn mapped_address(message: &Message<'_>) -> Option<SocketAddr> {
    if let Ok(mapped) = message.attribute::<XorMappedAddress>() {
        return Some(mapped.addr(message.transaction_id()));
    }
    let raw = message.raw_attribute(MAPPED_ADDRESS)?;
    MappedSocketAddr::from_raw(&raw).ok().map(|mapped| mapped.addr())
}

/// The code and the reason of an error response.
pub(crate) fn error_code(message: &Message<'_>) -> Option<(u16, String)> {
    let error = message.attribute::<ErrorCode>().ok()?;
    Some((error.code(), error.reason().to_owned()))
}

/// Whether somebody has signed the message, one way or the other.
pub(crate) fn has_integrity(message: &Message<'_>) -> bool {
    message.has_attribute(MessageIntegrity::TYPE) || message.has_attribute(MessageIntegritySha256::TYPE)
}

/// The two halves of a check's USERNAME: the receiver's fragment, then the sender's.
pub(crate) fn username(message: &Message<'_>) -> Option<(String, String)> {
    let username = message.attribute::<Username>().ok()?;
    let (receiver, sender) = username.username().split_once(':')?;
    Some((receiver.to_owned(), sender.to_owned()))
}

/// The attributes of a request that must be understood and are not
/// ([RFC 8489, section 6.3.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.3.1)).
pub(crate) fn unknown_attributes(message: &Message<'_>) -> Vec<AttributeType> {
    let known = [
        Username::TYPE,
        MessageIntegrity::TYPE,
        MessageIntegritySha256::TYPE,
        Fingerprint::TYPE,
        Priority::TYPE,
        USE_CANDIDATE,
    ];
    message
        .iter_attributes()
        .map(|(_, attribute)| attribute.get_type())
        .filter(|kind| kind.comprehension_required() && !known.contains(kind))
        .take(MAX_UNKNOWN_LISTED)
        .collect()
}

fn carry(message: &mut MessageWriteVec, carried: &Carried) {
    for (kind, value) in [(ACKNOWLEDGEMENT, &carried.acknowledgement), (DATA, &carried.data)] {
        if let Some(value) = value {
            message.push_attribute_unchecked(&RawAttribute::new(kind, value));
        }
    }
}

fn builder(class: MessageClass, id: TransactionId) -> MessageWriteVec {
    Message::builder(MessageType::from_class_method(class, BINDING), id, MessageWriteVec::with_capacity(128))
}

fn sign(mut message: MessageWriteVec, side: &Side) -> Vec<u8> {
    // RFC 8489, section 14.5: the HMAC covers everything before the attribute, under a header whose length
    // already counts it; so the attribute goes in empty first.
    message.push_attribute_unchecked(&MessageIntegrity::new([0; 20]));
    let data = message.mut_data();
    let covered = data.len() - INTEGRITY_LENGTH;
    if let Ok(hmac) = MessageIntegrity::compute(&[&data[..covered]], &side.key) {
        data[covered + 4..].copy_from_slice(&hmac);
    }
    finish(message)
}

fn finish(mut message: MessageWriteVec) -> Vec<u8> {
    // It fails only if there is a FINGERPRINT already.
    let added = message.add_fingerprint();
    debug_assert!(added.is_ok());
    message.finish()
}

#[cfg(test)]
mod tests;
