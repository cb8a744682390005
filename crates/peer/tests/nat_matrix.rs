//! Every pairing of what peers may be behind, in virtual time: who connects, over which candidates, how fast.
//!
//! Each cell is asserted against what NATs of RFC 4787 let through, and the table in the docs against the cells.
//! `UPDATE_EXPECT=1 cargo test -p visavis-peer --test nat_matrix` writes the table anew.

mod stage;

use std::fmt::Write as _;
use std::time::Duration;

use expect_test::expect_file;
use ice::{CandidateKind, Protocol};
use peer::{Configuration, IceCandidate, IceServer};
use sim::{Dependence, NatConfig, Passage};
use stage::world::{Gathering, Opened, Place, STUN, World, stun_url, turn_urls};
use stage::{A, B};

/// How long gathering may take beyond the slowest answer that it gets.
const GATHERING_LIMIT: Duration = Duration::from_secs(1);
/// To a server and back, from behind a NAT: twice (1 + 10 + 10) ms.
const SERVER_ROUND_TRIP: Duration = Duration::from_millis(42);
/// When gathering ends where no server answers at all.
const NOBODY_ANSWERS: Duration = Duration::from_secs(5);

/// Requests to servers keep one pace with connectivity checks (RFC 8445, section 14.2), which may come first.
const PACE: Duration = Duration::from_millis(50);

const DOCUMENT: &str = include_str!("testdata/nat-matrix.md");

fn stun() -> Configuration {
    with_servers(vec![stun_url(STUN)])
}

fn turn() -> Configuration {
    with_servers(vec![stun_url(STUN), turn_urls()])
}

fn with_servers(ice_servers: Vec<IceServer>) -> Configuration {
    Configuration { ice_servers, ..Configuration::default() }
}

/// The rows and columns of the table.
fn places() -> Vec<(&'static str, Place)> {
    vec![
        ("no NAT", Place::public()),
        ("full cone", Place::behind(NatConfig::full_cone())),
        ("restricted", Place::behind(NatConfig::restricted())),
        ("port-restricted", Place::behind(NatConfig::port_restricted())),
        ("symmetric", Place::behind(NatConfig::symmetric())),
        ("UDP blocked", Place::behind(NatConfig { udp: Passage::Closed, ..NatConfig::port_restricted() })),
        ("only 443", Place::behind(only_443())),
    ]
}

/// A firewall that lets nothing out but TCP to port 443.
fn only_443() -> NatConfig {
    NatConfig { udp: Passage::Closed, tcp: Passage::Only(443), ..NatConfig::port_restricted() }
}

/// What RFC 8445 can do with these two and no relay: a check from each side must get to the other, from the mapping
/// that the other side lets in.
fn meets(a: &Place, b: &Place) -> bool {
    let opened_by = |own: &Place, other: &Place| {
        let (Some(own), Some(other)) = (own.nats.first(), other.nats.first()) else { return true };
        // Its checks come from a mapping that nobody was told of: only filters that do not look at the port let it in.
        let unforeseen = own.mapping == Dependence::AddressAndPortDependent;
        !(unforeseen && other.filtering == Dependence::AddressAndPortDependent)
    };
    let has_udp = |place: &Place| place.nats.iter().all(|nat| nat.udp == Passage::Open);
    opened_by(a, b) && opened_by(b, a) && has_udp(a) && has_udp(b)
}

fn kind(candidate: &IceCandidate) -> CandidateKind {
    candidate.fields.as_ref().expect("a candidate").kind
}

fn name(candidate: &IceCandidate) -> &'static str {
    match kind(candidate) {
        CandidateKind::Host => "host",
        CandidateKind::ServerReflexive => "srflx",
        CandidateKind::PeerReflexive => "prflx",
        CandidateKind::Relayed => "relay",
    }
}

fn protocol(candidate: &IceCandidate) -> Protocol {
    candidate.fields.as_ref().expect("a candidate").protocol
}

fn cell(opened: Option<&Opened>) -> String {
    match opened {
        Some(Opened { after, local, remote }) => {
            let over = if protocol(local) == Protocol::Tcp { " over TCP" } else { "" };
            format!("{}–{}{over}, {} ms", name(local), name(remote), after.as_millis())
        }
        None => "no way".to_owned(),
    }
}

