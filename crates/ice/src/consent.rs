//! Consent freshness ([RFC 7675](https://www.rfc-editor.org/rfc/rfc7675)).

use std::time::{Duration, Instant};

use base::Rng;
use stun_types::message::TransactionId;

use crate::AgentConfig;

/// The second unanswered check is given at least this long before the transport counts as disconnected.
const SECOND_CHECK_WAIT: Duration = Duration::from_secs(1);
/// Unanswered checks that are enough where nothing else is heard...
const SILENT_CHECKS: usize = 2;
/// ...and where the peer's data still comes, so that the path works one way at least: lost answers alone are seldom so many
/// on a path that loses every fifth datagram.
const HEARD_CHECKS: usize = 7;
/// Checks that silence brings before it becomes doubt: one lost datagram changes nothing, nor do two.
const MAX_PROBES: u32 = 3;
/// Checks whose answers still count. At one check in four seconds, consent ends first.
const MAX_OUTSTANDING: usize = 16;

/// How long a lite agent, which asks for nothing, waits for the other side's next check before the transport counts as
/// disconnected: those come every 4 to 6 seconds, so two of them were lost.
const LITE_SILENCE: Duration = Duration::from_secs(15);

/// Whether the other side still wants to hear from us on one path.
#[derive(Debug)]
pub(crate) struct Consent {
    expires: Instant,
    /// `None`: a lite agent asks for nothing.
    next_check: Option<Instant>,
    /// Sent since the last answer, oldest first.
    outstanding: Vec<(TransactionId, Instant)>,
    disconnected: bool,
    /// When silence becomes suspicious. `None` while nothing is to be answered.
    suspicious_at: Option<Instant>,
    /// Checks sent since it is, the last of them when.
    probes: u32,
    last_probe: Option<Instant>,
    /// They were not answered.
    doubtful: bool,
    /// When the peer's data last came.
    heard: Option<Instant>,
    /// The last round-trip time.
    rtt: Duration,
}

impl Consent {
    /// Consent given by the answer to a connectivity check, until `expires`. If that was long ago, it is asked
    /// for again at once.
    pub(crate) fn new(now: Instant, expires: Instant, config: &AgentConfig, rng: &mut Rng) -> Self {
        let wait = interval(config, rng);
        let is_fresh = expires + config.consent_interval > now + config.consent_lifetime;
        Consent {
            expires,
            next_check: (!config.lite).then_some(if is_fresh { now + wait } else { now }),
            outstanding: Vec::new(),
            disconnected: false,
            suspicious_at: None,
            probes: 0,
            last_probe: None,
            doubtful: false,
            heard: None,
            rtt: Duration::ZERO,
        }
    }

    /// With what is known of the path's round-trip time.
    pub(crate) fn with_rtt(mut self, rtt: Option<Duration>) -> Self {
        self.rtt = rtt.unwrap_or_default();
        self
    }

    /// Something was sent that a peer answers, sooner or later.
    pub(crate) fn data_sent(&mut self, now: Instant, config: &AgentConfig) {
        // A lite agent asks nothing.
        if self.suspicious_at.is_none() && !config.lite {
            self.suspicious_at = Some(now + config.doubt_after.max(self.rtt * 3));
        }
    }

    /// There is reason to ask at once.
    pub(crate) fn suspect(&mut self, now: Instant, config: &AgentConfig) {
        if config.lite {
            return;
        }
        let at = self.suspicious_at.map_or(now, |at| at.min(now));
        self.suspicious_at = Some(at);
    }

    /// The same, unless it has just answered.
    pub(crate) fn suspect_unless_fresh(&mut self, now: Instant, config: &AgentConfig) {
        let answered = self.expires.checked_sub(config.consent_lifetime);
        if answered.is_none_or(|answered| now >= answered + config.doubt_after) {
            self.suspect(now, config);
        }
    }

