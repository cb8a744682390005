//! The four-way handshake (RFC 9260, sections 5.1 and 5.2).
//!
//! Each end sends an INIT at once and answers the peer's, so that one initiator or two connect. Both answers
//! carry the tag and the TSN of our own INIT (section 5.2.1), so whichever exchange ends first, or both at
//! once, both ends agree on the result.

use std::time::{Duration, Instant};

use base::{Reader, Rng, Writer};

use crate::init::Init;
use crate::packet::{Chunk, Header, kind, single};
use crate::{Config, Counters};

/// Handshake packets are sent again at least this often: the peer may be there only since a moment ago.
const MAX_T1: Duration = Duration::from_secs(2);
/// The shortest first wait for an answer. The other timers keep RFC 9260's distance from the round trip; here one
/// small packet too many is all that a wrong guess costs.
const MIN_T1: Duration = Duration::from_millis(50);
/// Bytes of the secret that marks a cookie as ours.
const SECRET: usize = 16;
/// A longer cookie of the peer's is not echoed.
const MAX_COOKIE: usize = 4096;

#[derive(Debug)]
enum Stage {
    CookieWait,
    CookieEchoed { cookie: Vec<u8>, peer: Init },
}

/// A running handshake, and after it the memory that answers the peer's repetitions.
#[derive(Debug)]
pub(crate) struct Handshake {
    ports: (u16, u16),
    local: Init,
    secret: [u8; SECRET],
    stage: Stage,
    /// T1-init or T1-cookie.
    timer: Instant,
    first_timeout: Duration,
    timeout: Duration,
    attempts: u32,
    max_attempts: Option<u32>,
}

impl Handshake {
    /// Starts a handshake: the INIT comes out with the first timeout, which is now.
    pub(crate) fn new(config: &Config, now: Instant, rng: &mut Rng) -> Self {
        let local = match config.local_init {
            Some(init) => init.0,
            None => {
                let init = Init::generate(config.receive_window, config.max_streams, rng);
                let init = if config.interleaving { init } else { init.without_interleaving() };
                Init { zero_checksum: config.zero_checksum, ..init }
            }
        };
        Handshake {
            ports: (config.local_port, config.remote_port),
            local,
            secret: rng.array(),
            stage: Stage::CookieWait,
            timer: now,
            first_timeout: first_timeout(config),
            timeout: first_timeout(config),
            attempts: 0,
            max_attempts: config.max_init_retransmits,
        }
    }

    /// What we said about ourselves.
    pub(crate) fn local(&self) -> &Init {
        &self.local
    }

    /// When something is due.
    pub(crate) fn deadline(&self) -> Instant {
        self.timer
    }

    /// Who sent the INIT ACK that we echoed.
    pub(crate) fn echoed_peer(&self) -> Option<Init> {
        match &self.stage {
            Stage::CookieWait => None,
            Stage::CookieEchoed { peer, .. } => Some(*peer),
        }
    }

    /// Whether the peer never answered.
    pub(crate) fn has_timed_out(&self, now: Instant) -> bool {
        now >= self.timer && self.max_attempts.is_some_and(|max| self.attempts > max)
    }

    /// Sends the INIT or the COOKIE ECHO (again) if that is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant, counters: &mut Counters) -> Option<Vec<u8>> {
        if now < self.timer {
            return None;
        }
        if self.attempts > 0 {
            counters.handshake_retransmits += 1;
        }
        self.attempts = self.attempts.saturating_add(1);
        self.timer = now + self.timeout;
        self.timeout = (self.timeout * 2).min(MAX_T1);
        Some(self.request())
    }

    fn request(&self) -> Vec<u8> {
        match &self.stage {
            // RFC 9260, section 8.5.1 A: a packet with an INIT has the tag 0.
            Stage::CookieWait => single(self.header(0), kind::INIT, 0, &self.local.write(None)),
            Stage::CookieEchoed { cookie, peer } => {
                single(self.header(peer.tag), kind::COOKIE_ECHO, 0, cookie)
            }
        }
    }

    /// Answers an INIT, in every state (RFC 9260, sections 5.1 B and 5.2.1).
    pub(crate) fn handle_init(&self, chunk: &Chunk<'_>) -> Option<Vec<u8>> {
        let (peer, _) = Init::read(chunk.value)?;
        // Tags that are equal cannot be told apart in an ABORT's T bit, nor by what stands behind this face.
        if peer.tag == self.local.tag {
            return None;
        }
        let value = self.local.write(Some(&self.cookie(&peer)));
        Some(single(self.header(peer.tag), kind::INIT_ACK, 0, &value))
    }

    /// Takes an INIT ACK and gives the COOKIE ECHO (RFC 9260, sections 5.1 C and 5.2.3).
    pub(crate) fn handle_init_ack(&mut self, now: Instant, chunk: &Chunk<'_>) -> Option<Vec<u8>> {
        if !matches!(self.stage, Stage::CookieWait) {
            return None;
        }
        let (peer, cookie) = Init::read(chunk.value)?;
        let cookie = cookie.filter(|cookie| cookie.len() <= MAX_COOKIE)?;
        if peer.tag == self.local.tag {
            return None;
        }
        self.stage = Stage::CookieEchoed { cookie: cookie.to_vec(), peer };
        self.attempts = 1;
        self.timeout = self.first_timeout;
        self.timer = now + self.timeout;
        self.timeout = (self.timeout * 2).min(MAX_T1);
        Some(self.request())
    }

    /// Whether a COOKIE ECHO carries a cookie of ours, and whose (RFC 9260, section 5.1.5).
    ///
    /// The cookie needs no signature: only the peer whose certificate was verified can send one, and what it
    /// could forge is what it could have said in its INIT.
    pub(crate) fn handle_cookie_echo(&self, chunk: &Chunk<'_>) -> Option<(Init, Vec<u8>)> {
        let mut reader = Reader::new(chunk.value);
        if reader.bytes(SECRET)? != self.secret {
            return None;
        }
        let (peer, _) = Init::read(reader.rest())?;
        let ack = single(self.header(peer.tag), kind::COOKIE_ACK, 0, &[]);
        (peer.tag != self.local.tag).then_some((peer, ack))
    }

    fn cookie(&self, peer: &Init) -> Vec<u8> {
        let mut cookie = Vec::new();
        Writer::new(&mut cookie).bytes(&self.secret).bytes(&peer.write(None));
        cookie
    }

    fn header(&self, tag: u32) -> Header {
        // RFC 9653, section 5.2: INIT and COOKIE ECHO have a checksum. So have their answers, which are few.
        Header { source_port: self.ports.0, destination_port: self.ports.1, tag, omits_checksum: false }
    }
}

/// As DTLS below (RFC 9147, section 5.8.2): 1.5 times the round trip where that is known.
fn first_timeout(config: &Config) -> Duration {
    config.path_rtt.map_or(config.rto_initial, |rtt| (rtt * 3 / 2).max(MIN_T1)).min(MAX_T1)
}
