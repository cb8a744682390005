//! The server's side.

use std::time::Instant;

use super::choice::Choice;
use super::flight::Item;
use super::updates::{FIRST_EPOCH, Updates};
use super::{Handshake, News, clear, protection13, server12, server13};
use crate::config::Role;
use crate::event::Version;
use crate::message::client_hello::ClientHello;
use crate::message::{Alert, Message, Refusal, kind};
use crate::record::Records;

/// Where a server stands.
pub(crate) struct State {
    /// The client's flight, as far as it came.
    flight: Vec<Message>,
    /// The number of its first message.
    first: u16,
    stage: Stage,
}

enum Stage {
    /// A ClientHello is awaited.
    Hello,
    /// Another one is.
    Retried(Box<server13::Retried>),
    /// Our flight of 1.3 was sent.
    Answered13(Box<server13::Answered>),
    /// Our first flight of 1.2 was sent.
    Answered12(Box<server12::Answered>),
    /// The client of 1.2 has proven who it is; its Finished is awaited.
    Proven12(Box<server12::Proven>),
    /// Over.
    Over,
}

impl State {
    pub(crate) fn new() -> State {
        State { flight: Vec::new(), first: 0, stage: Stage::Hello }
    }

    pub(crate) fn is_fresh(&self) -> bool {
        matches!(self.stage, Stage::Hello)
    }

    /// Whether our answer waits for the client's.
    pub(crate) fn has_answered(&self) -> bool {
        matches!(self.stage, Stage::Retried(_) | Stage::Answered13(_) | Stage::Answered12(_))
    }

    /// Whether another ClientHello could be the client's: not when its certificate was verified.
    pub(crate) fn can_begin_again(&self, first: &Message) -> bool {
        self.has_answered() && first.kind == kind::CLIENT_HELLO
    }

    /// The number of the first message of what is awaited.
    pub(crate) fn forget_flight(&mut self) -> u16 {
        self.flight.clear();
        self.first
    }
}

impl Handshake {
    pub(super) fn handle_as_server(
        &mut self,
        now: Instant,
        records: &mut Records,
        message: Message,
    ) -> Result<Option<News>, Refusal> {
        let super::State::Server(state) = &mut self.state else { return Ok(None) };
        match &state.stage {
            Stage::Hello | Stage::Retried(_) => {
                self.handle_client_hello(now, records, &message).map(|()| None)
            }
            Stage::Answered13(_) => {
                state.flight.push(message);
                match server13::is_flight(&state.flight) {
                    None => Err(Alert::UnexpectedMessage.into()),
                    Some(false) => Ok(None),
                    Some(true) => self.finish_server13(now, records),
                }
            }
            Stage::Answered12(_) => {
                state.flight.push(message);
                match server12::is_flight(&state.flight) {
                    None => Err(Alert::UnexpectedMessage.into()),
                    Some(false) => Ok(None),
                    Some(true) => self.prove12(records).map(|()| None),
                }
            }
            Stage::Proven12(_) => self.finish_server12(now, records, &message),
            Stage::Over => Ok(None),
        }
    }

