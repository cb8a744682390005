//! Consent freshness ([RFC 7675](https://www.rfc-editor.org/rfc/rfc7675)).

use std::time::{Duration, Instant};

use base::Rng;
use stun_types::message::TransactionId;

use crate::AgentConfig;

/// The second unanswered check is given at least this long before the transport counts as disconnected.
const SECOND_CHECK_WAIT: Duration = Duration::from_secs(1);
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
        }
    }

    pub(crate) fn is_disconnected(&self) -> bool {
        self.disconnected
    }

    pub(crate) fn expires(&self) -> Instant {
        self.expires
    }

    /// Whether a check is to be sent now.
    pub(crate) fn is_check_due(&self, now: Instant) -> bool {
        self.next_check.is_some_and(|at| now >= at)
    }

    /// A check was sent. RFC 7675, section 5.1: each is a transaction of its own and is not retransmitted.
    pub(crate) fn sent(&mut self, now: Instant, id: TransactionId, config: &AgentConfig, rng: &mut Rng) {
        if self.outstanding.len() >= MAX_OUTSTANDING {
            self.outstanding.remove(0);
        }
        self.outstanding.push((id, now));
        self.next_check = Some(now + interval(config, rng));
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
        Some(now.saturating_duration_since(sent))
    }

    /// A connectivity check on the same path was answered, which gives consent too.
    pub(crate) fn renew(&mut self, now: Instant, config: &AgentConfig) {
        self.expires = now + config.consent_lifetime;
        self.disconnected = false;
    }

    /// Declares the path disconnected if it is time. True if that is news.
    pub(crate) fn update(&mut self, now: Instant, config: &AgentConfig) -> bool {
        let news = !self.disconnected && self.disconnects_at(config).is_some_and(|at| now >= at);
        self.disconnected |= news;
        news
    }

    pub(crate) fn deadline(&self, config: &AgentConfig) -> Instant {
        let disconnects = self.disconnects_at(config).filter(|_| !self.disconnected);
        disconnects.into_iter().chain(self.next_check).chain([self.expires]).min().unwrap_or(self.expires)
    }

    fn disconnects_at(&self, config: &AgentConfig) -> Option<Instant> {
        if config.lite {
            return (self.expires + LITE_SILENCE).checked_sub(config.consent_lifetime);
        }
        let [(_, first), (_, second), ..] = self.outstanding.as_slice() else { return None };
        Some((*first + config.disconnected_timeout).max(*second + SECOND_CHECK_WAIT))
    }
}

/// RFC 7675, section 5.1: each interval is randomised to 0.8 .. 1.2 of the period.
fn interval(config: &AgentConfig, rng: &mut Rng) -> Duration {
    let permille = 800 + rng.range(0..401) as u32;
    config.consent_interval * permille / 1000
}
