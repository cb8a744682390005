//! An internet of Linux network namespaces: machines behind routers that nftables makes NATs of every kind, and a server
//! in the middle.
//!
//! Needs root, `ip` (iproute2) and `nft` (nftables). Nothing outside of the namespaces is touched, and they go when they
//! are dropped.

mod namespace;
mod router;

use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::Command;
use std::time::Duration;

pub use namespace::Namespace;
pub(crate) use namespace::runs;
pub use router::{Families, Nat};

/// Where the server is, in the middle of it all.
pub const SERVER_IPV4: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
/// The same.
pub const SERVER_IPV6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xf, 0, 0, 0, 0, 1);

/// What the machine lacks; `None` if namespaces can be made here.
pub fn unavailable() -> Option<&'static str> {
    if !runs("nft", &["--version"]) {
        return Some("nft (Debian's nftables)");
    }
    let namespace = Namespace::try_new("probe");
    namespace.is_none().then_some("the right to make network namespaces (root, and `ip` of iproute2)")
}

/// Two machines on one cable, with IPv4 alone.
///
/// # Panics
/// Where namespaces cannot be made; see [`unavailable`].
pub fn lan() -> [Namespace; 2] {
    let [left, right] = ["left", "right"].map(|label| Namespace::try_new(label).expect("one more namespace"));
    left.ip(&format!("link add out type veth peer name out netns {}", right.name()));
    for (machine, number) in [(&left, 1), (&right, 2)] {
        machine.ip(&format!("addr add 192.168.77.{number}/24 dev out"));
        machine.ip("link set out up");
        // A page that may not use the camera gathers on the interface of the default route alone.
        machine.ip(&format!("route add default via 192.168.77.{}", 3 - number));
    }
    for machine in [&left, &right] {
        machine.wait_for_cable();
    }
    [left, right]
}

/// The middle, to which sites are joined.
pub struct Internet {
    core: Namespace,
    sites: u8,
}

/// A machine, and the router that it is behind.
pub struct Site {
    // Before the router, which has the other end of its cable.
    machine: Namespace,
    router: Option<Namespace>,
    addresses: router::Addresses,
}

impl Internet {
    /// An internet without sites.
    ///
    /// # Panics
    /// Where namespaces cannot be made; see [`unavailable`].
    pub fn new() -> Internet {
        let core = Namespace::try_new("core").expect("network namespaces can be made");
        core.forward();
        core.ip(&format!("addr add {SERVER_IPV4}/32 dev lo"));
        core.ip(&format!("addr add {SERVER_IPV6}/128 dev lo"));
        // What is for nowhere disappears on the way, as it does in the internet. Without a route the server's own sending
        // would fail, and coturn's relayed sockets send no more after that.
        core.ip("link add sink type veth peer name drain");
        core.ip("link set sink arp off");
        core.ip("link set sink up");
        core.ip("link set drain up");
        core.ip("route add default dev sink");
        Internet { core, sites: 0 }
    }

    /// Where servers run.
    pub fn core(&self) -> &Namespace {
        &self.core
    }

    /// Lets no more than so many megabits a second out of a site's machine, and out of the core to the site, whether the
    /// server sends it or another site does; with queues of 20 ms.
    ///
    /// # Panics
    /// If the system has no such limit.
    pub fn limit_cables(&self, site: &Site, megabits: u32) {
        // A burst has room for what Linux carries as one, and for 2 ms of a gigabit a second.
        let limit = format!("tbf rate {megabits}mbit burst 256kb latency 20ms");
        site.machine.limit("out", &limit);
        self.core.limit(&format!("s{}", site.addresses.number()), &limit);
    }

