//! Handshakes, from the first ClientHello to the last KeyUpdate.
//!
//! A flight of the peer's is collected and then taken as a whole, by a function that changes nothing when it refuses:
//! as long as nobody vouches for it, what was bad is forgotten, and the real one may still come.

mod acks;
mod choice;
mod client;
mod client12;
mod client13;
mod flight;
mod identity;
mod offer;
mod peer13;
mod reassembly;
mod server;
mod server12;
mod server13;
mod transcript;
mod updates;

use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch};

use crate::config::{Config, Role, Versions};
use crate::crypto::Refused;
use crate::event::{FailureCause, Version};
use crate::key_schedule::hkdf13::{Exporter, TrafficSecret};
use crate::key_schedule::prf12::Secrets12;
use crate::message::{Alert, Fragment, Message, Refusal, ack, kind};
use crate::record::{ContentType, MIN_LIMIT, Protection, Protection12, RecordNumber, Records};
use crate::suite::{SrtpProfile, Suite};
use acks::Acks;
use flight::{Flight, Item};
use identity::Identity;
use reassembly::{Inserted, Reassembly};
use updates::Updates;

/// How often a handshake is begun anew because another first message came.
const MAX_RESTARTS: u64 = 16;
/// How often a peer is told in the clear that its messages are refused: anybody could have sent them.
const MAX_REFUSALS_TOLD: u8 = 16;
/// After so many refused messages in the clear ...
const FREE_REFUSALS: u32 = 8;
/// ... there is one in this time: reading a forged one costs us more than sending it costs the forger.
const BETWEEN_REFUSALS: Duration = Duration::from_millis(5);
/// No message is of this kind.
const NOTHING: u8 = 255;

/// What a handshake ended with.
pub(crate) struct Established {
    pub(crate) suite: Suite,
    pub(crate) srtp: Option<SrtpProfile>,
    /// The peer's certificate, which matched.
    pub(crate) certificate: Vec<u8>,
    pub(crate) export: Exporting,
}

/// Where exported keying material comes from.
pub(crate) enum Exporting {
    V12(Secrets12),
    V13(Exporter),
}

impl Exporting {
    pub(crate) fn export(&self, label: &str, length: usize) -> Vec<u8> {
        match self {
            Exporting::V12(secrets) => secrets.export(label, length),
            Exporting::V13(exporter) => exporter.export(label, length),
        }
    }
}

/// What happened.
pub(crate) enum News {
    Connected(Box<Established>),
    /// Somebody who has the keys broke the protocol, or has another certificate.
    Failed(Refusal),
}

/// What became of the fragments in a record.
#[derive(Default)]
pub(crate) struct Heard {
    /// All were of use, or repeat something that was.
    pub(crate) is_kept: bool,
    pub(crate) news: Option<News>,
}

/// Where the handshake stands.
enum State {
    Client(Box<client::State>),
    Server(server::State),
    /// It has ended well.
    Done(Version),
    /// It has ended.
    Failed,
}

/// What stood before another first message came.
enum Before {
    Client(client::Before),
    Server(server::State),
}

/// One end's handshake.
pub(crate) struct Handshake {
    role: Role,
    versions: Versions,
    /// What we take (RFC 8449).
    record_size_limit: Option<u16>,
    identity: Identity,
    rng: Rng,
    state: State,
    reassembly: Reassembly,
    flight: Flight,
    acks: Acks,
    updates: Option<Updates>,
    /// The number of our next message.
    next_message: u16,
    /// The time that the peer has to acknowledge what is said after the end.
    patience: Duration,
    give_up: Option<Instant>,
    restarts: u64,
    refused: Option<Refusal>,
    refusals: u32,
    refused_at: Option<Instant>,
    refusals_told: u8,
    /// What the peer is told in the clear.
    refusal: Option<Alert>,
    /// The peer has proven that it knows the handshake's keys of 1.3, and was told what it needs not repeat: what it began
    /// with stands.
    is_heard: bool,
    /// How often keys were installed: records may be readable that were not.
    installs: u64,
}