/// For how long a peer may gather: a second longer than the slowest server that answers it takes. TCP's round trip, that of
/// TLS, and two to allocate, through two NATs at most and at one pace with all the others. Where nobody answers, nobody
/// tells how long an answer would take.
fn gathering_limit(place: &Place, configuration: &Configuration) -> Duration {
    let is_answered = configuration.ice_servers.len() > 1 || meets(place, &Place::public());
    if is_answered { SERVER_ROUND_TRIP * 4 + PACE * 2 + GATHERING_LIMIT } else { NOBODY_ANSWERS }
}

fn assert_gathered(cell: &str, gathering: [Gathering; 2], allowed: [Duration; 2]) {
    for (gathering, allowed) in gathering.into_iter().zip(allowed) {
        let took = gathering.duration().unwrap_or_else(|| panic!("{cell}: gathering has not ended"));
        assert!(took <= allowed, "{cell}: gathering took {took:?}");
    }
}

/// A table of all pairings, the offerer's place in the row.
fn pairings(configuration: &Configuration, expected: fn(&Place, &Place) -> bool) -> String {
    let places = places();
    let mut table = String::from("| offerer \\ answerer |");
    places.iter().for_each(|(name, _)| write!(table, " {name} |").expect("a string"));
    table.push_str("\n|---|");
    places.iter().for_each(|_| table.push_str("---|"));
    table.push('\n');
    for (row, a) in &places {
        write!(table, "| **{row}** |").expect("a string");
        for (column, b) in &places {
            let mut world = World::apart([a, b], configuration);
            let opened = world.connect();
            let what = format!("{row} and {column}");
            assert_eq!(opened.is_some(), expected(a, b), "{what}");
            let limits = [a, b].map(|place| gathering_limit(place, configuration));
            assert_gathered(&what, world.gathering, limits);
            if let Some(opened) = &opened {
                let is_relayed = [&opened.local, &opened.remote].map(kind).contains(&CandidateKind::Relayed);
                assert_eq!(is_relayed, !meets(a, b), "{what}: {opened:?}");
            }
            write!(table, " {} |", cell(opened.as_ref())).expect("a string");
        }
        table.push('\n');
    }
    table
}

/// The ports of the servers that listen for TCP, and whether they offer.
const SERVERS: [(&str, u16, bool); 3] = [
    ("offers to a server at port 5000", 5000, false),
    ("offers to a server at port 443", 443, false),
    ("answers a server at port 443", 443, true),
];

/// How a peer reaches a server that everybody can send to, and that listens for TCP at this port.
fn reaches(place: &Place, port: u16) -> Option<Protocol> {
    let may = |passage: Passage| match passage {
        Passage::Open => true,
        Passage::Only(only) => only == port,
        Passage::Closed => false,
    };
    let over_tcp = || place.nats.iter().all(|nat| may(nat.tcp)).then_some(Protocol::Tcp);
    if meets(place, &Place::public()) { Some(Protocol::Udp) } else { over_tcp() }
}

/// A table of peers as browsers are, which connect over TCP, and servers that listen. No relay.
fn listeners() -> String {
    let mut table = String::from("| peer |");
    SERVERS.iter().for_each(|(column, ..)| write!(table, " {column} |").expect("a string"));
    table.push_str("\n|---|---|---|---|\n");
    for (row, place) in places() {
        write!(table, "| **{row}** |").expect("a string");
        for (column, port, offers) in SERVERS {
            let (peer, server) = (place.clone().connecting(), Place::public().listening(port));
            let (places, client) = if offers { ([&server, &peer], B) } else { ([&peer, &server], A) };
            let mut world = World::apart(places, &stun());
            let opened = world.connect();
            let what = format!("{row} {column}");
            assert_gathered(&what, world.gathering, places.map(|place| gathering_limit(place, &stun())));
            let over = opened.as_ref().map(|opened| protocol(&opened.local));
            assert_eq!(over, reaches(&place, port), "{what}");
            if over == Some(Protocol::Tcp) {
                // One stream, to the one listener, and none that is left behind.
                let host = world.call.network.host(world.call.ids[client]);
                assert_eq!(host.open_streams(), 1, "{what}");
            }
            write!(table, " {} |", cell(opened.as_ref())).expect("a string");
        }
        table.push('\n');
    }
    table
}

#[test]
fn the_table_in_the_docs_is_what_comes_of_every_pairing() {
    let document = DOCUMENT.replace("{STUN}", pairings(&stun(), meets).trim_end());
    let document = document.replace("{TURN}", pairings(&turn(), |_, _| true).trim_end());
    let document = document.replace("{TCP}", listeners().trim_end());
    expect_file!["../../../docs/nat-matrix.md"].assert_eq(&document.replace("{CASES}", cases().trim_end()));
}

