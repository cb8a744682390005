//! STUN messages as a server reads and writes them ([RFC 8489](https://www.rfc-editor.org/rfc/rfc8489)).

use std::net::SocketAddr;

use stun_types::attribute::{AttributeType, ErrorCode, RawAttribute, XorMappedAddress};
use stun_types::message::{
    IntegrityAlgorithm, IntegrityKey, Message, MessageClass, MessageType, MessageWriteVec, Method,
    TransactionId,
};
use stun_types::prelude::*;

/// A message under construction.
pub(crate) struct Writer {
    message: MessageWriteVec,
    id: TransactionId,
}

impl Writer {
    /// The answer to a request.
    pub(crate) fn answer(request: &Message<'_>, class: MessageClass) -> Writer {
        Writer::new(class, request.method(), request.transaction_id())
    }

    pub(crate) fn new(class: MessageClass, method: Method, id: TransactionId) -> Writer {
        let kind = MessageType::from_class_method(class, method);
        Writer { message: Message::builder(kind, id, MessageWriteVec::with_capacity(256)), id }
    }

    pub(crate) fn error(request: &Message<'_>, code: u16) -> Writer {
        let mut writer = Writer::answer(request, MessageClass::Error);
        let error = ErrorCode::builder(code).build().expect("codes of servers are from 300 to 699");
        writer.message.push_attribute_unchecked(&error);
        writer
    }

    pub(crate) fn raw(mut self, kind: AttributeType, value: &[u8]) -> Self {
        self.message.push_attribute_unchecked(&RawAttribute::new(kind, value));
        self
    }

    /// An address, written as XOR-MAPPED-ADDRESS is.
    pub(crate) fn address(self, kind: AttributeType, address: SocketAddr) -> Self {
        let written = XorMappedAddress::new(address, self.id);
        let value = written.to_raw().value.to_vec();
        self.raw(kind, &value)
    }

    pub(crate) fn finish(mut self, key: Option<&IntegrityKey>) -> Vec<u8> {
        if let Some(key) = key {
            let signed = self.message.add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1);
            signed.expect("it is signed once");
        }
        self.message.add_fingerprint().expect("it has one fingerprint");
        self.message.finish()
    }
}

/// The value of an attribute that is written as XOR-MAPPED-ADDRESS is.
pub(crate) fn address(message: &Message<'_>, kind: AttributeType) -> Option<SocketAddr> {
    addresses(message, kind).next()
}

/// All of them.
pub(crate) fn addresses(message: &Message<'_>, kind: AttributeType) -> impl Iterator<Item = SocketAddr> {
    let of_kind = message.iter_attributes().filter(move |(_, raw)| raw.get_type() == kind);
    let id = message.transaction_id();
    let read = move |raw: RawAttribute<'_>| {
        let renamed = RawAttribute::new(XorMappedAddress::TYPE, &raw.value);
        XorMappedAddress::from_raw_ref(&renamed).ok().map(|address| address.addr(id))
    };
    of_kind.filter_map(move |(_, raw)| read(raw)).collect::<Vec<_>>().into_iter()
}