impl Handshake {
    /// A client has its ClientHello ready.
    pub(crate) fn new(
        config: &Config,
        now: Instant,
        mut rng: Rng,
        records: &Records,
    ) -> Result<Handshake, Refused> {
        let identity = Identity::new(
            config.certificate.clone(),
            config.remote_fingerprints.clone(),
            config.deterministic,
        )?;
        let interval = config.retransmit_after.max(Config::MIN_RETRANSMIT);
        let mtu = config.mtu.clamp(Config::MIN_MTU, Config::MAX_MTU);
        let record_size_limit = config.record_size_limit.map(|limit| limit.max(MIN_LIMIT));
        let mut flight = Flight::new(mtu, interval);
        let (state, only) = match config.role {
            Role::Client => {
                let state = client::State::new(config.versions, record_size_limit, &mut rng)?;
                flight.begin(now, vec![clear(state.hello().clone())], records, true);
                (State::Client(Box::new(state)), None)
            }
            Role::Server => (State::Server(server::State::new()), Some(kind::CLIENT_HELLO)),
        };
        Ok(Handshake {
            role: config.role,
            versions: config.versions,
            record_size_limit,
            identity,
            rng,
            state,
            reassembly: Reassembly::new(only),
            flight,
            acks: Acks::new(mtu, interval),
            updates: None,
            next_message: 0,
            patience: config.handshake_timeout,
            give_up: None,
            restarts: 0,
            refused: None,
            refusals: 0,
            refused_at: None,
            refusals_told: 0,
            refusal: None,
            is_heard: false,
            installs: 0,
        })
    }

