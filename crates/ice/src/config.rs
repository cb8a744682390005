//! What can be tuned, and every bound that a peer could push against.

use std::time::Duration;

use crate::{AddressFilter, ExternalAddress};

/// The agent's times and bounds. The defaults are those of the RFCs, or what browsers use where those are silent.
#[derive(Clone, Debug)]
pub struct AgentConfig {
    /// A lite agent ([RFC 8445, section 2.5](https://www.rfc-editor.org/rfc/rfc8445#section-2.5)), for servers that
    /// everybody can reach: it has host candidates only, checks nothing, never controls, and leaves every choice to the
    /// full agent on the other side. Two lite agents do not connect.
    pub lite: bool,
    /// Ta, between two new checks or gathering requests
    /// ([RFC 8445, section 14.2](https://www.rfc-editor.org/rfc/rfc8445#section-14.2), which allows 5 ms and more).
    /// 20 ms, as Firefox has it, with a peer that proposes nothing; the RFC's own default of 50 ms makes ten pairs
    /// take half a second.
    pub pacing: Duration,
    /// The first retransmission timeout of a request to a server
    /// ([RFC 8445, section 14.3](https://www.rfc-editor.org/rfc/rfc8445#section-14.3)). 500 ms.
    pub rto: Duration,
    /// The first wait for the answer to a check, and half of the next one: then the pair is checked anew. Each of
    /// these is a transaction of its own, so that the answer measures the path, and none is ever repeated: the 500 ms
    /// of RFC 8445, section 14.3, are for repetitions. With many pairs it is longer, up to `rto`. 50 ms.
    pub check_interval: Duration,
    /// Carry what [`Agent::embed`](crate::Agent::embed) is given inside checks and their answers, as
    /// [draft-hancke-webrtc-sped](https://datatracker.ietf.org/doc/draft-hancke-webrtc-sped/) has it for DTLS. False.
    pub embedding: bool,
    /// How often a request is sent before it failed, where the first wait is `rto` (Rc of
    /// [RFC 8489, section 6.2.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.2.1)). A check whose first wait is
    /// shorter is sent once more for each time that it fits in twice: 10 times, at 0, 50, 150 ms and so on up to
    /// 25.6 s. The time until it failed is the same. 6, one less than the RFC's default: 23.5 s instead of 39.5 s. Browsers
    /// give up after 5 s (Firefox) to 15 s (Chromium), and an answer that took longer than that is rare.
    pub max_sends: u32,
    /// How often a STUN or TURN server is asked before it counts as unreachable, where none answers; otherwise 950 ms
    /// after the last answer are enough. 4: 4.5 s at the default `rto`.
    pub max_server_sends: u32,
    /// Pairs in the checklist ([RFC 8445, section 6.1.2.5](https://www.rfc-editor.org/rfc/rfc8445#section-6.1.2.5)). 100.
    pub max_pairs: usize,
    /// Local candidates of one generation. 64.
    pub max_local_candidates: usize,
    /// Remote candidates that were signalled, of one generation. 64.
    pub max_remote_candidates: usize,
    /// Remote peer-reflexive candidates of one generation: each is an address from which an authenticated
    /// check came. Where there are as many, those that have worked and do not any more give way. 16.
    pub max_peer_reflexive: usize,
    /// STUN servers, in addresses. 16.
    pub max_servers: usize,
    /// Authenticated checks kept while the remote credentials are unknown. 16.
    pub max_early_checks: usize,
    /// How long the controlling side holds on to its first working pair in the hope that one of a better kind
    /// works too; ten times that if the working pair goes over a relay. Data does not wait for it. 100 ms.
    pub nomination_patience: Duration,
    /// How long after the selection checking has ended: until then, late checks on other pairs are still answered
    /// ([RFC 8445, section 8.3](https://www.rfc-editor.org/rfc/rfc8445#section-8.3)). 3 s.
    pub conclusion: Duration,
    /// For how long at least pairs may still turn up before failure is declared
    /// ([RFC 8863, section 4](https://www.rfc-editor.org/rfc/rfc8863#section-4), which recommends as long as a check may
    /// take before it failed). 23.5 s.
    pub patience: Duration,
    /// When failure is declared although the other side never said that its candidates are complete. Until
    /// then, an agent that has nothing left to check is disconnected, as more candidates may come. 2 minutes.
    pub max_patience: Duration,
    /// Between two consent checks, before it is randomised to 0.8 .. 1.2 of this
    /// ([RFC 7675, section 5.1](https://www.rfc-editor.org/rfc/rfc7675#section-5.1)). 5 s.
    pub consent_interval: Duration,
    /// For how long one answer gives consent. 30 s.
    pub consent_lifetime: Duration,
    /// For how long a consent check may go unanswered before the transport counts as disconnected. It takes at
    /// least two unanswered checks, so that one lost datagram changes nothing; seven, the later ones a quarter of a second
    /// apart, where the peer's data still comes. 5 s.
    pub disconnected_timeout: Duration,
    /// For how long data that is sent may be followed by nothing from the peer before the pair is checked more often than
    /// consent asks for; three round trips if that is longer. 500 ms.
    pub doubt_after: Duration,
    /// Between these checks; one and a half round trips if that is longer. When three of them were not answered, every
    /// other pair is checked again and the best that answers takes over: 1.25 s after the last sign of life. The
    /// transport state does not change by it. 250 ms.
    pub doubt_interval: Duration,
    /// Pairs that work and are kept open beside the one in use, so that one of them can take over through NATs too; when a
    /// pair was selected, others are checked a few times more to find them. 0: none. 4.
    pub max_backups: usize,
    /// Between two checks of such a pair. 25 s, as in libwebrtc: the NATs that forget soonest do after 30 s.
    pub backup_interval: Duration,
    /// Ask for a UDP socket of its own for each allocation at a TURN server over UDP: where the local sockets are shared with
    /// other agents, the server would take all of them for one client, which has one allocation
    /// ([RFC 8656, section 3](https://www.rfc-editor.org/rfc/rfc8656#section-3)). False.
    pub own_relay_sockets: bool,
    /// Between two keepalives to a STUN server while no pair works yet, so that the NAT keeps the binding
    /// ([RFC 8445, section 5.1.1.4](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.1.4)). 15 s.
    pub keepalive_interval: Duration,
    /// Where we are reached from outside although no STUN server says so. Of several that are of one address, the first
    /// of each mode counts. None.
    pub external_addresses: Vec<ExternalAddress>,
    /// Where the peer may be: a signalled candidate elsewhere is ignored, and so is a check that comes from elsewhere,
    /// so that nothing is ever sent there. Everywhere.
    pub remote_addresses: AddressFilter,
}

