//! One end of a connection.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch};
use dimpl::{Dtls, DtlsCertificate, Output, ProtocolVersion};

use crate::records::{Expected, Verdict, records};
use crate::{Config, Counters, Event, FailureCause, Role, SealError, State, Version, Versions};

/// Opened datagrams that nobody has read. The session reads after every datagram, so this is never long.
const MAX_UNREAD: usize = 256;
/// Datagrams of the handshake that nobody has polled, as there is no path for them: those of the latest flights.
/// One flight has at most [`LIBRARY_QUEUE`].
const MAX_OUTGOING: usize = LIBRARY_QUEUE;
/// How often a handshake is begun anew after input that nobody vouches for had ended it.
const MAX_RESTARTS: u64 = 16;
/// A peer that said that it gave up, in an alert that anybody could have sent, and then sends nothing for this
/// long, has given up.
const ALERT_PATIENCE: Duration = Duration::from_secs(3);
/// How often a peer with another certificate is told so: once, and again when it repeats itself.
const MAX_FAREWELLS: u8 = 8;
/// The longest handshake datagram that is written, whatever the configuration says.
const SCRATCH: usize = 2048;
/// Datagrams of the library's receive queue: a Chrome ClientHello takes two, a certificate chain a dozen.
const LIBRARY_QUEUE: usize = 64;
/// Timers further away than this are none: the library always names one.
const IDLE: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Retransmissions stop when the handshake's time is up, not before.
const RETRIES: usize = 10_000;
/// The longest time between retransmissions. The library doubles without a limit, and a handshake of several
/// datagrams over a lossy path needs more than eight tries in forty seconds.
const MAX_RETRANSMIT: Duration = Duration::from_secs(1);
/// The shortest time between two timers of the library's: while a handshake message misses a piece, its timer
/// for acknowledgements (RFC 9147, section 7.1) is always due at once.
const MIN_TIMER: Duration = Duration::from_millis(50);
/// The library's own limit of a handshake, which ours comes long before.
const LIBRARY_HANDSHAKE: Duration = Duration::from_secs(3000 * 24 * 60 * 60);

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
/// assert_eq!(ends[1].read().as_deref(), Some(&b"hello"[..]));
/// ```
pub struct Endpoint {
    config: Config,
    library: Library,
    dtls: Dtls,
    state: State,
    /// The handshake's datagrams, ready. At most [`MAX_OUTGOING`].
    outgoing: VecDeque<Vec<u8>>,
    /// Opened datagrams. At most [`MAX_UNREAD`].
    unread: VecDeque<Vec<u8>>,
    /// At most one of each kind.
    events: VecDeque<Event>,
    scratch: Vec<u8>,
    /// The library's next timer, by its own clock and by ours.
    deadline: Option<Deadline>,
    /// How far the library's clock is ahead: it is put forward when a timer would take too long.
    ahead: Duration,
    /// No timer of the library's is due before this.
    quiet_until: Option<Instant>,
    /// A server has answered a ClientHello.
    has_answered: bool,
    /// The handshake's end, from the first datagram on.
    give_up: Option<Instant>,
    /// An alert said that the peer gave up.
    alerted: Option<Instant>,
    /// The peer has taken our last flight: only what is protected can end the connection.
    is_confirmed: bool,
    /// How often the peer may still be told that its certificate is another.
    farewells: u8,
    remote_certificate: Option<Vec<u8>>,
    trust: Trust,
    counters: Counters,
}

/// When a timer of the library's is due.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    theirs: Instant,
    ours: Instant,
}

/// What a new handshake is begun with.
struct Library {
    config: Arc<dimpl::Config>,
    certificate: DtlsCertificate,
}

/// What the peer's certificate was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    Unknown,
    Matched,
    Mismatched,
}

impl Endpoint {
    /// The most bytes that sealing adds to a plaintext: 13 of the record's header, 8 of the explicit nonce
    /// and 16 of the tag (DTLS 1.2; 1.3 needs less).
    pub const MAX_OVERHEAD: usize = 37;