    /// Whether nothing of the peer's was taken yet: only a ClientHello is of use.
    pub(crate) fn is_fresh(&self) -> bool {
        matches!(&self.state, State::Server(state) if state.is_fresh())
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    /// Whether the peer is known to be connected too. The last flight of 1.3 is the client's, and holds its
    /// certificate: until the server acknowledges it, it may yet be refused (RFC 9147, section 5.8.1).
    pub(crate) fn is_confirmed(&self) -> bool {
        let is_last = self.role == Role::Client && matches!(self.state, State::Done(Version::Dtls13));
        self.is_done() && !(is_last && self.flight.is_waiting())
    }

    /// Why messages in the clear were refused, where any were.
    pub(crate) fn refused(&self) -> Option<FailureCause> {
        self.refused.map(|refusal| refusal.cause)
    }

    pub(crate) fn restarts(&self) -> u64 {
        self.restarts
    }

    pub(crate) fn installs(&self) -> u64 {
        self.installs
    }

    /// Takes the fragments of one record. `number`: of a protected one.
    pub(crate) fn handle_record(
        &mut self,
        now: Instant,
        records: &mut Records,
        number: RecordNumber,
        mut body: &[u8],
    ) -> Heard {
        if number.epoch == 0 && self.is_wary(now) {
            return Heard::default();
        }
        let was_done = self.is_done();
        let mut heard = Heard { is_kept: !body.is_empty(), news: None };
        while !body.is_empty() {
            let inserted = match Fragment::read(&mut body) {
                Some(fragment) => self.reassembly.insert(number.epoch, &fragment),
                None => {
                    heard.is_kept = false;
                    break;
                }
            };
            match inserted {
                Inserted::Dropped => heard.is_kept = false,
                Inserted::Repeated => self.hear_again(now, number.epoch),
                Inserted::Taken => {}
            }
            heard.news = self.take_messages(now, records, number.epoch);
            if heard.news.is_some() {
                break;
            }
        }
        if heard.is_kept && number.epoch >= 2 {
            self.is_heard = true;
            self.acknowledge(now, number, was_done);
        }
        if self.is_done() {
            self.begin_update(now, records);
        }
        heard
    }

    /// RFC 9147, section 7.1: a flight that is answered is not acknowledged, unless a part of it is missing; the last
    /// flight of the handshake, and what comes after, is acknowledged at once.
    fn acknowledge(&mut self, now: Instant, number: RecordNumber, was_done: bool) {
        match (self.is_done(), self.role) {
            (false, _) => {
                self.acks.add(number);
                self.acks.send_soon(now);
            }
            (true, Role::Client) if !was_done => self.acks.clear(),
            // The server repeats its flight: ours answers it.
            (true, Role::Client) if number.epoch == 2 => {}
            (true, _) => {
                self.acks.add(number);
                self.acks.send_now();
            }
        }
    }

    /// Whether there was so much forgery that nothing in the clear is read right now. The peer repeats itself.
    fn is_wary(&self, now: Instant) -> bool {
        self.refusals > FREE_REFUSALS && self.refused_at.is_some_and(|at| now < at + BETWEEN_REFUSALS)
    }

    fn take_messages(&mut self, now: Instant, records: &mut Records, epoch: u64) -> Option<News> {
        let mut result = Ok(None);
        while let (Ok(None), Some(message)) = (&result, self.reassembly.take()) {
            result = self.handle_message(now, records, message);
        }
        if let (Ok(None), Some(first)) = (&result, self.reassembly.take_again()) {
            return self.begin_again(now, records, first);
        }
        match result {
            Ok(news) => news,
            // In the clear a mismatch is told only when it was proven whose the certificate is.
            Err(refusal) if epoch > 0 || refusal.cause == FailureCause::FingerprintMismatch => {
                self.state = State::Failed;
                self.flight.clear();
                Some(News::Failed(refusal))
            }
            Err(refusal) => {
                self.refuse(now, refusal);
                None
            }
        }
    }

    fn handle_message(
        &mut self,
        now: Instant,
        records: &mut Records,
        message: Message,
    ) -> Result<Option<News>, Refusal> {
        match &self.state {
            State::Client(_) => self.handle_as_client(now, records, message),
            State::Server(_) => self.handle_as_server(now, records, message),
            State::Done(_) => self.handle_when_done(records, &message).map(|()| None),
            State::Failed => Ok(None),
        }
    }

    /// Another first message came, in the clear, than the one that was taken: one of them is not the peer's. Nobody is
    /// proven yet, so that the later one may be as good, if it is good at all.
    fn begin_again(&mut self, now: Instant, records: &mut Records, first: Message) -> Option<News> {
        let is_possible = match &self.state {
            State::Client(state) => state.can_begin_again(&first),
            State::Server(state) => state.can_begin_again(&first),
            State::Done(_) | State::Failed => false,
        };
        if !is_possible || self.is_heard || self.restarts == MAX_RESTARTS {
            return None;
        }
        let before = match &mut self.state {
            State::Client(state) => Before::Client(state.begin_again()),
            State::Server(state) => Before::Server(std::mem::replace(state, server::State::new())),
            State::Done(_) | State::Failed => return None,
        };
        let reassembly = std::mem::replace(&mut self.reassembly, Reassembly::begun_with(&first));
        match self.handle_message(now, records, first) {
            Ok(news) => {
                self.restarts += 1;
                news
            }
            Err(refusal) => {
                self.reassembly = reassembly;
                match (before, &mut self.state) {
                    (Before::Client(before), State::Client(state)) => state.restore(before),
                    (Before::Server(before), State::Server(state)) => *state = before,
                    _ => {}
                }
                self.note_refusal(now, refusal);
                None
            }
        }
    }

    /// Forgets what was bad, and tells the peer, who may be somebody else.
    fn refuse(&mut self, now: Instant, refusal: Refusal) {
        self.note_refusal(now, refusal);
        let next = match &mut self.state {
            State::Client(state) => state.forget_flight(),
            State::Server(state) => state.forget_flight(),
            State::Done(_) | State::Failed => return,
        };
        self.reassembly.reset(next);
        if self.is_fresh() {
            self.reassembly.expect(0, Some(kind::CLIENT_HELLO));
        }
    }

    fn note_refusal(&mut self, now: Instant, refusal: Refusal) {
        tracing::debug!(alert = ?refusal.alert, "a handshake message in the clear is refused");
        self.refused = Some(refusal);
        self.refusals = self.refusals.saturating_add(1);
        self.refused_at = Some(now);
        if self.refusals_told < MAX_REFUSALS_TOLD {
            self.refusals_told += 1;
            self.refusal = Some(refusal.alert);
        }
    }

    /// The peer says again what it said before: our answer, or our acknowledgement, was lost.
    fn hear_again(&mut self, now: Instant, epoch: u64) {
        let is_ours_lost = match (&self.state, self.role) {
            (State::Done(Version::Dtls12), Role::Server) => epoch == 1,
            (State::Done(Version::Dtls13), Role::Client) => epoch == 2 && self.flight.is_waiting(),
            (State::Client(state), _) => epoch == 0 && state.has_answered(),
            (State::Server(state), _) => epoch == 0 && state.has_answered(),
            _ => false,
        };
        if is_ours_lost {
            self.flight.nudge(now);
        }
    }

    /// What comes after the handshake.
    fn handle_when_done(&mut self, records: &mut Records, message: &Message) -> Result<(), Refusal> {
        let updates = self.updates.as_mut().ok_or(Alert::UnexpectedMessage)?;
        match message.kind {
            kind::KEY_UPDATE => {
                updates.handle(message, records)?;
                self.reassembly.expect(updates.read_epoch(), None);
                self.installs += 1;
                Ok(())
            }
            // We never resume: the ticket is taken and forgotten.
            kind::NEW_SESSION_TICKET if self.role == Role::Client => Ok(()),
            _ => Err(Alert::UnexpectedMessage.into()),
        }
    }

    /// Takes an ACK that was protected. One in the clear could be anybody's, and would silence us.
    pub(crate) fn handle_ack(&mut self, now: Instant, records: &mut Records, body: &[u8]) {
        let Some(numbers) = ack::read(body) else { return };
        let mut is_news = false;
        for number in numbers {
            is_news |= self.flight.acknowledge(number);
        }
        if !is_news {
            return;
        }
        if !self.flight.is_acknowledged() {
            return self.flight.send_rest(now);
        }
        self.flight.stop();
        if self.is_done() {
            self.flight.clear();
            self.give_up = None;
            if let Some(updates) = &mut self.updates
                && updates.acknowledged(records).is_err()
            {
                tracing::debug!("no keys for the next epoch");
            }
            self.begin_update(now, records);
        }
    }

    /// The present keys have protected enough.
    pub(crate) fn want_update(&mut self, now: Instant, records: &Records) {
        if let Some(updates) = &mut self.updates {
            updates.want();
            self.begin_update(now, records);
        }
    }

    /// RFC 9147, section 8: one update at a time, and nothing else beside it.
    fn begin_update(&mut self, now: Instant, records: &Records) {
        let Some(updates) = self.updates.as_mut().filter(|_| !self.flight.is_waiting()) else { return };
        if let Some(item) = updates.begin(self.next_message) {
            self.next_message = self.next_message.saturating_add(1);
            self.flight.begin(now, vec![item], records, true);
            self.give_up = Some(now + self.patience);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        [self.flight.poll_timeout(), self.acks.poll_timeout()].into_iter().flatten().min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.acks.handle_timeout(now);
        if self.give_up.is_some_and(|give_up| give_up <= now) {
            self.give_up = None;
            self.flight.clear();
        }
        self.flight.handle_timeout(now);
    }

    /// Whether nothing of the handshake will be said again, nor has to be understood: 1.3 has keys of its own for it.
    pub(crate) fn is_past(&self) -> bool {
        matches!(self.state, State::Done(Version::Dtls13)) && self.give_up.is_none()
    }

    /// Nothing more is said of the handshake.
    pub(crate) fn silence(&mut self) {
        self.flight.clear();
        self.acks.clear();
        self.refusal = None;
    }

    /// Writes the flight, the acknowledgements and what is to be said of refused messages.
    pub(crate) fn poll_transmit(
        &mut self,
        now: Instant,
        records: &mut Records,
        path: Path,
        out: &mut SendBatch,
    ) {
        self.flight.poll_transmit(now, records, path, out);
        if !out.is_full() {
            self.acks.poll_transmit(records, path, out);
        }
        if !out.is_full()
            && let Some(alert) = self.refusal.take()
        {
            out.write(path, |buffer| {
                let _ = records.write(0, ContentType::Alert, &[&alert.bytes()], buffer);
            });
        }
    }

    /// The handshake has ended well.
    fn finish(&mut self, now: Instant, established: Established) -> Option<News> {
        let version = established.suite.version();
        self.state = State::Done(version);
        self.give_up = Some(now + self.patience);
        self.reassembly.settle();
        match version {
            Version::Dtls12 => self.reassembly.expect(1, Some(NOTHING)),
            Version::Dtls13 => self.reassembly.expect(updates::FIRST_EPOCH, None),
        }
        self.refusal = None;
        Some(News::Connected(Box::new(established)))
    }

    fn install_read13(
        &mut self,
        records: &mut Records,
        epoch: u64,
        secret: &TrafficSecret,
    ) -> Result<(), Refusal> {
        records.install_read(epoch, Protection::V13(Box::new(secret.keys()?)));
        self.installs += 1;
        Ok(())
    }

    /// The keys of 1.2 in one direction.
    fn protection12(secrets: &Secrets12, writer: Role) -> Result<Protection, Refusal> {
        let aead = secrets.suite.aead();
        let [client, server] = secrets.keys(Protection12::iv_length(aead));
        let keys = if writer == Role::Client { client } else { server };
        Ok(Protection::V12(Protection12::new(aead, &keys)?))
    }
}

/// The keys of 1.3 in one direction.
fn protection13(secret: &TrafficSecret) -> Result<Protection, Refusal> {
    Ok(Protection::V13(Box::new(secret.keys()?)))
}

/// A message that is sent in the clear.
fn clear(message: Message) -> Item {
    Item::Message { epoch: 0, message }
}

/// Whether `kinds` begins one of the sequences, and whether it is one of them. `None`: neither.
fn is_prefix(kinds: &[u8], sequences: &[&[u8]]) -> Option<bool> {
    let mut possible = sequences.iter().filter(|sequence| sequence.starts_with(kinds)).peekable();
    possible.peek()?;
    Some(possible.any(|sequence| sequence.len() == kinds.len()))
}

#[cfg(test)]
mod tests;
