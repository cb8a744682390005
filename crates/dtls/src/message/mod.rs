//! Handshake messages, and what else ends say to each other.

pub(crate) mod ack;
pub(crate) mod alert;
pub(crate) mod certificate;
pub(crate) mod certificate_request;
pub(crate) mod certificate_verify;
pub(crate) mod client_hello;
pub(crate) mod encrypted_extensions;
pub(crate) mod extension;
pub(crate) mod fragment;
pub(crate) mod hello_verify_request;
pub(crate) mod key_exchange;
pub(crate) mod server_hello;
pub(crate) mod vector;

pub(crate) use alert::{Alert, Refusal};
pub(crate) use fragment::Fragment;

/// What kinds of handshake messages there are (RFC 8446, section 4; RFC 5246, section 7.4).
pub(crate) mod kind {
    pub(crate) const CLIENT_HELLO: u8 = 1;
    pub(crate) const SERVER_HELLO: u8 = 2;
    pub(crate) const HELLO_VERIFY_REQUEST: u8 = 3;
    pub(crate) const NEW_SESSION_TICKET: u8 = 4;
    pub(crate) const ENCRYPTED_EXTENSIONS: u8 = 8;
    pub(crate) const CERTIFICATE: u8 = 11;
    pub(crate) const SERVER_KEY_EXCHANGE: u8 = 12;
    pub(crate) const CERTIFICATE_REQUEST: u8 = 13;
    pub(crate) const SERVER_HELLO_DONE: u8 = 14;
    pub(crate) const CERTIFICATE_VERIFY: u8 = 15;
    pub(crate) const CLIENT_KEY_EXCHANGE: u8 = 16;
    pub(crate) const FINISHED: u8 = 20;
    pub(crate) const KEY_UPDATE: u8 = 24;
    pub(crate) const MESSAGE_HASH: u8 = 254;
}

/// A whole handshake message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: u8,
    pub(crate) sequence: u16,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn new(kind: u8, sequence: u16, body: Vec<u8>) -> Message {
        Message { kind, sequence, body }
    }
}
