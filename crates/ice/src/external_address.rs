//! A NAT that gives one outside address to one inside address, with the same ports: what clouds call an elastic or
//! public address. Nothing on the machine shows it, so the operator names it.

use std::net::IpAddr;

/// An address under which this machine is reached from outside, port for port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExternalAddress {
    /// The outside address.
    pub external: IpAddr,
    /// The address of this machine that is behind it; `None`: every one of the same family.
    pub internal: Option<IpAddr>,
    /// What becomes of the inside address.
    pub mode: ExternalMode,
}

/// What an [`ExternalAddress`] does to the host candidate of the inside address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExternalMode {
    /// The host candidate has the outside address instead of the inside one, which nobody learns.
    #[default]
    Replace,
    /// Beside the host candidate there is a server-reflexive one, as if a STUN server had told us.
    Add,
}

impl ExternalAddress {
    /// Whether this is the outside of `internal`.
    pub(crate) fn is_of(&self, internal: IpAddr) -> bool {
        self.external.is_ipv4() == internal.is_ipv4()
            && self.internal.is_none_or(|ours| ours.to_canonical() == internal)
    }
}