    /// A new end; a client has its ClientHello ready at once.
    pub fn new(config: Config, now: Instant, mut rng: Rng) -> Self {
        let library = Library::new(&config, &mut rng);
        let dtls = library.start(&config, now);
        let mut endpoint = Endpoint {
            config,
            library,
            dtls,
            state: State::New,
            outgoing: VecDeque::new(),
            unread: VecDeque::new(),
            events: VecDeque::new(),
            scratch: vec![0; SCRATCH],
            deadline: None,
            ahead: Duration::ZERO,
            quiet_until: None,
            has_answered: false,
            give_up: None,
            alerted: None,
            is_confirmed: false,
            farewells: 0,
            remote_certificate: None,
            trust: Trust::Unknown,
            counters: Counters::default(),
        };
        endpoint.advance_library(now);
        endpoint
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
        let mut records = records(datagram);
        while !self.is_over()
            && let Some((record, verdict)) = records.next(self.expected())
        {
            match verdict {
                Verdict::Accept => self.handle_record(now, record),
                Verdict::Drop => self.counters.dropped_malformed += 1,
                Verdict::DropAlert => {
                    self.counters.dropped_malformed += 1;
                    if self.state != State::New && !self.is_confirmed {
                        self.alerted.get_or_insert(now + ALERT_PATIENCE);
                    }
                }
            }
        }
    }

    /// What may come.
    fn expected(&self) -> Expected {
        match self.config.role {
            _ if self.state == State::Connected => Expected::Data,
            Role::Server if !self.has_answered => Expected::ClientHello,
            Role::Server | Role::Client => Expected::Handshake,
        }
    }

    fn handle_record(&mut self, now: Instant, record: &[u8]) {
        self.alerted = None;
        if self.state == State::New {
            self.state = State::Connecting;
            self.give_up = Some(now + self.config.handshake_timeout);
        }
        self.advance_library(now);
        if self.is_over() {
            return;
        }
        let result = self.dtls.handle_packet(record);
        self.handle_result(now, result);
        self.drain(now);
    }

    /// The next opened application datagram, in the order of arrival.
    pub fn read(&mut self) -> Option<Vec<u8>> {
        self.unread.pop_front()
    }

