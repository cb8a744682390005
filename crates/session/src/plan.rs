//! What the two descriptions agreed on, without their text.

use std::collections::BTreeMap;

use crate::transport_id::TransportId;

/// How the session should stand. [`Session::apply`](crate::Session::apply) compares it with how it does stand and
/// changes what differs, so that applying a plan twice does nothing the second time.
///
/// How many transports there are is not limited here; how many sockets they share is, see
/// [`Session::gather`](crate::Session::gather).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionPlan {
    /// The transports. One that is not here (any more) is closed.
    pub transports: BTreeMap<TransportId, Box<TransportPlan>>,
    /// SCTP and the transport that carries it, once both descriptions have a data m-section that is not rejected.
    /// Without effect while `transports` does not have that transport.
    pub sctp: Option<(TransportId, SctpPlan)>,
}

/// One transport of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct TransportPlan {
    /// ICE, as soon as there is a local description.
    pub ice: IcePlan,
    /// DTLS, once both descriptions are there. Taken away again, it ends a handshake, but no connection that stands.
    pub dtls: Option<DtlsPlan>,
}

/// The ICE part of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct IcePlan {
    /// Our role, unless a role conflict has changed it since.
    pub role: ice::Role,
    /// Our credentials. Other ones than before restart ICE (RFC 8445, section 9).
    pub local: ice::Credentials,
    /// Whether nothing but relayed candidates may be used. Takes effect with our credentials.
    pub relay_only: bool,
    /// The peer's credentials, and whether it is a lite agent.
    pub remote: Option<(ice::Credentials, bool)>,
    /// Whether both descriptions have the ICE option "renomination"; see
    /// [`ice::Agent::set_renomination`](ice::Agent::set_renomination). Takes effect with the peer's credentials.
    pub renomination: bool,
}

/// The DTLS part of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct DtlsPlan {
    /// Which DTLS association of its transport this is. Another number than before ends the one that stands, for good,
    /// and begins another ([RFC 8842, section 3.1](https://www.rfc-editor.org/rfc/rfc8842#section-3.1)). The plan that
    /// brings it has other ICE credentials of the peer, too: only what they authenticate reaches the new one.
    pub association: u32,
    /// Our role. Fixed once the handshake has begun.
    pub role: dtls::Role,
    /// The peer's certificate must match at least one of these (RFC 8122, section 5). None of them matches nothing.
    pub fingerprints: Vec<dtls::Fingerprint>,
}

/// The SCTP part of a plan. The ports and INITs are fixed once the association has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SctpPlan {
    /// Our `a=sctp-port`.
    pub local_port: u16,
    /// The peer's `a=sctp-port`.
    pub remote_port: u16,
    /// The peer's `a=max-message-size` in bytes; 0 means that any size is accepted (RFC 8841, section 6).
    pub remote_max_message_size: u64,
    /// Our `a=sctp-init`, if our description has one.
    pub local_init: Option<sctp::InitChunk>,
    /// The peer's, if its description has one. With both, the association needs no handshake
    /// ([draft-hancke-tsvwg-snap](https://datatracker.ietf.org/doc/draft-hancke-tsvwg-snap/)).
    pub remote_init: Option<sctp::InitChunk>,
}
