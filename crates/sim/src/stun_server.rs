//! A STUN server: it tells everybody how they look from here.

use std::collections::VecDeque;
use std::time::Instant;

use base::{Path, SendBatch, SocketId};
use stun_types::attribute::XorMappedAddress;
use stun_types::message::{BINDING, Message, MessageClass};
use stun_types::prelude::*;

use crate::host::Host;
use crate::network::Node;
use crate::stun_message::Writer;

/// Answers Binding requests on UDP port 3478 of all of its addresses.
#[derive(Debug, Default)]
pub struct StunServer {
    answers: VecDeque<(Path, Vec<u8>)>,
    silent: bool,
    asked: u64,
}

impl StunServer {
    /// The port that it answers on.
    pub const PORT: u16 = 3478;

    /// One that answers.
    pub fn new() -> Self {
        StunServer::default()
    }

    /// One that gets everything and answers nothing.
    pub fn silent() -> Self {
        StunServer { silent: true, ..StunServer::default() }
    }

    /// How many requests it got.
    pub fn asked(&self) -> u64 {
        self.asked
    }
}

impl Node for StunServer {
    fn handle_datagram(&mut self, _: Instant, path: Path, datagram: &[u8]) {
        let Ok(message) = Message::from_bytes(datagram) else { return };
        if message.method() != BINDING || message.class() != MessageClass::Request {
            return;
        }
        self.asked += 1;
        if !self.silent {
            let answer = Writer::answer(&message, MessageClass::Success);
            let answer = answer.address(XorMappedAddress::TYPE, path.remote).finish(None);
            self.answers.push_back((path, answer));
        }
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn poll_transmit(&mut self, _: Instant, out: &mut SendBatch) {
        while !out.is_full()
            && let Some((path, answer)) = self.answers.pop_front()
        {
            out.push(path, &answer);
        }
    }

    fn settle(&mut self, _: Instant, host: &mut Host) {
        for (number, ip) in (0..).zip(host.interfaces().to_vec()) {
            host.bind(SocketId(number), (ip, Self::PORT).into());
        }
    }
}