/// Where two peers are, for some servers.
type Scene = Box<dyn Fn(&Configuration) -> World>;

fn together(shared: NatConfig, own: Option<NatConfig>) -> Scene {
    Box::new(move |configuration| World::together(shared, own, configuration))
}

fn apart(a: &Place, b: &Place) -> Scene {
    let (a, b) = (a.clone(), b.clone());
    Box::new(move |configuration| World::apart([&a, &b], configuration))
}

/// What is not a pairing of the table: neighbours, NATs behind NATs, IPv6. With what wins where it needs no relay.
fn scenes() -> Vec<(&'static str, Scene, Option<&'static str>)> {
    let cone = NatConfig::port_restricted();
    let isolated = NatConfig { isolated: true, ..cone };
    let hairpin = NatConfig { hairpin: true, ..isolated };
    let open_carrier = NatConfig { hairpin: true, ..cone };
    let home = Place::behind(cone);
    let carrier = Place { nats: vec![cone, cone], ..Place::public() };
    let behind_symmetric = Place { nats: vec![NatConfig::symmetric(), cone], ..Place::public() };
    let [ipv6, dual] = [false, true].map(|ipv4| home.clone().with(ipv4, true));
    let (reflexive, direct) = (Some("srflx–srflx"), Some("host–host"));
    vec![
        ("two in one network", together(cone, None), direct),
        ("the same, kept from each other", together(isolated, None), None),
        ("the same, with hairpinning", together(hairpin, None), reflexive),
        ("two homes behind one carrier's NAT", together(cone, Some(cone)), None),
        ("the same, with hairpinning", together(open_carrier, Some(cone)), reflexive),
        ("a home behind a carrier's NAT, and a home", apart(&carrier, &home), reflexive),
        ("the same, the carrier's NAT symmetric", apart(&behind_symmetric, &home), None),
        ("IPv6 only, both behind firewalls", apart(&ipv6, &ipv6), direct),
        ("both kinds of addresses on both sides", apart(&dual, &dual), direct),
        ("both kinds, and IPv6 only", apart(&dual, &ipv6), direct),
        ("both kinds, and IPv4 only", apart(&dual, &home), reflexive),
        ("IPv6 only, and IPv4 only", apart(&ipv6, &home), None),
    ]
}

fn cases() -> String {
    let mut table = String::from("| case | with a STUN server | with a TURN server too |\n|---|---|---|\n");
    for (name, scene, expected) in scenes() {
        let opened = scene(&stun()).connect();
        let without = cell(opened.as_ref());
        assert_eq!(opened.and(without.split(',').next()), expected, "{name}");
        let with = cell(scene(&turn()).connect().as_ref());
        let kinds = with.split(',').next().unwrap_or_default();
        assert!(expected.map_or(kinds.contains("relay"), |expected| kinds == expected), "{name}: {kinds}");
        writeln!(table, "| {name} | {without} | {with} |").expect("a string");
    }
    table
}

#[test]
fn gathering_ends_as_soon_as_the_servers_have_answered() {
    for (name, place) in places().into_iter().filter(|(_, place)| meets(place, &Place::public())) {
        let mut world = World::apart([&place, &place], &stun());
        world.connect();
        assert_gathered(name, world.gathering, [SERVER_ROUND_TRIP + PACE; 2]);
    }
}

/// The target of it all: what does not answer costs a second at most, whatever the peers are behind.
#[test]
fn no_gathering_takes_a_second_longer_than_the_slowest_answer() {
    let open = Place::behind(NatConfig::full_cone());
    let mut all_answer = World::apart([&open, &open], &turn());
    all_answer.connect();
    let slowest = all_answer.gathering.iter().filter_map(Gathering::duration).max().expect("an end");
    // TCP's round trip, that of TLS, and two to allocate; at one pace with all the others.
    assert!(slowest <= SERVER_ROUND_TRIP * 4 + PACE * 2, "{slowest:?}");
    for dead in [None, Some("stun:198.51.100.77"), Some("stun:nowhere.test")] {
        let mut servers = vec![stun_url(STUN), turn_urls()];
        servers.extend(dead.map(stun_url));
        let configuration = with_servers(servers);
        for (name, place) in places() {
            let mut world = World::apart([&place, &place], &configuration);
            world.connect();
            assert_gathered(name, world.gathering, [slowest + GATHERING_LIMIT; 2]);
        }
    }
}
