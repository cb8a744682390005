//! One end of a connection.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch};

use crate::handshake::{Established, Handshake, News};
use crate::message::{Alert, Refusal};
use crate::record::{
    ContentType, HANDSHAKE_EPOCH, Headed, MAX_PLAINTEXT, Opened, Record, RecordNumber, Records, Sealed13,
    Unopened, next_record,
};
use crate::unread::Unread;
use crate::{Config, Counters, Event, FailureCause, Role, SealError, SrtpProfile, State, Version};

/// A peer that said that it gave up, in an alert that anybody could have sent, and then sends nothing for this
/// long, has given up.
const ALERT_PATIENCE: Duration = Duration::from_secs(3);
/// How often a peer that was refused is told so: once, and again when it repeats itself.
const MAX_FAREWELLS: u8 = 8;
/// Records that came before their keys: those of a flight that overtook its beginning.
const MAX_EARLY: usize = 16;
/// The longest of them: no record that fits a path is longer.
const MAX_EARLY_BYTES: usize = 2048;

/// One end of one DTLS connection.
///
/// ```
/// use std::sync::Arc;
/// use std::time::{Duration, Instant};
/// use base::{Path, Rng, SendBatch, SocketId};
/// use dtls::{Certificate, Config, Endpoint, Event, HashAlgorithm, Role};
///
/// # #[allow(clippy::disallowed_methods)]
/// let now = Instant::now();
/// let path = Path { socket: SocketId(0), remote: "192.0.2.1:9".parse().unwrap() };
/// let certificates = [(); 2].map(|()| {
///     let day = Duration::from_secs(86_400);
///     Arc::new(Certificate::generate_ecdsa_p256(20_000 * day, 30 * day).unwrap())
/// });
/// let mut ends = [Role::Client, Role::Server].map(|role| {
///     let ours = certificates[role as usize].clone();
///     let theirs = certificates[1 - role as usize].fingerprint(HashAlgorithm::Sha256);
///     Endpoint::new(Config::new(ours, role, vec![theirs]), now, Rng::from_seed([0; 32]))
/// });
/// let mut batch = SendBatch::new();
/// for _ in 0..4 {
///     for end in 0..2 {
///         ends[end].poll_transmit(now, path, &mut batch);
///         for (_, datagram) in batch.datagrams() {
///             ends[1 - end].handle_datagram(now, datagram);
///         }
///         batch.clear();
///     }
/// }
/// assert_eq!(ends[0].poll_event(), Some(Event::Connected));
/// ends[0].seal(now, b"hello", path, &mut batch).unwrap();
/// for (_, datagram) in batch.datagrams() {
///     ends[1].handle_datagram(now, datagram);
/// }
/// assert_eq!(ends[1].read(), Some(&b"hello"[..]));
/// ```
pub struct Endpoint {
    config: Config,
    records: Records,
    /// `None`: our own key could not be used.
    handshake: Option<Handshake>,
    state: State,
    unread: Unread,
    /// At most one of each kind.
    events: VecDeque<Event>,
    /// Records whose keys may come. At most [`MAX_EARLY`].
    early: Vec<Vec<u8>>,
    /// The handshake's end, from the first message on.
    give_up: Option<Instant>,
    /// An alert said that the peer gave up.
    alerted: Option<Instant>,
    /// The peer has sent data: only what is protected can end the connection.
    has_data: bool,
    /// What is to be said to the peer, with its epoch.
    alert: Option<(u64, Alert)>,
    /// What a peer is told that was refused, and how often it may still be.
    farewell: Option<(u64, Alert)>,
    farewells: u8,
    established: Option<Box<Established>>,
    counters: Counters,
}

impl Endpoint {
    /// The most bytes that sealing adds to a plaintext: 13 of the record's header, 8 of the explicit nonce
    /// and 16 of the tag (DTLS 1.2; 1.3 needs less).
    pub const MAX_OVERHEAD: usize = 37;
    /// The longest plaintext of a record, in bytes (RFC 5246, section 6.2.1; RFC 8446, section 5.1).
    pub const MAX_PLAINTEXT: usize = MAX_PLAINTEXT;

