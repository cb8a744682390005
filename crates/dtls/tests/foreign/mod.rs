//! Our endpoint and `dimpl`, an implementation by others, over a link that loses, delays, reorders and repeats.
#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch, SocketId};
use dimpl::{Dtls, DtlsCertificate, Output};
use dtls::{Certificate, Config, Endpoint, Fingerprint, HashAlgorithm, Role, State};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) loss: f64,
    pub(crate) duplicate: f64,
    pub(crate) truncate: f64,
    pub(crate) jitter: Duration,
}

pub(crate) const CLEAN: Link = Link { loss: 0.0, duplicate: 0.0, truncate: 0.0, jitter: Duration::ZERO };
pub(crate) const BAD: Link =
    Link { loss: 0.2, duplicate: 0.2, truncate: 0.05, jitter: Duration::from_millis(50) };

/// It doubles the time between retransmissions without a limit.
pub(crate) const LIMIT: Duration = Duration::from_secs(400);

pub(crate) fn path() -> Path {
    Path { socket: SocketId(0), remote: ([192, 0, 2, 1], 9).into() }
}

/// Which versions `dimpl` speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theirs {
    Both,
    Only12,
    Only13,
}

/// The other implementation.
pub(crate) struct Foreign {
    dtls: Dtls,
    deadline: Option<Instant>,
    pub(crate) is_connected: bool,
    pub(crate) is_closed: bool,
    pub(crate) certificate: Option<Vec<u8>>,
    pub(crate) keys: Option<Vec<u8>>,
    pub(crate) data: Vec<Vec<u8>>,
    pub(crate) error: Option<String>,
}

impl Foreign {
    fn drain(&mut self) -> Vec<Vec<u8>> {
        let (mut packets, mut buffer) = (Vec::new(), vec![0; 4096]);
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(packet) => packets.push(packet.to_vec()),
                Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
                Output::Timeout(deadline) => {
                    self.deadline = Some(deadline);
                    return packets;
                }
                Output::Connected => self.is_connected = true,
                Output::PeerCert(der) => self.certificate = Some(der.to_vec()),
                Output::KeyingMaterial(keys, _) => self.keys = Some(keys.to_vec()),
                Output::ApplicationData(data) => self.data.push(data.to_vec()),
                Output::CloseNotify => self.is_closed = true,
                _ => {}
            }
        }
    }

    fn note(&mut self, result: Result<(), dimpl::Error>) {
        // An answer to its ClientHello that comes in the wrong order moves nothing, and is sent again.
        let is_harmless = matches!(
            result,
            Err(dimpl::Error::UnexpectedMessage(
                dimpl::UnexpectedMessageError::UnrecognizedAutoServerResponse
            ))
        );
        if let Err(error) = result
            && !is_harmless
        {
            self.error.get_or_insert(error.to_string());
        }
    }
}

/// One of ours and one of theirs.
pub(crate) struct Mixed {
    pub(crate) now: Instant,
    pub(crate) ours: Endpoint,
    pub(crate) theirs: Foreign,
    pub(crate) link: Link,
    pub(crate) our_certificate: Arc<Certificate>,
    rng: Rng,
    /// To us?
    wire: BTreeMap<(Instant, u64), (bool, Vec<u8>)>,
    serial: u64,
}

/// Their certificate, its key, and its fingerprint.
fn foreign_certificate() -> (DtlsCertificate, Fingerprint) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    let fingerprint = Fingerprint::of(HashAlgorithm::Sha256, certificate.der());
    let certificate =
        DtlsCertificate { certificate: certificate.der().to_vec(), private_key: key.serialize_der() };
    (certificate, fingerprint)
}

impl Mixed {
    /// `adjust` changes our configuration, `build` theirs.
    pub(crate) fn new(
        our_role: Role,
        theirs: Theirs,
        seed: u8,
        adjust: impl FnOnce(&mut Config),
        build: impl FnOnce(dimpl::ConfigBuilder) -> dimpl::ConfigBuilder,
    ) -> Mixed {
        #[allow(clippy::disallowed_methods, reason = "std has no other way to make an Instant")]
        let now = Instant::now() + Duration::from_secs(3600);
        let mut rng = Rng::from_seed([seed; 32]);
        let (certificate, fingerprint) = foreign_certificate();
        let day = Duration::from_secs(86_400);
        let our_certificate = Arc::new(Certificate::generate_ecdsa_p256(20_000 * day, 30 * day).unwrap());
        let mut config = Config::new(our_certificate.clone(), our_role, vec![fingerprint]);
        config.handshake_timeout = LIMIT;
        adjust(&mut config);
        let ours = Endpoint::new(config, now, rng.fork("dtls"));
        let builder = dimpl::Config::builder()
            .use_server_cookie(false)
            .flight_retries(1000)
            .flight_start_rto(Duration::from_millis(100))
            .handshake_timeout(Duration::from_secs(1000));
        let library = Arc::new(build(builder).build().unwrap());
        let mut dtls = match theirs {
            Theirs::Both => Dtls::new_auto(library, certificate, now),
            Theirs::Only12 => Dtls::new_12(library, certificate, now),
            Theirs::Only13 => Dtls::new_13(library, certificate, now),
        };
        dtls.set_active(our_role == Role::Server);
        let theirs = Foreign {
            dtls,
            deadline: None,
            is_connected: false,
            is_closed: false,
            certificate: None,
            keys: None,
            data: Vec::new(),
            error: None,
        };
        let link = CLEAN;
        let rng = rng.fork("link");
        let mut mixed =
            Mixed { now, ours, theirs, link, our_certificate, rng, wire: BTreeMap::new(), serial: 0 };
        let result = mixed.theirs.dtls.handle_timeout(now);
        mixed.theirs.note(result);
        mixed
    }