    /// A new site with one machine behind `nat`.
    ///
    /// # Panics
    /// At the 64th.
    pub fn site(&mut self, nat: Nat, families: Families) -> Site {
        let number = self.sites;
        assert!(number < 63, "203.0.113.0/24 has no more networks");
        self.sites += 1;
        let machine = Namespace::try_new(&format!("m{number}")).expect("one more namespace");
        let addresses = router::Addresses::of(number);
        if nat == Nat::None {
            addresses.join_publicly(&self.core, &machine, families);
            return Site { machine, router: None, addresses };
        }
        let router = Namespace::try_new(&format!("r{number}")).expect("one more namespace");
        router.forward();
        addresses.join_publicly(&self.core, &router, families);
        addresses.join_privately(&router, &machine, families);
        router::translate(&router, nat, &addresses);
        Site { machine, router: Some(router), addresses }
    }
}

/// A machine with two cables, each with a public address of its own (IPv4 alone).
pub struct TwofoldSite {
    machine: Namespace,
    /// The cables, and their addresses.
    cables: [(&'static str, Ipv4Addr); 2],
}

impl TwofoldSite {
    /// Where programs run.
    pub fn machine(&self) -> &Namespace {
        &self.machine
    }

    /// Takes the cable with this address away, with the interface that it is plugged into. Answers whether there is one.
    pub fn remove(&self, address: Ipv4Addr) -> bool {
        let cable = self.cables.iter().find(|(_, known)| *known == address);
        cable.inspect(|(name, _)| self.machine.ip(&format!("link del {name}"))).is_some()
    }
}

impl Internet {
    /// A new machine that is plugged in twice.
    ///
    /// # Panics
    /// Where there are more than 62 sites.
    pub fn twofold_site(&mut self) -> TwofoldSite {
        let machine = Namespace::try_new(&format!("m{}", self.sites)).expect("one more namespace");
        let cables = ["out", "spare"].map(|name| {
            let number = self.sites;
            assert!(number < 63, "203.0.113.0/24 has no more networks");
            self.sites += 1;
            let (near, far) = (4 * number + 1, Ipv4Addr::new(203, 0, 113, 4 * number + 2));
            self.core.ip(&format!("link add s{number} type veth peer name {name} netns {}", machine.name()));
            self.core.ip(&format!("link set s{number} up"));
            self.core.ip(&format!("addr add 203.0.113.{near}/30 dev s{number}"));
            machine.ip(&format!("link set {name} up"));
            machine.ip(&format!("addr add {far}/30 dev {name}"));
            // What goes from an address goes over its own cable, as hosts in several networks have it.
            let (table, gateway) = (100 + u32::from(number), format!("203.0.113.{near}"));
            machine.ip(&format!("route add default via {gateway} dev {name} table {table}"));
            machine.ip(&format!("rule add from {far} table {table}"));
            machine.ip(&format!("route add default via {gateway} dev {name} metric {table}"));
            (name, far)
        });
        TwofoldSite { machine, cables }
    }
}

impl Default for Internet {
    fn default() -> Self {
        Internet::new()
    }
}

impl Site {
    /// Where programs run.
    pub fn machine(&self) -> &Namespace {
        &self.machine
    }

    /// Lets no more than so many megabits a second out of the machine.
    ///
    /// # Panics
    /// If the system has no such limit.
    pub fn limit(&self, megabits: u32) {
        self.machine.limit("out", &format!("tbf rate {megabits}mbit burst 64kb latency 50ms"));
    }

    /// A program that pulls the machine's cable after a while, and plugs it in again after another (IPv4 only).
    pub fn interruption(&self, after: Duration, lasting: Duration) -> Command {
        let gateway = self.addresses.router();
        let mut command = self.machine.command("sh");
        command.arg("-c").arg(format!(
            "sleep {} && ip link set out down && sleep {} && ip link set out up && \
             ip route replace default via {gateway}",
            after.as_secs_f64(),
            lasting.as_secs_f64()
        ));
        command
    }

    /// The router, if there is one.
    pub fn router(&self) -> Option<&Namespace> {
        self.router.as_ref()
    }
}
