//! What makes a router a NAT of some kind.

use super::Namespace;

/// What a machine is behind. The names are those of `docs/nat-matrix.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nat {
    /// Nothing: it has a public address.
    None,
    /// Whatever comes for its ports is let in.
    FullCone,
    /// Whoever it has sent to is let in, from all ports.
    Restricted,
    /// What Linux does by itself: whoever it has sent to is let in, from that port.
    PortRestricted,
    /// The same, with a random port for each destination.
    Symmetric,
    /// No UDP gets out.
    UdpBlocked,
    /// Nothing but TCP to port 443 gets out.
    Only443,
}

/// Which kinds of addresses a site has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Families {
    /// IPv4, translated.
    pub ipv4: bool,
    /// IPv6, which routers filter and do not translate.
    pub ipv6: bool,
}

impl Families {
    /// Nothing else.
    pub const IPV4: Families = Families { ipv4: true, ipv6: false };
    /// Nothing else.
    pub const IPV6: Families = Families { ipv4: false, ipv6: true };
}

/// The addresses of a site.
pub(super) struct Addresses {
    number: u8,
}

impl Addresses {
    pub(super) fn of(number: u8) -> Self {
        Addresses { number }
    }

    /// Of the site, and of its cable at the core.
    pub(super) fn number(&self) -> u8 {
        self.number
    }

    /// The machine behind the router.
    fn machine(&self) -> String {
        format!("192.168.{}.2", self.number)
    }

    /// The inside of the router.
    pub(super) fn router(&self) -> String {
        format!("192.168.{}.1", self.number)
    }

    /// A cable from the core to `outermost`, which gets the site's public addresses, as `out`.
    pub(super) fn join_publicly(&self, core: &Namespace, outermost: &Namespace, families: Families) {
        let Addresses { number } = self;
        core.ip(&format!("link add s{number} type veth peer name out netns {}", outermost.name()));
        core.ip(&format!("link set s{number} up"));
        outermost.ip("link set out up");
        if families.ipv4 {
            let (near, far) = (4 * number + 1, 4 * number + 2);
            core.ip(&format!("addr add 203.0.113.{near}/30 dev s{number}"));
            outermost.ip(&format!("addr add 203.0.113.{far}/30 dev out"));
            outermost.ip(&format!("route add default via 203.0.113.{near}"));
        }
        if families.ipv6 {
            core.ip(&format!("addr add 2001:db8:{number:x}::1/64 dev s{number} nodad"));
            outermost.ip(&format!("addr add 2001:db8:{number:x}::2/64 dev out nodad"));
            outermost.ip(&format!("-6 route add default via 2001:db8:{number:x}::1"));
            core.ip(&format!("-6 route add 2001:db8:{number:x}:1::/64 via 2001:db8:{number:x}::2"));
        }
    }

    /// A cable from the router, as `in`, to the machine, as `out`.
    pub(super) fn join_privately(&self, router: &Namespace, machine: &Namespace, families: Families) {
        let Addresses { number } = self;
        router.ip(&format!("link add in type veth peer name out netns {}", machine.name()));
        router.ip("link set in up");
        machine.ip("link set out up");
        if families.ipv4 {
            router.ip(&format!("addr add 192.168.{number}.1/24 dev in"));
            machine.ip(&format!("addr add {}/24 dev out", self.machine()));
            machine.ip(&format!("route add default via {}", self.router()));
        }
        if families.ipv6 {
            router.ip(&format!("addr add 2001:db8:{number:x}:1::1/64 dev in nodad"));
            machine.ip(&format!("addr add 2001:db8:{number:x}:1::2/64 dev out nodad"));
            machine.ip(&format!("-6 route add default via 2001:db8:{number:x}:1::1"));
        }
    }
}

/// Makes `router` a NAT of this kind.
///
/// Linux keeps the source port where it can, so that one mapping serves every destination, and lets in what answers. An
/// unasked packet to the router itself must be dropped in its `input` chain: otherwise it would leave an entry behind
/// that takes the port from the machine's own packet to the same destination.
pub(super) fn translate(router: &Namespace, nat: Nat, addresses: &Addresses) {
    let to_machine = format!("dnat to {}", addresses.machine());
    let (let_in, masquerade, barred) = match nat {
        Nat::None => return,
        Nat::FullCone => (format!("udp dport 1024-65535 {to_machine}"), "masquerade", ""),
        Nat::Restricted => (format!("ip saddr @known udp dport 1024-65535 {to_machine}"), "masquerade", ""),
        Nat::PortRestricted => (String::new(), "masquerade", ""),
        Nat::Symmetric => (String::new(), "masquerade fully-random", ""),
        Nat::UdpBlocked => (String::new(), "masquerade", "iifname in meta l4proto udp drop"),
        Nat::Only443 => (
            String::new(),
            "masquerade",
            "iifname in tcp dport != 443 drop; iifname in meta l4proto udp drop",
        ),
    };
    let let_in = if let_in.is_empty() { let_in } else { format!("iifname out {let_in}") };
    router.nft(&format!(
        "table ip nat {{
            set known {{ type ipv4_addr; flags dynamic,timeout; timeout 2m; }}
            chain prerouting {{ type nat hook prerouting priority -100; {let_in}; }}
            chain postrouting {{ type nat hook postrouting priority 100; oifname out {masquerade}; }}
            chain remember {{ type filter hook forward priority -10; iifname in update @known {{ ip daddr }}; }}
        }}
        table inet filter {{
            chain forward {{
                type filter hook forward priority 0; policy drop;
                {barred};
                iifname in accept
                ct state established,related accept
                ct status dnat accept
            }}
            chain input {{
                type filter hook input priority 0; policy drop;
                iifname != out accept
                meta l4proto ipv6-icmp accept
            }}
        }}"
    ));
}
