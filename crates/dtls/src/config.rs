//! How an endpoint is set up.

use std::sync::Arc;
use std::time::Duration;

use crate::{Certificate, Fingerprint};

/// Which end speaks first (RFC 8842, section 5.3: `a=setup:active` is the client).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sends the ClientHello.
    Client,
    /// Waits for it.
    Server,
}

/// Which protocol versions are offered or accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versions {
    /// 1.3 with a peer that has it, else 1.2.
    #[default]
    Both,
    /// 1.2 alone.
    Dtls12,
    /// 1.3 alone.
    Dtls13,
}

/// How an [`Endpoint`](crate::Endpoint) is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our certificate and its key.
    pub certificate: Arc<Certificate>,
    /// Which end we are.
    pub role: Role,
    /// What the peer's signalling said about its certificate. One supported value that matches is enough
    /// (RFC 8122, section 5); SHA-1 never matches.
    pub remote_fingerprints: Vec<Fingerprint>,
    /// Which versions to speak.
    pub versions: Versions,
    /// The longest datagram that a handshake flight or a sealed packet may make, in bytes of UDP payload.
    pub mtu: usize,
    /// The longest plaintext of a protected record that we take, in bytes, as the peer is told
    /// ([RFC 8449](https://www.rfc-editor.org/rfc/rfc8449)); in 1.3 the byte with the content's type counts, too. Less than
    /// 64 is taken for 64. A peer that does not know of it is held to the protocol's limit alone. `None`: neither do we,
    /// like Chromium.
    pub record_size_limit: Option<u16>,
    /// How long a handshake may take.
    pub handshake_timeout: Duration,
    /// The first retransmission comes after this time; each further one after twice the time before, up to a second.
    pub retransmit_after: Duration,
    /// Simulation only: signatures are made again until they have a common length, so that a run can be repeated to the
    /// byte count. The keys of handshakes are the crypto library's own draws all the same; everything else comes from
    /// the generator given to [`Endpoint::new`](crate::Endpoint::new).
    pub deterministic: bool,
}

impl Config {
    /// The longest datagram by default: what passes every path in practice (RFC 8261, section 5: 1,200 bytes).
    pub const DEFAULT_MTU: usize = 1200;
    /// A smaller limit is taken for this: a handshake message would fall into more pieces than a peer keeps.
    pub const MIN_MTU: usize = 256;
    /// A larger limit is taken for this.
    pub const MAX_MTU: usize = 2048;
    /// All that the protocol allows: 16,384 bytes, and in 1.3 the content's type.
    pub const MAX_RECORD_SIZE_LIMIT: u16 = 16_385;
    /// A shorter time until the first retransmission is taken for this.
    pub(crate) const MIN_RETRANSMIT: Duration = Duration::from_millis(1);

    /// A set-up with every default.
    pub fn new(certificate: Arc<Certificate>, role: Role, remote_fingerprints: Vec<Fingerprint>) -> Self {
        Config {
            certificate,
            role,
            remote_fingerprints,
            versions: Versions::Both,
            mtu: Self::DEFAULT_MTU,
            record_size_limit: Some(Self::MAX_RECORD_SIZE_LIMIT),
            handshake_timeout: Duration::from_secs(40),
            retransmit_after: Duration::from_millis(100),
            deterministic: false,
        }
    }
}
