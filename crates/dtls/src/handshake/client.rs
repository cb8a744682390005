//! The client's side.

use std::time::Instant;

use base::Rng;

use super::flight::Item;
use super::offer::{Offer, Second};
use super::updates::{FIRST_EPOCH, Updates};
use super::{Handshake, News, clear, client12, client13, protection13};
use crate::config::{Role, Versions};
use crate::crypto::Refused;
use crate::event::Version;
use crate::message::server_hello::ServerHello;
use crate::message::{Alert, Message, Refusal, kind};
use crate::record::Records;

/// Where a client stands.
pub(crate) struct State {
    offer: Offer,
    /// The server's flight, as far as it came.
    flight: Vec<Message>,
    stage: Stage,
}

/// What stood before another first message came.
pub(crate) struct Before {
    second: Option<Second>,
    flight: Vec<Message>,
    stage: Stage,
}

enum Stage {
    /// The ClientHello was sent.
    Hello,
    /// The server chose 1.3.
    Begun13(Box<client13::Begun>),
    /// Our flight of 1.2 was sent.
    Sent12(Box<client12::Sent>),
    /// Over.
    Over,
}

impl State {
    pub(crate) fn new(
        versions: Versions,
        record_size_limit: Option<u16>,
        rng: &mut Rng,
    ) -> Result<State, Refused> {
        let offer = Offer::new(versions, record_size_limit, rng)?;
        Ok(State { offer, flight: Vec::new(), stage: Stage::Hello })
    }

    pub(crate) fn hello(&self) -> &Message {
        self.offer.hello()
    }

    /// Whether our flight of 1.2 was sent.
    pub(crate) fn has_answered(&self) -> bool {
        matches!(self.stage, Stage::Sent12(_))
    }

    /// Whether another first message could be the server's: not when its certificate was verified. A request for
    /// another ClientHello is none any more when a ServerHello has come.
    pub(crate) fn can_begin_again(&self, first: &Message) -> bool {
        let has_hello = match self.stage {
            Stage::Hello => !self.flight.is_empty(),
            Stage::Begun13(_) => true,
            Stage::Sent12(_) | Stage::Over => return false,
        };
        let is_hello = ServerHello::read(&first.body).is_ok_and(|hello| !hello.is_retry());
        first.kind == kind::SERVER_HELLO && is_hello || !has_hello
    }

    /// Back to the first ClientHello.
    pub(crate) fn begin_again(&mut self) -> Before {
        let stage = std::mem::replace(&mut self.stage, Stage::Hello);
        Before { second: self.offer.take_second(), flight: std::mem::take(&mut self.flight), stage }
    }

    pub(crate) fn restore(&mut self, before: Before) {
        self.offer.restore(before.second);
        self.flight = before.flight;
        self.stage = before.stage;
    }

    /// The number of the first message of what is awaited.
    pub(crate) fn forget_flight(&mut self) -> u16 {
        self.flight.clear();
        self.offer.hello().sequence
    }
}

impl Handshake {
    pub(super) fn handle_as_client(
        &mut self,
        now: Instant,
        records: &mut Records,
        message: Message,
    ) -> Result<Option<News>, Refusal> {
        let super::State::Client(state) = &mut self.state else { return Ok(None) };
        match &state.stage {
            Stage::Hello if state.flight.is_empty() => {
                self.handle_server_hello(now, records, message).map(|()| None)
            }
            Stage::Hello => {
                state.flight.push(message);
                match client12::is_flight(&state.flight) {
                    None => Err(Alert::UnexpectedMessage.into()),
                    Some(false) => Ok(None),
                    Some(true) => self.answer12(now, records).map(|()| None),
                }
            }
            Stage::Begun13(_) => {
                state.flight.push(message);
                match client13::is_flight(&state.flight) {
                    None => Err(Alert::UnexpectedMessage.into()),
                    Some(false) => Ok(None),
                    Some(true) => self.finish_client13(now, records),
                }
            }
            Stage::Sent12(_) => {
                let stage = std::mem::replace(&mut state.stage, Stage::Over);
                let Stage::Sent12(sent) = stage else { return Ok(None) };
                let established = client12::finish(*sent, &message)?;
                self.flight.clear();
                Ok(self.finish(now, established))
            }
            Stage::Over => Ok(None),
        }
    }