    /// Seals one application datagram into `out`.
    ///
    /// # Errors
    /// There is no connection (not yet, or not any more), or the plaintext is too long for a datagram.
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
        if plaintext.len() > SCRATCH - Self::MAX_OVERHEAD {
            return Err(SealError::TooLarge);
        }
        if self.dtls.send_application_data(plaintext).is_err() {
            self.fail(FailureCause::Connection);
            return Err(SealError::NotConnected);
        }
        // The library has nothing else to say here, since it is drained after everything that it is told: what
        // comes next is the record, which goes to its place without a detour.
        let mut written = 0;
        out.write(path, |buffer| {
            let start = buffer.len();
            buffer.resize(start + plaintext.len() + Self::MAX_OVERHEAD, 0);
            if let Output::Packet(record) = self.dtls.poll_output(&mut buffer[start..]) {
                written = record.len();
            }
            buffer.truncate(start + written);
        });
        self.counters.sealed += 1;
        self.counters.datagrams_sent += u64::from(written > 0);
        self.counters.bytes_sent += written as u64;
        self.drain(now);
        Ok(())
    }

    /// Writes what the handshake, the alerts and the acknowledgements have to send, until `out` is full.
    pub fn poll_transmit(&mut self, now: Instant, path: Path, out: &mut SendBatch) {
        let _ = now;
        while !out.is_full() {
            let Some(datagram) = self.outgoing.pop_front() else { return };
            self.counters.datagrams_sent += 1;
            self.counters.bytes_sent += datagram.len() as u64;
            out.push(path, &datagram);
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.is_over() {
            return;
        }
        if self.alerted.is_some_and(|alerted| alerted <= now) {
            return self.fail(FailureCause::PeerAlert);
        }
        if self.give_up.is_some_and(|give_up| give_up <= now) {
            return self.fail(FailureCause::Timeout);
        }
        if let Some(deadline) = self.deadline.filter(|deadline| deadline.ours <= now) {
            let due = deadline.theirs.saturating_duration_since(now);
            self.ahead = self.ahead.max(due);
            self.quiet_until = Some(now + MIN_TIMER);
            self.advance_library(now);
        }
    }

    /// When something is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.is_over() {
            return None;
        }
        let deadline = self.deadline.map(|deadline| deadline.ours);
        [self.give_up, self.alerted, deadline].into_iter().flatten().min()
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Closes the connection with a close_notify alert, which the next
    /// [`poll_transmit`](Endpoint::poll_transmit) writes. Idempotent.
    pub fn close(&mut self, now: Instant) {
        if self.is_over() {
            return;
        }
        if self.state == State::Connected {
            // An error leaves nothing to send, which is all that could be done about it.
            let _ = self.dtls.close();
            self.drain(now);
        } else {
            self.outgoing.clear();
        }
        self.end(State::Closed, Event::Closed);
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
        self.remote_certificate.as_deref().filter(|_| self.trust == Trust::Matched)
    }

    /// The protocol version, once it was agreed on.
    pub fn version(&self) -> Option<Version> {
        match self.dtls.protocol_version()? {
            ProtocolVersion::DTLS1_3 => Some(Version::Dtls13),
            _ => Some(Version::Dtls12),
        }
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Closed | State::Failed)
    }

    /// Tells the library the time and takes what it has to say.
    fn advance_library(&mut self, now: Instant) {
        let result = self.dtls.handle_timeout(now + self.ahead);
        self.handle_result(now, result);
        self.drain(now);
    }

    fn handle_result(&mut self, now: Instant, result: Result<(), dimpl::Error>) {
        let Err(error) = result else { return };
        tracing::debug!(%error, state = ?self.state, "DTLS input refused");
        if self.is_over() {
            return;
        }
        match (&error, self.state) {
            // The answer to our ClientHello came in the wrong order, or is none: the library has not moved,
            // and the peer repeats itself.
            (
                dimpl::Error::UnexpectedMessage(
                    dimpl::UnexpectedMessageError::UnrecognizedAutoServerResponse,
                ),
                _,
            ) => {
                self.counters.dropped_malformed += 1;
            }
            (dimpl::Error::SecurityError(dimpl::SecurityError::FatalAlert { .. }), State::Connected) => {
                self.fail(FailureCause::PeerAlert);
            }
            (_, State::Connected) => self.fail(FailureCause::Connection),
            (dimpl::Error::Timeout(_), _) => self.fail(FailureCause::Timeout),
            _ if self.trust == Trust::Mismatched => self.fail(FailureCause::FingerprintMismatch),
            _ => self.restart(now),
        }
    }

    /// Begins the handshake anew: what ended it may have come from anybody. A peer that is at its beginning
    /// repeats its first flight; the time that a handshake may take runs on.
    fn restart(&mut self, now: Instant) {
        if self.counters.restarts == MAX_RESTARTS {
            return self.fail(FailureCause::Handshake);
        }
        self.counters.restarts += 1;
        self.outgoing.clear();
        self.trust = Trust::Unknown;
        self.remote_certificate = None;
        self.has_answered = false;
        self.dtls = self.library.start(&self.config, now + self.ahead);
        let result = self.dtls.handle_timeout(now + self.ahead);
        if result.is_err() {
            self.fail(FailureCause::Handshake);
        }
    }

    /// Takes all that the library has to say.
    fn drain(&mut self, now: Instant) {
        while !self.is_over() {
            match self.dtls.poll_output(&mut self.scratch) {
                Output::Packet(datagram) => {
                    self.has_answered = true;
                    // RFC 8842, section 5.1: a peer that is not the signalled one hears nothing more.
                    if self.trust != Trust::Mismatched {
                        if self.outgoing.len() == MAX_OUTGOING {
                            self.outgoing.pop_front();
                        }
                        self.outgoing.push_back(datagram.to_vec());
                    }
                    if self.state == State::New {
                        self.state = State::Connecting;
                        self.give_up = Some(now + self.config.handshake_timeout);
                    }
                }
                Output::BufferTooSmall { needed } => self.scratch.resize(needed, 0),
                Output::Timeout(deadline) => {
                    let theirs = Some(deadline).filter(|theirs| *theirs < now + self.ahead + IDLE);
                    let earliest = self.quiet_until.map_or(now, |until| until.max(now));
                    self.deadline = theirs.map(|theirs| Deadline {
                        theirs,
                        ours: (theirs - self.ahead).clamp(earliest, now + MAX_RETRANSMIT),
                    });
                    if self.state == State::Connected && self.deadline.is_none() {
                        self.confirm();
                    }
                    return;
                }
                Output::PeerCert(der) => {
                    let der = der.to_vec();
                    self.verify(der);
                }
                Output::Connected => self.connect(),
                Output::ApplicationData(plaintext) => {
                    if self.state != State::Connected || self.unread.len() == MAX_UNREAD {
                        self.counters.dropped_read_queue_full += 1;
                    } else {
                        self.is_confirmed = true;
                        self.alerted = None;
                        self.counters.opened += 1;
                        self.unread.push_back(plaintext.to_vec());
                    }
                }
                Output::CloseNotify => self.end(State::Closed, Event::Closed),
                _ => {}
            }
        }
    }

    /// RFC 8122, section 5: one supported fingerprint that matches is enough.
    fn verify(&mut self, der: Vec<u8>) {
        let matches = self.config.remote_fingerprints.iter().any(|fingerprint| fingerprint.matches(&der));
        self.remote_certificate = Some(der);
        if matches {
            self.trust = Trust::Matched;
            return;
        }
        self.trust = Trust::Mismatched;
        self.outgoing.clear();
        // A client's certificate comes in the clear in 1.2: before the end of the handshake it could be
        // anybody's, and need not end the connection.
        let is_in_the_clear = self.config.role == Role::Server && self.version() != Some(Version::Dtls13);
        if !is_in_the_clear {
            self.fail(FailureCause::FingerprintMismatch);
        }
    }

    /// The handshake has ended.
    fn connect(&mut self) {
        if self.trust != Trust::Matched {
            return self.fail(FailureCause::FingerprintMismatch);
        }
        self.state = State::Connected;
        self.give_up = None;
        self.alerted = None;
        // The last flight of a client of 1.3 is the handshake's, and holds the certificate: the server may yet
        // refuse it (RFC 9147, section 5.8.1). Until the server acknowledges it, the client repeats it.
        if self.config.role == Role::Server || self.version() != Some(Version::Dtls13) {
            self.confirm();
        }
        self.events.push_back(Event::Connected);
    }

    fn confirm(&mut self) {
        self.is_confirmed = true;
        self.alerted = None;
    }

    fn fail(&mut self, cause: FailureCause) {
        self.outgoing.clear();
        if cause == FailureCause::FingerprintMismatch && !self.is_over() {
            self.farewells = MAX_FAREWELLS;
            self.bid_farewell();
        }
        self.end(State::Failed, Event::Failed(cause));
    }

    /// RFC 8122, section 6.2: a connection whose certificate has another fingerprint is ended, with
    /// bad_certificate.
    ///
    /// The alert is in the clear: the library protects none but close_notify, which would say that all went
    /// well. In 1.2 this is where the handshake stands.
    fn bid_farewell(&mut self) {
        if self.farewells > 0 && self.outgoing.is_empty() {
            self.farewells -= 1;
            self.outgoing.push_back(bad_certificate(self.farewells));
        }
    }

    fn end(&mut self, state: State, event: Event) {
        if !self.is_over() {
            self.state = state;
            self.deadline = None;
            self.events.push_back(event);
        }
    }
}