    /// Data came from the peer.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard = Some(now);
        self.forget_doubt();
    }

    fn forget_doubt(&mut self) {
        self.suspicious_at = None;
        self.probes = 0;
        self.last_probe = None;
        self.doubtful = false;
    }

    /// Whether another path should be looked for: either nothing came for long enough for the state to be
    /// disconnected, or data and checks go unanswered.
    pub(crate) fn is_lost(&self) -> bool {
        self.disconnected || self.doubtful
    }

    /// When the next check of those that silence brings is due, or after the last one, when it becomes doubt.
    fn probe_at(&self, config: &AgentConfig) -> Option<Instant> {
        let first = self.suspicious_at.filter(|_| !self.doubtful)?;
        let next = self.last_probe.map(|last| last + self.probe_interval(config));
        Some(next.unwrap_or(first).max(first))
    }

    pub(crate) fn is_disconnected(&self) -> bool {
        self.disconnected
    }

    pub(crate) fn expires(&self) -> Instant {
        self.expires
    }

    /// Whether a check is to be sent now.
    pub(crate) fn is_check_due(&self, now: Instant, config: &AgentConfig) -> bool {
        self.next_check.is_some_and(|at| now >= at) || self.is_probe_due(now, config)
    }

    fn is_probe_due(&self, now: Instant, config: &AgentConfig) -> bool {
        self.probes < MAX_PROBES && self.probe_at(config).is_some_and(|at| now >= at)
    }

    /// A check was sent. RFC 7675, section 5.1: each is a transaction of its own and is not retransmitted.
    pub(crate) fn sent(&mut self, now: Instant, id: TransactionId, config: &AgentConfig, rng: &mut Rng) {
        if self.outstanding.len() >= MAX_OUTSTANDING {
            self.outstanding.remove(0);
        }
        self.outstanding.push((id, now));
        if self.is_probe_due(now, config) {
            self.probes += 1;
            self.last_probe = Some(now);
        }
        let is_doubted = self.is_heard_in_vain() && self.outstanding.len() < HEARD_CHECKS;
        let wait = if is_doubted { self.probe_interval(config) } else { interval(config, rng) };
        self.next_check = Some(now + wait);
    }

    /// Whether data came after checks went unanswered that would have been enough without it.
    fn is_heard_in_vain(&self) -> bool {
        let last = self.outstanding.get(SILENT_CHECKS - 1).map(|(_, sent)| *sent);
        last.is_some_and(|last| self.heard.is_some_and(|heard| heard > last))
    }

    fn probe_interval(&self, config: &AgentConfig) -> Duration {
        config.doubt_interval.max(self.rtt * 3 / 2)
    }

    pub(crate) fn is_outstanding(&self, id: TransactionId) -> bool {
        self.outstanding.iter().any(|(known, _)| *known == id)
    }

    /// A check was answered: consent is fresh. The round-trip time.
    pub(crate) fn answered(
        &mut self,
        now: Instant,
        id: TransactionId,
        config: &AgentConfig,
    ) -> Option<Duration> {
        let index = self.outstanding.iter().position(|(known, _)| *known == id)?;
        let (_, sent) = self.outstanding[index];
        self.outstanding.drain(..=index);
        self.renew(now, config);
        self.rtt = now.saturating_duration_since(sent);
        Some(self.rtt)
    }

    /// A connectivity check on the same path was answered, which gives consent too.
    pub(crate) fn renew(&mut self, now: Instant, config: &AgentConfig) {
        self.expires = now + config.consent_lifetime;
        self.disconnected = false;
        self.forget_doubt();
    }

    /// Declares the path disconnected or doubtful if it is time. True if one of it is news.
    pub(crate) fn update(&mut self, now: Instant, config: &AgentConfig) -> bool {
        let disconnects = !self.disconnected && self.disconnects_at(config).is_some_and(|at| now >= at);
        let doubts = self.probes >= MAX_PROBES && self.probe_at(config).is_some_and(|at| now >= at);
        self.disconnected |= disconnects;
        self.doubtful |= doubts;
        disconnects || doubts
    }

    pub(crate) fn deadline(&self, config: &AgentConfig) -> Instant {
        let disconnects = self.disconnects_at(config).filter(|_| !self.disconnected);
        let soon = disconnects.into_iter().chain(self.probe_at(config));
        soon.chain(self.next_check).chain([self.expires]).min().unwrap_or(self.expires)
    }

    fn disconnects_at(&self, config: &AgentConfig) -> Option<Instant> {
        if config.lite {
            return (self.expires + LITE_SILENCE).checked_sub(config.consent_lifetime);
        }
        let enough = if self.is_heard_in_vain() { HEARD_CHECKS } else { SILENT_CHECKS };
        let ((_, first), (_, last)) = (self.outstanding.first()?, self.outstanding.get(enough - 1)?);
        Some((*first + config.disconnected_timeout).max(*last + SECOND_CHECK_WAIT))
    }
}

/// RFC 7675, section 5.1: each interval is randomised to 0.8 .. 1.2 of the period.
fn interval(config: &AgentConfig, rng: &mut Rng) -> Duration {
    let permille = 800 + rng.range(0..401) as u32;
    config.consent_interval * permille / 1000
}
