//! The pair that data goes over, with all that keeps it alive across a restart.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base::Path;

use crate::consent::Consent;
use crate::stun::Side;
use crate::{Candidate, PairStats};

/// The pair in use: selected, or the best that works so far.
///
/// It owns its credentials and its consent, so that a restart, which replaces the generation, leaves it alone
/// ([RFC 8445, section 9](https://www.rfc-editor.org/rfc/rfc8445#section-9): the old pair carries data until
/// the new one is selected).
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) generation: u64,
    pub(crate) pair: u64,
    pub(crate) priority: u64,
    pub(crate) path: Path,
    pub(crate) local: Candidate,
    pub(crate) remote: Candidate,
    pub(crate) local_side: Arc<Side>,
    pub(crate) remote_side: Arc<Side>,
    /// The PRIORITY of its checks.
    pub(crate) check_priority: u32,
    pub(crate) selected: bool,
    /// When checking has ended, if it is selected.
    pub(crate) concludes: Option<Instant>,
    /// The controlling side left a pair of higher priority for this one: priorities decide nothing any more.
    pub(crate) followed: bool,
    pub(crate) consent: Consent,
    /// What was measured of it, once its generation has given way and the pair is in no checklist any more.
    pub(crate) former: Option<Box<PairStats>>,
}

impl Link {
    /// The last round-trip time, of a pair that is in no checklist any more.
    pub(crate) fn former_rtt(&self) -> Option<Duration> {
        self.former.as_ref().and_then(|stats| stats.current_rtt)
    }
}