/// A fatal alert in epoch 0, with a sequence number that the handshake's records do not reach.
fn bad_certificate(serial: u8) -> Vec<u8> {
    const BAD_CERTIFICATE: u8 = 42;
    const FATAL: u8 = 2;
    const ALERT: u8 = 21;
    vec![ALERT, 0xfe, 0xfd, 0, 0, 0, 0, 1, 0, 0, MAX_FAREWELLS - serial, 0, 2, FATAL, BAD_CERTIFICATE]
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

impl Library {
    fn new(config: &Config, rng: &mut Rng) -> Self {
        // Zero is no time and years are no timeout, to the library.
        let day = Duration::from_secs(24 * 60 * 60);
        let millisecond = Duration::from_millis(1);
        let mut builder = dimpl::Config::builder()
            .mtu(config.mtu.clamp(Config::MIN_MTU, SCRATCH))
            .max_queue_rx(LIBRARY_QUEUE)
            .max_queue_tx(LIBRARY_QUEUE)
            // The path was validated by ICE (RFC 8842, section 6): a cookie would prove the same once more.
            .use_server_cookie(false)
            .flight_start_rto(config.retransmit_after.clamp(millisecond, day))
            .flight_retries(RETRIES)
            .handshake_timeout(LIBRARY_HANDSHAKE);
        if config.deterministic {
            builder = builder.dangerously_set_rng_seed(rng.u64());
        }
        #[cfg(feature = "simulation")]
        if config.deterministic {
            builder = builder.with_crypto_provider(crate::simulation::provider());
        }
        let config_built = builder.build().expect("every value was clamped to what the library accepts");
        Library {
            config: Arc::new(config_built),
            certificate: DtlsCertificate {
                certificate: config.certificate.der().to_vec(),
                private_key: config.certificate.key().expose_secret().clone(),
            },
        }
    }

    fn start(&self, config: &Config, now: Instant) -> Dtls {
        let (library, certificate) = (self.config.clone(), self.certificate.clone());
        let mut dtls = match config.versions {
            Versions::Both => Dtls::new_auto(library, certificate, now),
            Versions::Dtls12 => Dtls::new_12(library, certificate, now),
            Versions::Dtls13 => Dtls::new_13(library, certificate, now),
        };
        dtls.set_active(config.role == Role::Client);
        dtls
    }
}
