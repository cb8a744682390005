//! What can be tuned, and every bound that a peer could push against.

use std::time::Duration;

use crate::{AddressFilter, ExternalAddress};

/// The agent's times and bounds. The defaults are those of the RFCs, or what browsers use where those are silent.
#[derive(Clone, Debug)]
pub struct AgentConfig {
    /// Ta, between two new checks or gathering requests
    /// ([RFC 8445, section 14.2](https://www.rfc-editor.org/rfc/rfc8445#section-14.2)). 50 ms.
    pub pacing: Duration,
    /// The first retransmission timeout of a check, and the lower bound where it follows from the round-trip
    /// time or the number of checks ([RFC 8445, section 14.3](https://www.rfc-editor.org/rfc/rfc8445#section-14.3)).
    /// 500 ms.
    pub rto: Duration,
    /// How often a request is sent before it failed (Rc of
    /// [RFC 8489, section 6.2.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.2.1)). 7.
    pub max_sends: u32,
    /// How often a STUN server is asked before it counts as unreachable. 5: 9.5 s at the default
    /// `rto`.
    pub max_server_sends: u32,
    /// Pairs in the checklist ([RFC 8445, section 6.1.2.5](https://www.rfc-editor.org/rfc/rfc8445#section-6.1.2.5)). 100.
    pub max_pairs: usize,
    /// Local candidates of one generation. 64.
    pub max_local_candidates: usize,
    /// Remote candidates that were signalled, of one generation. 64.
    pub max_remote_candidates: usize,
    /// Remote peer-reflexive candidates of one generation: each is an address from which an authenticated
    /// check came. 16.
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
    /// ([RFC 8863, section 4](https://www.rfc-editor.org/rfc/rfc8863#section-4)). 39.5 s.
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
    /// least two unanswered checks, so that one lost datagram changes nothing. 5 s.
    pub disconnected_timeout: Duration,
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

impl Default for AgentConfig {
    fn default() -> Self {
        AgentConfig {
            pacing: Duration::from_millis(50),
            rto: Duration::from_millis(500),
            max_sends: 7,
            max_server_sends: 5,
            max_pairs: 100,
            max_local_candidates: 64,
            max_remote_candidates: 64,
            max_peer_reflexive: 16,
            max_servers: 16,
            max_early_checks: 16,
            nomination_patience: Duration::from_millis(100),
            conclusion: Duration::from_secs(3),
            patience: Duration::from_millis(39_500),
            max_patience: Duration::from_secs(120),
            consent_interval: Duration::from_secs(5),
            consent_lifetime: Duration::from_secs(30),
            disconnected_timeout: Duration::from_secs(5),
            keepalive_interval: Duration::from_secs(15),
            external_addresses: Vec::new(),
            remote_addresses: AddressFilter::default(),
        }
    }
}