    /// A new end; a client has its ClientHello ready at once.
    pub fn new(config: Config, now: Instant, rng: Rng) -> Self {
        let records = Records::new();
        let handshake = Handshake::new(&config, now, rng, &records).ok();
        let mut endpoint = Endpoint {
            config,
            records,
            handshake,
            state: State::New,
            unread: Unread::default(),
            events: VecDeque::new(),
            early: Vec::new(),
            give_up: None,
            alerted: None,
            has_data: false,
            alert: None,
            farewell: None,
            farewells: 0,
            established: None,
            counters: Counters::default(),
        };
        if endpoint.handshake.is_none() {
            endpoint.end(State::Failed, Event::Failed(FailureCause::Handshake));
        } else if endpoint.config.role == Role::Client {
            endpoint.begin(now);
        }
        endpoint
    }

    fn begin(&mut self, now: Instant) {
        if self.state == State::New {
            self.state = State::Connecting;
            self.give_up = Some(now + self.config.handshake_timeout);
        }
    }

    /// Takes one datagram in (RFC 7983: first byte 20..=63). The caller has seen to it that the path it came
    /// by is validated.
    pub fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) {
        self.counters.datagrams_received += 1;
        self.counters.bytes_received += datagram.len() as u64;
        if self.is_over() {
            self.counters.dropped_closed += 1;
            // RFC 6347, section 4.2.7: a new alert for each record that comes again.
            self.bid_farewell();
            return;
        }
        let installs = self.installs();
        self.handle_records(now, datagram);
        if self.installs() != installs {
            self.handle_early(now);
        }
    }

    /// What one of the records is does not decide over those beside it.
    fn handle_records(&mut self, now: Instant, datagram: &[u8]) {
        let mut rest = datagram;
        while !self.is_over() && !rest.is_empty() {
            match next_record(&mut rest) {
                Some(Record::Headed(record)) if record.epoch == 0 => self.handle_clear(now, &record),
                Some(Record::Headed(record)) => self.handle_protected12(now, &record),
                Some(Record::Sealed13(record)) => self.handle_protected13(now, &record),
                Some(Record::Unknown) => self.counters.dropped_malformed += 1,
                None => {
                    self.counters.dropped_malformed += 1;
                    return;
                }
            }
        }
    }

    fn installs(&self) -> u64 {
        self.handshake.as_ref().map_or(0, Handshake::installs)
    }

    /// New keys: what came before them may be readable. Each time the records are fewer, or keys are more, and of
    /// those there are two sets in a handshake.
    fn handle_early(&mut self, now: Instant) {
        loop {
            let installs = self.installs();
            for record in std::mem::take(&mut self.early) {
                self.handle_records(now, &record);
            }
            if self.installs() == installs || self.early.is_empty() {
                return;
            }
        }
    }

    /// A record that anybody could have sent.
    fn handle_clear(&mut self, now: Instant, record: &Headed<'_>) {
        match record.kind {
            ContentType::Handshake => {
                let number = RecordNumber { epoch: 0, sequence: record.sequence };
                self.handle_handshake(now, number, record.fragment);
            }
            ContentType::Alert => self.handle_clear_alert(now, record.fragment),
            // RFC 6347, section 4.1: the epoch says what it would.
            ContentType::ChangeCipherSpec => {}
            ContentType::Ack | ContentType::ApplicationData => self.counters.dropped_malformed += 1,
        }
    }

    /// RFC 6347, section 4.1.2.7, and RFC 9147, section 5.11: an alert in the clear ends nothing by itself.
    fn handle_clear_alert(&mut self, now: Instant, body: &[u8]) {
        self.counters.dropped_malformed += 1;
        let is_fatal = matches!(body, [Alert::FATAL, _]);
        if is_fatal && self.state != State::New && !self.is_confirmed() {
            self.alerted.get_or_insert(now + ALERT_PATIENCE);
        }
    }

    /// Whether nothing in the clear means anything any more.
    fn is_confirmed(&self) -> bool {
        self.has_data || self.handshake.as_ref().is_some_and(Handshake::is_confirmed)
    }

    fn handle_protected12(&mut self, now: Instant, record: &Headed<'_>) {
        let start = self.unread.begin();
        match self.records.open12(record, self.unread.buffer()) {
            Ok(opened) => self.handle_opened(now, opened, start),
            Err(Unopened::UnknownEpoch) if record.epoch == 1 => {
                let mut bytes = Vec::with_capacity(13 + record.fragment.len());
                record.write(&mut bytes);
                self.keep_early(bytes);
            }
            Err(unopened) => self.count(unopened),
        }
    }

    fn handle_protected13(&mut self, now: Instant, record: &Sealed13<'_>) {
        let start = self.unread.begin();
        match self.records.open13(record, self.unread.buffer()) {
            Ok(opened) => self.handle_opened(now, opened, start),
            Err(Unopened::UnknownEpoch) => self.keep_early(record.to_bytes()),
            Err(unopened) => self.count(unopened),
        }
    }

    /// A record may have overtaken the message that brings its keys. Before there is any handshake it is nothing.
    fn keep_early(&mut self, record: Vec<u8>) {
        let is_possible = self.state == State::Connecting
            && self.handshake.as_ref().is_some_and(|handshake| !handshake.is_fresh());
        if is_possible && self.early.len() < MAX_EARLY && record.len() <= MAX_EARLY_BYTES {
            self.early.push(record);
        } else {
            self.counters.dropped_malformed += 1;
        }
    }

    fn count(&mut self, unopened: Unopened) {
        match unopened {
            Unopened::UnknownEpoch => self.counters.dropped_malformed += 1,
            Unopened::Replayed => self.counters.dropped_replayed += 1,
            Unopened::TooLong => self.counters.dropped_too_long += 1,
            Unopened::Forged => self.counters.dropped_forged += 1,
            Unopened::TooManyForged => {
                self.counters.dropped_forged += 1;
                self.fail(Refusal { alert: Alert::DecryptError, cause: FailureCause::Connection });
            }
        }
    }

    /// A record of somebody who has the keys; what it carries stands in the read buffer from `start` on.
    fn handle_opened(&mut self, now: Instant, opened: Opened, start: usize) {
        self.alerted = None;
        if opened.kind == ContentType::ApplicationData {
            // RFC 9147, section 6.1: the handshake's epoch carries none.
            let is_possible = opened.number.epoch != HANDSHAKE_EPOCH;
            return self.handle_data(start, is_possible);
        }
        let body = self.unread.buffer().split_off(start);
        match opened.kind {
            ContentType::Handshake => self.handle_handshake(now, opened.number, &body),
            ContentType::Alert => self.handle_alert(&body),
            ContentType::Ack => {
                if let Some(handshake) = &mut self.handshake {
                    handshake.handle_ack(now, &mut self.records, &body);
                    if handshake.is_past() {
                        self.records.forget_handshake();
                    }
                }
            }
            ContentType::ChangeCipherSpec | ContentType::ApplicationData => {
                self.counters.dropped_malformed += 1;
            }
        }
    }

    fn handle_data(&mut self, start: usize, is_possible: bool) {
        if self.state != State::Connected || !is_possible || self.unread.is_full() {
            self.unread.buffer().truncate(start);
            match self.unread.is_full() {
                true => self.counters.dropped_read_queue_full += 1,
                false => self.counters.dropped_malformed += 1,
            }
            return;
        }
        self.has_data = true;
        self.counters.opened += 1;
        self.unread.keep(start);
    }

    fn handle_handshake(&mut self, now: Instant, number: RecordNumber, body: &[u8]) {
        let Some(handshake) = &mut self.handshake else { return };
        let heard = handshake.handle_record(now, &mut self.records, number, body);
        self.counters.restarts = handshake.restarts();
        if heard.is_kept {
            self.alerted = None;
            self.begin(now);
        } else {
            self.counters.dropped_malformed += 1;
        }
        match heard.news {
            None => {}
            Some(News::Connected(established)) => {
                self.established = Some(established);
                self.state = State::Connected;
                self.give_up = None;
                self.alerted = None;
                self.events.push_back(Event::Connected);
            }
            Some(News::Failed(refusal)) => self.fail(refusal),
        }
    }

    /// An alert of somebody who has the keys (RFC 8446, section 6; RFC 5246, section 7.2).
    fn handle_alert(&mut self, body: &[u8]) {
        let [level, description] = *body else {
            self.counters.dropped_malformed += 1;
            return;
        };
        let is_13 = self.records.write_epoch() >= HANDSHAKE_EPOCH;
        match description {
            Alert::CLOSE_NOTIFY => {
                self.say(Alert::CloseNotify);
                self.end(State::Closed, Event::Closed);
            }
            Alert::USER_CANCELED => {}
            // In 1.3 the level says nothing.
            _ if is_13 || level == Alert::FATAL => {
                self.end(State::Failed, Event::Failed(FailureCause::PeerAlert));
            }
            _ => {}
        }
    }

    /// The next opened application datagram, in the order of arrival.
    pub fn read(&mut self) -> Option<&[u8]> {
        self.unread.pop()
    }

    /// Seals one application datagram into `out`.
    ///
    /// # Errors
    /// There is no connection (not yet, or not any more), or the plaintext is longer than the peer takes.
    /// [`max_plaintext`](Endpoint::max_plaintext) says how long that is, where the peer has said it.
    pub fn seal(
        &mut self,
        now: Instant,
        plaintext: &[u8],
        path: Path,
        out: &mut SendBatch,
    ) -> Result<(), SealError> {
        if self.state != State::Connected {
            return Err(SealError::NotConnected);
        }
        let epoch = self.records.write_epoch();
        if plaintext.len() > self.records.max_content(epoch) {
            return Err(SealError::TooLarge);
        }
        let before = (out.len(), out.bytes());
        out.write(path, |buffer| {
            // What cannot be written leaves nothing.
            let _ = self.records.write(epoch, ContentType::ApplicationData, &[plaintext], buffer);
        });
        if out.len() == before.0 {
            // The keys have protected as much as they may (RFC 9147, section 4.5.3).
            self.fail(Refusal { alert: Alert::InternalError, cause: FailureCause::Connection });
            return Err(SealError::NotConnected);
        }
        self.counters.sealed += 1;
        self.count_sent(before, out);
        if self.records.should_rekey()
            && let Some(handshake) = &mut self.handshake
        {
            handshake.want_update(now, &self.records);
        }
        Ok(())
    }

    /// Writes what the handshake, the alerts and the acknowledgements have to send, until `out` is full.
    pub fn poll_transmit(&mut self, now: Instant, path: Path, out: &mut SendBatch) {
        let before = (out.len(), out.bytes());
        if let Some(handshake) = &mut self.handshake {
            handshake.poll_transmit(now, &mut self.records, path, out);
        }
        if !out.is_full()
            && let Some((epoch, alert)) = self.alert.take()
        {
            out.write(path, |buffer| {
                // An epoch that is full can say nothing any more.
                let _ = self.records.write(epoch, ContentType::Alert, &[&alert.bytes()], buffer);
            });
        }
        self.count_sent(before, out);
    }

    fn count_sent(&mut self, (datagrams, bytes): (usize, usize), out: &SendBatch) {
        self.counters.datagrams_sent += (out.len() - datagrams) as u64;
        self.counters.bytes_sent += (out.bytes() - bytes) as u64;
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.unread.give_back();
        if self.is_over() {
            return;
        }
        if self.alerted.is_some_and(|alerted| alerted <= now) {
            return self.end(State::Failed, Event::Failed(FailureCause::PeerAlert));
        }
        if self.give_up.is_some_and(|give_up| give_up <= now) {
            // What was refused in the clear says why nothing came of it.
            let refused = self.handshake.as_ref().and_then(Handshake::refused);
            return self.end(State::Failed, Event::Failed(refused.unwrap_or(FailureCause::Timeout)));
        }
        if let Some(handshake) = &mut self.handshake {
            handshake.handle_timeout(now);
            if handshake.is_past() {
                self.records.forget_handshake();
            }
        }
    }

    /// When something is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.is_over() {
            return None;
        }
        let handshake = self.handshake.as_ref().and_then(Handshake::poll_timeout);
        [self.give_up, self.alerted, handshake].into_iter().flatten().min()
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Closes the connection with a close_notify alert, which the next
    /// [`poll_transmit`](Endpoint::poll_transmit) writes. Idempotent.
    pub fn close(&mut self, now: Instant) {
        let _ = now;
        if self.is_over() {
            return;
        }
        if self.state == State::Connected {
            self.say(Alert::CloseNotify);
        }
        self.end(State::Closed, Event::Closed);
    }

    /// How many bytes sealing adds to a plaintext now: by the version and the cipher suite, once these are agreed on.
    pub fn overhead(&self) -> usize {
        self.records.overhead(self.records.write_epoch())
    }

    /// The longest plaintext that the peer takes, in bytes, where it has said so
    /// ([RFC 8449](https://www.rfc-editor.org/rfc/rfc8449)), once the handshake has ended: a peer that has said nothing may
    /// have no room for what the protocol allows.
    pub fn max_plaintext(&self) -> Option<usize> {
        self.established.as_ref().and_then(|_| self.records.told_max_content())
    }

    /// Which end this is.
    pub fn role(&self) -> Role {
        self.config.role
    }

    /// Where the endpoint stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// The peer's certificate in DER, once it was verified.
    pub fn remote_certificate(&self) -> Option<&[u8]> {
        self.established.as_ref().map(|established| &established.certificate[..])
    }

    /// The protocol version, once the handshake has ended.
    pub fn version(&self) -> Option<Version> {
        self.established.as_ref().map(|established| established.suite.version())
    }

    /// The cipher suite by its name in IANA's registry, once the handshake has ended.
    pub fn cipher_suite(&self) -> Option<&'static str> {
        self.established.as_ref().map(|established| established.suite.name())
    }

    /// How media would be protected (RFC 5764), once the handshake has ended; `None` also if the peer has no such
    /// profile.
    pub fn srtp_profile(&self) -> Option<SrtpProfile> {
        self.established.as_ref().and_then(|established| established.srtp)
    }

    /// `length` bytes of keying material for `label`, without a context (RFC 5705; RFC 8446, section 7.5), once the
    /// handshake has ended. Both ends have the same.
    pub fn export_keying_material(&self, label: &str, length: usize) -> Option<base::Redacted<Vec<u8>>> {
        let established = self.established.as_ref()?;
        Some(base::Redacted::new(established.export.export(label, length)))
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Closed | State::Failed)
    }

    /// Says something, protected where keys exist.
    fn say(&mut self, alert: Alert) {
        self.alert = Some((self.records.write_epoch(), alert));
    }

    /// The peer broke the protocol, or is another one (RFC 8122, section 6.2: bad_certificate).
    fn fail(&mut self, refusal: Refusal) {
        if !self.is_over() {
            self.farewell = Some((self.records.write_epoch(), refusal.alert));
            self.farewells = MAX_FAREWELLS;
            self.bid_farewell();
        }
        self.end(State::Failed, Event::Failed(refusal.cause));
    }

    fn bid_farewell(&mut self) {
        if self.farewells > 0 && self.alert.is_none() && self.farewell.is_some() {
            self.farewells -= 1;
            self.alert = self.farewell;
        }
    }

    fn end(&mut self, state: State, event: Event) {
        if self.is_over() {
            return;
        }
        self.state = state;
        self.early.clear();
        if let Some(handshake) = &mut self.handshake {
            handshake.silence();
        }
        self.events.push_back(event);
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("role", &self.config.role)
            .field("state", &self.state)
            .field("version", &self.version())
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
