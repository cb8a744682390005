//! What the two descriptions agreed on, without their text.

/// How the session should stand. [`Session::apply`](crate::Session::apply) compares it with how it does stand and
/// changes what differs, so that applying a plan twice does nothing the second time.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionPlan {
    /// ICE, as soon as there is a local description.
    pub ice: IcePlan,
    /// DTLS, once both descriptions are there.
    pub dtls: Option<DtlsPlan>,
    /// SCTP, once both descriptions have a data m-section that is not rejected.
    pub sctp: Option<SctpPlan>,
}

/// The ICE part of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct IcePlan {
    /// Our role, unless a role conflict has changed it since.
    pub role: ice::Role,
    /// Our credentials. Other ones than before restart ICE (RFC 8445, section 9).
    pub local: ice::Credentials,
    /// The peer's credentials, and whether it is a lite agent.
    pub remote: Option<(ice::Credentials, bool)>,
}

/// The DTLS part of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct DtlsPlan {
    /// Our role. Fixed once the handshake has begun.
    pub role: dtls::Role,
    /// The peer's certificate must match at least one of these (RFC 8122, section 5). None of them matches nothing.
    pub fingerprints: Vec<dtls::Fingerprint>,
}

/// The SCTP part of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SctpPlan {
    /// Our `a=sctp-port`.
    pub local_port: u16,
    /// The peer's `a=sctp-port`.
    pub remote_port: u16,
    /// The peer's `a=max-message-size` in bytes; 0 means that any size is accepted (RFC 8841, section 6).
    pub remote_max_message_size: u64,
}