/// After the last transmission, wait this many RTOs for the response (Rm of
/// [RFC 8489, section 6.2.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.2.1)).
const LAST_WAIT: u32 = 16;

impl AgentConfig {
    /// How often a check is sent whose first wait is `wait`, and how long the last one waits.
    pub(crate) fn check_schedule(&self, wait: Duration) -> (u32, Duration) {
        let halvings = (self.rto.as_micros() / wait.as_micros().max(1)).checked_ilog2().unwrap_or(0);
        let (sends, usual) = (self.max_sends.clamp(1, 16) + halvings, self.max_sends.clamp(1, 16));
        // What doubles from `wait` on: the last one is sent after (2^(sends - 1) - 1) times that.
        let last_sent = |wait: Duration, sends: u32| wait.saturating_mul((1 << (sends - 1)) - 1);
        let end = last_sent(self.rto, usual) + self.rto * LAST_WAIT;
        (sends, end.saturating_sub(last_sent(wait, sends)).max(self.rto))
    }
}

impl Default for AgentConfig {
    fn default() -> Self {
        AgentConfig {
            lite: false,
            pacing: Duration::from_millis(20),
            rto: Duration::from_millis(500),
            check_interval: Duration::from_millis(50),
            embedding: false,
            max_sends: 6,
            max_server_sends: 4,
            max_pairs: 100,
            max_local_candidates: 64,
            max_remote_candidates: 64,
            max_peer_reflexive: 16,
            max_servers: 16,
            max_early_checks: 16,
            nomination_patience: Duration::from_millis(100),
            conclusion: Duration::from_secs(3),
            patience: Duration::from_millis(23_500),
            max_patience: Duration::from_secs(120),
            consent_interval: Duration::from_secs(5),
            consent_lifetime: Duration::from_secs(30),
            disconnected_timeout: Duration::from_secs(5),
            doubt_after: Duration::from_millis(500),
            doubt_interval: Duration::from_millis(250),
            max_backups: 4,
            backup_interval: Duration::from_secs(25),
            own_relay_sockets: false,
            keepalive_interval: Duration::from_secs(15),
            external_addresses: Vec::new(),
            remote_addresses: AddressFilter::default(),
        }
    }
}