    fn handle_client_hello(
        &mut self,
        now: Instant,
        records: &mut Records,
        message: &Message,
    ) -> Result<(), Refusal> {
        let hello = ClientHello::read(&message.body)?;
        let choice = Choice::new(&hello, self.versions, self.record_size_limit, &self.identity)?;
        let super::State::Server(state) = &mut self.state else { return Ok(()) };
        let retried = match &state.stage {
            Stage::Retried(retried) => {
                retried.check(&hello, &choice)?;
                Some(&**retried)
            }
            _ => None,
        };
        if choice.is_retried {
            records.forget_keys();
            let retried = server13::retry(message, &hello, choice);
            let request = retried.request.clone();
            state.stage = Stage::Retried(Box::new(retried));
            state.first = message.sequence + 1;
            self.reassembly.expect(0, Some(kind::CLIENT_HELLO));
            // The client repeats itself until it hears this (RFC 9147, section 5.8.1).
            self.flight.begin(now, vec![clear(request)], records, false);
            return Ok(());
        }
        if choice.suite.version() == Version::Dtls12 {
            let (identity, rng) = (&self.identity, &mut self.rng);
            let answered = server12::answer(message, &hello, choice, self.versions, identity, rng)?;
            records.forget_keys();
            records.set_limits(choice.limits);
            let items = answered.messages.iter().cloned().map(clear).collect();
            self.next_message = answered.messages.len() as u16;
            self.flight.begin(now, items, records, true);
            self.reassembly.expect(0, None);
            state.stage = Stage::Answered12(Box::new(answered));
        } else {
            let (identity, rng) = (&self.identity, &mut self.rng);
            let mut answered = server13::answer(message, &hello, choice, retried, identity, rng)?;
            records.forget_keys();
            records.set_limits(choice.limits);
            self.acks.clear();
            records.install_write(2, protection13(&answered.handshake.server)?);
            records.install_write(FIRST_EPOCH, protection13(&answered.application.server)?);
            let mut items = vec![clear(answered.hello.clone())];
            let rest = std::mem::take(&mut answered.messages);
            self.next_message = answered.hello.sequence + 1 + rest.len() as u16;
            items.extend(rest.into_iter().map(|message| Item::Message { epoch: 2, message }));
            self.flight.begin(now, items, records, true);
            self.reassembly.expect(2, None);
            let client = answered.handshake.client.clone();
            state.stage = Stage::Answered13(Box::new(answered));
            state.first = message.sequence + 1;
            return self.install_read13(records, 2, &client);
        }
        state.first = message.sequence + 1;
        Ok(())
    }

    /// The client's whole flight of 1.3 has come.
    fn finish_server13(&mut self, now: Instant, records: &mut Records) -> Result<Option<News>, Refusal> {
        let super::State::Server(state) = &mut self.state else { return Ok(None) };
        let stage = std::mem::replace(&mut state.stage, Stage::Over);
        let Stage::Answered13(answered) = stage else { return Ok(None) };
        let application = answered.application.clone();
        let established = server13::finish(*answered, &state.flight, &self.identity)?;
        // It was answered: what the client repeats from now on is acknowledged.
        self.flight.clear();
        self.install_read13(records, FIRST_EPOCH, &application.client)?;
        self.updates = Some(Updates::new(application.client, application.server));
        Ok(self.finish(now, established))
    }

    /// All that the client of 1.2 says in the clear has come.
    fn prove12(&mut self, records: &mut Records) -> Result<(), Refusal> {
        let super::State::Server(state) = &mut self.state else { return Ok(()) };
        let Stage::Answered12(answered) = &state.stage else { return Ok(()) };
        let proven = server12::prove(answered, &state.flight, &self.identity)?;
        records.install_read(1, Self::protection12(&proven.secrets, Role::Client)?);
        state.flight.clear();
        state.stage = Stage::Proven12(Box::new(proven));
        self.flight.stop();
        self.installs += 1;
        self.reassembly.settle();
        self.reassembly.expect(1, Some(kind::FINISHED));
        Ok(())
    }

    fn finish_server12(
        &mut self,
        now: Instant,
        records: &mut Records,
        message: &Message,
    ) -> Result<Option<News>, Refusal> {
        let super::State::Server(state) = &mut self.state else { return Ok(None) };
        let stage = std::mem::replace(&mut state.stage, Stage::Over);
        let Stage::Proven12(proven) = stage else { return Ok(None) };
        let protection = Self::protection12(&proven.secrets, Role::Server)?;
        let (finished, established) = server12::finish(*proven, message, self.next_message)?;
        records.install_write(1, protection);
        let items = vec![Item::ChangeCipherSpec, Item::Message { epoch: 1, message: finished }];
        // The client repeats itself until it hears this.
        self.flight.begin(now, items, records, false);
        Ok(self.finish(now, established))
    }
}