    /// The server's first message.
    fn handle_server_hello(
        &mut self,
        now: Instant,
        records: &mut Records,
        message: Message,
    ) -> Result<(), Refusal> {
        let super::State::Client(state) = &mut self.state else { return Ok(()) };
        match message.kind {
            kind::HELLO_VERIFY_REQUEST => {
                state.offer.verify(&message)?;
                return self.say_hello_again(now, records);
            }
            kind::SERVER_HELLO => {}
            _ => return Err(Alert::UnexpectedMessage.into()),
        }
        let hello = ServerHello::read(&message.body)?;
        if hello.is_retry() {
            state.offer.retry(&message, &hello)?;
            return self.say_hello_again(now, records);
        }
        if hello.version == Version::Dtls12 {
            client12::check_hello(&state.offer, &hello)?;
            state.flight.push(message);
            records.forget_keys();
            return Ok(());
        }
        let begun = client13::begin(&state.offer, &message, &hello)?;
        records.forget_keys();
        self.acks.clear();
        records.install_write(2, protection13(&begun.traffic.client)?);
        self.install_read13(records, 2, &begun.traffic.server)?;
        self.reassembly.expect(2, None);
        if let super::State::Client(state) = &mut self.state {
            state.stage = Stage::Begun13(Box::new(begun));
        }
        Ok(())
    }

    fn say_hello_again(&mut self, now: Instant, records: &mut Records) -> Result<(), Refusal> {
        records.forget_keys();
        if let super::State::Client(state) = &self.state {
            self.flight.begin(now, vec![clear(state.hello().clone())], records, true);
        }
        Ok(())
    }

    /// The server's whole first flight of 1.2 has come.
    fn answer12(&mut self, now: Instant, records: &mut Records) -> Result<(), Refusal> {
        let super::State::Client(state) = &mut self.state else { return Ok(()) };
        let first = state.offer.hello().sequence + 1;
        let mut sent = client12::answer(&state.offer, &state.flight, &self.identity, first)?;
        records.set_limits(sent.limits);
        records.install_write(1, Self::protection12(&sent.secrets, Role::Client)?);
        records.install_read(1, Self::protection12(&sent.secrets, Role::Server)?);
        let messages = std::mem::take(&mut sent.messages);
        state.flight.clear();
        state.stage = Stage::Sent12(Box::new(sent));
        self.installs += 1;
        let mut items: Vec<_> = messages.into_iter().map(clear).collect();
        if let Some(Item::Message { message, .. }) = items.pop() {
            items.push(Item::ChangeCipherSpec);
            items.push(Item::Message { epoch: 1, message });
        }
        self.flight.begin(now, items, records, true);
        self.reassembly.settle();
        self.reassembly.expect(1, Some(kind::FINISHED));
        Ok(())
    }

    /// The server's whole flight of 1.3 has come.
    fn finish_client13(&mut self, now: Instant, records: &mut Records) -> Result<Option<News>, Refusal> {
        let super::State::Client(state) = &mut self.state else { return Ok(None) };
        let Stage::Begun13(begun) = &state.stage else { return Ok(None) };
        let first = state.offer.hello().sequence + 1;
        let ended = client13::finish(begun, &state.offer, &state.flight, &self.identity, first)?;
        self.next_message = first + ended.messages.len() as u16;
        records.set_limits(ended.limits);
        let items = ended.messages.into_iter().map(|message| Item::Message { epoch: 2, message }).collect();
        self.flight.begin(now, items, records, true);
        records.install_write(FIRST_EPOCH, protection13(&ended.traffic.client)?);
        self.install_read13(records, FIRST_EPOCH, &ended.traffic.server)?;
        self.updates = Some(Updates::new(ended.traffic.server, ended.traffic.client));
        Ok(self.finish(now, ended.established))
    }
}