    fn send(&mut self, to_us: bool, mut datagram: Vec<u8>) {
        if self.rng.chance(self.link.loss) {
            return;
        }
        if self.rng.chance(self.link.truncate) {
            let to = self.rng.range(1..datagram.len() as u64);
            datagram.truncate(to as usize);
        }
        for _ in 0..if self.rng.chance(self.link.duplicate) { 2 } else { 1 } {
            let jitter = self.rng.range(0..self.link.jitter.as_micros() as u64 + 1);
            let at = self.now + Duration::from_millis(10) + Duration::from_micros(jitter);
            self.serial += 1;
            self.wire.insert((at, self.serial), (to_us, datagram.clone()));
        }
    }

    fn poll(&mut self) {
        let mut batch = SendBatch::new();
        self.ours.poll_transmit(self.now, path(), &mut batch);
        let from_us: Vec<_> = batch.datagrams().map(|(_, datagram)| datagram.to_vec()).collect();
        from_us.into_iter().for_each(|datagram| self.send(false, datagram));
        for datagram in self.theirs.drain() {
            self.send(true, datagram);
        }
    }

    fn step(&mut self) -> bool {
        self.poll();
        let arrival = self.wire.first_key_value().map(|((at, _), _)| *at);
        let next = [arrival, self.ours.poll_timeout(), self.theirs.deadline].into_iter().flatten().min();
        let Some(next) = next else { return false };
        self.now = self.now.max(next);
        while let Some(entry) = self.wire.first_entry()
            && entry.key().0 <= self.now
        {
            let (to_us, datagram) = entry.remove();
            if to_us {
                self.ours.handle_datagram(self.now, &datagram);
            } else {
                let result = self.theirs.dtls.handle_packet(&datagram);
                self.theirs.note(result);
            }
        }
        self.ours.handle_timeout(self.now);
        if self.theirs.deadline.is_some_and(|deadline| deadline <= self.now) {
            let result = self.theirs.dtls.handle_timeout(self.now);
            self.theirs.note(result);
            // It names the same instant again and again while it misses a piece.
            self.now += Duration::from_millis(1);
        }
        self.poll();
        true
    }

    /// Until both are connected.
    pub(crate) fn connect(&mut self) {
        let end = self.now + LIMIT;
        while !(self.ours.state() == State::Connected && self.theirs.is_connected) {
            assert!(self.step() && self.now < end, "{:?} {:?}", self.ours, self.theirs.error);
            assert_eq!(self.theirs.error, None, "{:?}", self.ours);
        }
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end && self.step() {}
    }

    pub(crate) fn say(&mut self, data: &[u8]) {
        let mut batch = SendBatch::new();
        self.ours.seal(self.now, data, path(), &mut batch).unwrap();
        let datagrams: Vec<_> = batch.datagrams().map(|(_, datagram)| datagram.to_vec()).collect();
        datagrams.into_iter().for_each(|datagram| self.send(false, datagram));
    }

    pub(crate) fn hear(&mut self, data: &[u8]) {
        self.theirs.dtls.send_application_data(data).unwrap();
    }

    pub(crate) fn close_theirs(&mut self) {
        self.theirs.dtls.close().unwrap();
    }

    /// Data passes in both directions over a clean link.
    pub(crate) fn assert_works(&mut self) {
        self.link = CLEAN;
        self.theirs.data.clear();
        while self.ours.read().is_some() {}
        self.say(b"from us");
        self.hear(b"from them");
        self.run_for(Duration::from_millis(30));
        assert_eq!(self.theirs.data, [b"from us"]);
        assert_eq!(self.ours.read(), Some(&b"from them"[..]));
    }
}
