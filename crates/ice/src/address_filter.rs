//! Which addresses may be used: ranges and rules, as plain data.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// What [`AddressFilter::public_only`] denies: everything that the special-purpose registries
/// ([RFC 6890](https://www.rfc-editor.org/rfc/rfc6890)) do not call globally reachable, and the IPv6 forms that lead
/// to IPv4 addresses, whichever those are.
const INTERNAL: [(IpAddr, u8); 23] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 3),
    // Loopback, unspecified and IPv4-compatible.
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    // Link-local, and site-local, which was before it.
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 9),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
];

const fn v4(octets: [u8; 4], prefix: u8) -> (IpAddr, u8) {
    let [a, b, c, d] = octets;
    (IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> (IpAddr, u8) {
    let [a, b, c, d, e, f, g, h] = segments;
    (IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, g, h)), prefix)
}

/// A block of addresses in CIDR notation: `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressRange {
    address: IpAddr,
    prefix: u8,
}

impl AddressRange {
    /// The addresses whose first `prefix` bits are those of `address`; `None` if it has not that many.
    pub fn new(address: IpAddr, prefix: u8) -> Option<AddressRange> {
        (prefix <= bits(address)).then_some(AddressRange { address, prefix })
    }

    /// Whether `address` is in it. `::ffff:a.b.c.d` is `a.b.c.d`.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let differs = u32::from(ours) ^ u32::from(theirs);
                differs.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let differs = u128::from(ours) ^ u128::from(theirs);
                differs.leading_zeros() >= u32::from(self.prefix)
            }
            _ => false,
        }
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl From<IpAddr> for AddressRange {
    fn from(address: IpAddr) -> Self {
        let address = address.to_canonical();
        AddressRange { address, prefix: bits(address) }
    }
}

impl FromStr for AddressRange {
    type Err = AddressRangeError;

    fn from_str(text: &str) -> Result<Self, AddressRangeError> {
        let Some((address, prefix)) = text.split_once('/') else {
            return text.parse().map(IpAddr::into).map_err(|_| AddressRangeError);
        };
        let address = address.parse().map_err(|_| AddressRangeError)?;
        let prefix = prefix.parse().map_err(|_| AddressRangeError)?;
        AddressRange::new(address, prefix).ok_or(AddressRangeError)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl fmt::Debug for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no [`AddressRange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRangeError;

impl fmt::Display for AddressRangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither an address nor a range like 10.0.0.0/8")
    }
}

impl std::error::Error for AddressRangeError {}

/// Which addresses may be used. Rules are looked at in their order and the first one that has the address decides;
/// an address that none has is allowed. The default has no rules.
///
/// ```
/// # fn main() -> Result<(), ice::AddressRangeError> {
/// use ice::AddressFilter;
/// let filter = AddressFilter::default().allow("10.1.0.0/16".parse()?).deny("10.0.0.0/8".parse()?);
/// assert!(filter.allows([10, 1, 2, 3].into()));
/// assert!(!filter.allows([10, 2, 2, 3].into()));
/// assert!(filter.allows([192, 168, 0, 1].into()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressFilter {
    rules: Vec<(AddressRange, bool)>,
}

impl AddressFilter {
    /// Denies what is not on the public Internet: loopback, private and link-local networks, cloud providers' metadata
    /// services, shared and documentation ranges, multicast, and IPv6 addresses that stand for IPv4 ones.
    pub fn public_only() -> Self {
        let rules = INTERNAL.iter().map(|&(address, prefix)| (AddressRange { address, prefix }, false));
        AddressFilter { rules: rules.collect() }
    }

    /// Denies everything that no rule added later allows. Rules come before what this adds, so give it last.
    #[must_use]
    pub fn deny_others(self) -> Self {
        let everything = |address: IpAddr| AddressRange { address, prefix: 0 };
        self.deny(everything(Ipv4Addr::UNSPECIFIED.into())).deny(everything(Ipv6Addr::UNSPECIFIED.into()))
    }

    /// Adds the rules of another filter, after those that are there.
    #[must_use]
    pub fn and(mut self, other: AddressFilter) -> Self {
        self.rules.extend(other.rules);
        self
    }

    /// Adds a rule, after those that are there.
    #[must_use]
    pub fn allow(mut self, range: AddressRange) -> Self {
        self.rules.push((range, true));
        self
    }

    /// Adds a rule, after those that are there.
    #[must_use]
    pub fn deny(mut self, range: AddressRange) -> Self {
        self.rules.push((range, false));
        self
    }

    /// Whether an address may be used.
    pub fn allows(&self, address: IpAddr) -> bool {
        self.rules.iter().find(|(range, _)| range.contains(address)).is_none_or(|(_, allowed)| *allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> AddressRange {
        text.parse().unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_range_has_what_shares_its_prefix() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.128/25", "192.0.2.129", "192.0.2.127"),
            ("0.0.0.0/0", "255.255.255.255", "::"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("fc00::/7", "fdff::1", "fe00::"),
            ("::/0", "ffff::", "0.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.1.1.1", "::10.1.1.1"),
        ] {
            assert!(range(text).contains(ip(inside)), "{text} has {inside}");
            assert!(!range(text).contains(ip(outside)), "{text} has not {outside}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "host/8"] {
            assert_eq!(text.parse::<AddressRange>(), Err(AddressRangeError), "{text}");
        }
    }

    #[test]
    fn the_first_rule_decides() {
        let filter = AddressFilter::default().allow(range("10.1.0.0/16")).deny(range("10.0.0.0/8"));
        assert!(filter.allows(ip("10.1.0.1")) && filter.allows(ip("192.0.2.1")));
        assert!(!filter.allows(ip("10.2.0.1")));
        let only = AddressFilter::default().allow(range("2001:db8::/32")).deny_others();
        assert!(only.allows(ip("2001:db8::1")));
        assert!(!only.allows(ip("2001:db9::1")) && !only.allows(ip("192.0.2.1")));
    }

    #[test]
    fn the_public_internet_has_no_internal_hosts() {
        let filter = AddressFilter::public_only();
        for denied in [
            "127.0.0.1",
            "::1",
            "0.0.0.0",
            "::",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "169.254.169.254",
            "fd00:ec2::254",
            "10.0.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.127.0.1",
            "224.0.0.251",
            "ff02::fb",
            "255.255.255.255",
            "fe80::1",
            "fec0::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ] {
            assert!(!filter.allows(ip(denied)), "{denied}");
        }
        for allowed in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"] {
            assert!(filter.allows(ip(allowed)), "{allowed}");
        }
    }
}
