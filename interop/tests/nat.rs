//! The NATs of `docs/nat-matrix.md`, made by Linux: they let the same pairings meet, over the same candidates.

use std::time::Duration;

use interop::bodies::try_connect;
use interop::figures::{median, processor_time};
use interop::netns::{Families, Internet, Namespace, Nat, SERVER_IPV4, SERVER_IPV6, Site, unavailable};
use interop::{Browser, BrowserKind, Coturn, Peer, missing, repository};
use serde_json::{Value, json};
use tokio::time::Instant;

/// The rows of the table.
const NATS: [(Nat, &str); 7] = [
    (Nat::None, "no NAT"),
    (Nat::FullCone, "full cone"),
    (Nat::Restricted, "restricted"),
    (Nat::PortRestricted, "port-restricted"),
    (Nat::Symmetric, "symmetric"),
    (Nat::UdpBlocked, "UDP blocked"),
    (Nat::Only443, "only 443"),
];
/// How many of them, the first ones, let UDP out.
const WITH_UDP: usize = 5;

/// How long a pairing without a way is tried for. Those with one take a tenth of a second.
const PATIENCE: Duration = Duration::from_secs(3);
/// What is transferred.
const BULK: u64 = 12_500_000;
/// How often the selected pair is looked at, every 100 ms, before it is the one that won.
const DECISION: u32 = 20;
/// For those that have one.
const CONNECT: Duration = Duration::from_secs(20);

/// An internet with a server, where that can be had.
fn internet() -> Option<(Internet, Coturn)> {
    if let Some(what) = unavailable() {
        missing(what);
        return None;
    }
    let internet = Internet::new();
    let coturn = Coturn::start(&internet)?;
    Some((internet, coturn))
}

/// A cell of the table in the docs, from the column after the row's name.
struct Table(Vec<(String, Vec<String>)>);

impl Table {
    /// The table after this heading.
    fn read(heading: &str) -> Table {
        let path = repository().join("docs/nat-matrix.md");
        let text = std::fs::read_to_string(path).expect("the docs have the table");
        let section = text.split_once(heading).expect("the heading").1;
        let lines = section.lines().skip_while(|line| !line.starts_with('|'));
        let cells = |line: &str| -> Vec<String> {
            line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('*').to_owned()).collect()
        };
        let rows = lines.take_while(|line| line.starts_with('|')).map(cells);
        Table(rows.map(|cells| (cells[0].clone(), cells[1..].to_vec())).collect())
    }

    /// The kinds of candidates that win, or "no way", so that it can be compared; see [`comparable`].
    fn expected(&self, row: &str, column: &str) -> String {
        let (_, header) = &self.0[0];
        let at = header.iter().position(|name| name == column).expect("a column");
        let (_, cells) = self.0.iter().find(|(name, _)| name == row).expect("a row");
        let kinds = cells[at].split(',').next().unwrap_or_default();
        comparable(kinds)
    }
}

/// Leaves out what depends on who is faster: whether a peer has learned an address only from checks, and which of both
/// relays is used, and what is at its other end.
fn comparable(kinds: &str) -> String {
    if kinds.contains("relay") { "relay".to_owned() } else { kinds.replace("prflx", "srflx") }
}

fn kind(candidate: &Value) -> String {
    let text = candidate.as_str().expect("a candidate");
    let kind = text.split(" typ ").nth(1).and_then(|rest| rest.split(' ').next());
    kind.expect("a type").to_owned()
}

fn is_over_tcp(candidate: &Value) -> bool {
    candidate
        .as_str()
        .expect("a candidate")
        .split(' ')
        .nth(2)
        .is_some_and(|it| it.eq_ignore_ascii_case("tcp"))
}

fn stun() -> Value {
    json!({ "iceServers": [{ "urls": [format!("stun:{SERVER_IPV4}"), format!("stun:[{SERVER_IPV6}]")] }] })
}

/// UDP, TCP, and TCP on the port of HTTPS. TLS is tried elsewhere: what a firewall sees of it is the port.
fn turn() -> Value {
    let ports = ["3478", "3478?transport=tcp", "443?transport=tcp"];
    let relays = json!({
        "urls": ports.map(|port| format!("turn:{SERVER_IPV4}:{port}")),
        "username": "user",
        "credential": "password",
    });
    json!({ "iceServers": [stun()["iceServers"][0], relays] })
}

async fn ours(site: &Site) -> Peer {
    ours_in(site.machine()).await
}

async fn ours_in(machine: &Namespace) -> Peer {
    Peer::started(machine.command(env!("CARGO_BIN_EXE_interop-peer"))).await
}

/// Connects; our side's and the other's kind of candidate, or "no way".
async fn winners(offerer: &mut Peer, answerer: &mut Peer, servers: &Value, expected: &str) -> String {
    for peer in [&mut *offerer, &mut *answerer] {
        peer.call("create", json!({ "configuration": servers })).await;
    }
    winners_of(offerer, answerer, expected).await
}

/// The same of two that are created.
async fn winners_of(offerer: &mut Peer, answerer: &mut Peer, expected: &str) -> String {
    let patience = if expected == "no way" { PATIENCE } else { CONNECT };
    let here = offerer.channel("data", json!({})).await;
    if !try_connect(offerer, answerer, patience).await {
        return "no way".to_owned();
    }
    let there = answerer.wait_incoming().await["key"].clone();
    offerer.wait_channel("open", here).await;
    answerer.call("echo", json!({ "key": there })).await;
    offerer.send(here, "through").await;
    assert_eq!(offerer.receive(here, 1, 0).await.texts, ["through"]);
    // Data goes over the first pair that works; which one wins is decided within a second.
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let mut won = String::new();
    for _ in 0..DECISION {
        ticks.tick().await;
        let pair = offerer.call("pair", json!({})).await;
        let over = if is_over_tcp(&pair["local"]) { " over TCP" } else { "" };
        won = comparable(&format!("{}–{}{over}", kind(&pair["local"]), kind(&pair["remote"])));
        if won == expected {
            break;
        }
    }
    won
}

/// The cells that came out otherwise.
#[derive(Default)]
struct Different(Vec<String>);

impl Different {
    fn compare(&mut self, cell: String, won: &str, expected: &str) {
        if won != expected {
            self.0.push(format!("{cell}: {won}, expected {expected}"));
        }
    }
}

impl Drop for Different {
    fn drop(&mut self) {
        assert!(self.0.is_empty() || std::thread::panicking(), "{:#?}", self.0);
    }
}

/// Every pairing of these NATs, with these servers, against the table after this heading.
async fn cross(nats: &[(Nat, &str)], servers: Value, heading: &str) {
    let Some((mut internet, _coturn)) = internet() else { return };
    let table = Table::read(heading);
    let mut sites = || nats.iter().map(|(nat, _)| internet.site(*nat, Families::IPV4)).collect::<Vec<_>>();
    let (left, right) = (sites(), sites());
    let mut different = Different::default();
    for ((_, row), left) in nats.iter().zip(&left) {
        for ((_, column), right) in nats.iter().zip(&right) {
            let expected = table.expected(row, column);
            let (mut offerer, mut answerer) = (ours(left).await, ours(right).await);
            let won = winners(&mut offerer, &mut answerer, &servers, &expected).await;
            different.compare(format!("{row} and {column}"), &won, &expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_meet_as_in_the_table_in_namespaces() {
    cross(&NATS[..WITH_UDP], stun(), "## With a STUN server").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_meets_with_coturn_in_namespaces() {
    cross(&NATS, turn(), "## With a TURN server too").await;
}

/// A server's end, which listens for TCP beside UDP.
async fn server(site: &Site, port: u16) -> Peer {
    let mut server = ours(site).await;
    server.call("create", json!({ "configuration": { "listen": port } })).await;
    server
}

/// The columns of the table of servers that listen: the port, and whether the server offers.
const SERVERS: [(&str, u16, bool); 3] = [
    ("offers to a server at port 5000", 5000, false),
    ("offers to a server at port 443", 443, false),
    ("answers a server at port 443", 443, true),
];
const LISTENERS: &str = "## With a server that listens for TCP";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_listens_is_met_over_tcp_in_namespaces() {
    let Some((mut internet, _coturn)) = internet() else { return };
    let table = Table::read(LISTENERS);
    let public = internet.site(Nat::None, Families::IPV4);
    let mut different = Different::default();
    for (nat, row) in [NATS[4], NATS[5], NATS[6]] {
        let site = internet.site(nat, Families::IPV4);
        for (column, port, server_offers) in SERVERS {
            let expected = table.expected(row, column);
            let (mut peer, mut server) = (ours(&site).await, server(&public, port).await);
            peer.call("create", json!({ "configuration": stun() })).await;
            let (offerer, answerer) =
                if server_offers { (&mut server, &mut peer) } else { (&mut peer, &mut server) };
            let won = winners_of(offerer, answerer, &expected).await;
            different.compare(format!("{row} {column}"), &won, &expected);
        }
    }
}

/// As the page of a guest network does, which lets nothing else out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_meets_a_server_that_listens_over_tcp_in_namespaces() {
    let Some((mut internet, _coturn)) = internet() else { return };
    let table = Table::read(LISTENERS);
    let public = internet.site(Nat::None, Families::IPV4);
    let mut different = Different::default();
    for (nat, row) in [NATS[5], NATS[6]] {
        let site = internet.site(nat, Families::IPV4);
        let Some(browser) = Browser::launch_in(BrowserKind::Chromium, site.machine()).await else { return };
        let (column, port, _) = SERVERS[1];
        let expected = table.expected(row, column);
        let (mut page, mut server) =
            (Peer::page("chromium", browser.open_file().await), server(&public, port).await);
        page.call("create", json!({ "configuration": {} })).await;
        let won = winners_of(&mut page, &mut server, &expected).await;
        // It hides its own address behind a name, and then calls it by whatever it is told of it.
        let [won, expected] = [won, expected].map(|kinds| kinds.replace("host", "srflx"));
        different.compare(format!("Chromium, {row}"), &won, &expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_and_we_meet_with_coturn_in_namespaces() {
    let Some((mut internet, _coturn)) = internet() else { return };
    let table = Table::read("## With a TURN server too");
    let chosen = [NATS[0], NATS[3], NATS[4]];
    let others = chosen.map(|(nat, _)| internet.site(nat, Families::IPV4));
    let mut different = Different::default();
    for (nat, row) in chosen {
        let site = internet.site(nat, Families::IPV4);
        let Some(browser) = Browser::launch_in(BrowserKind::Chromium, site.machine()).await else { return };
        for ((_, column), other) in chosen.iter().zip(&others) {
            let expected = table.expected(row, column);
            let mut chromium = Peer::page("chromium", browser.open_file().await);
            let won = winners(&mut chromium, &mut ours(other).await, &turn(), &expected).await;
            // It hides its own address behind a name, and then calls it by whatever it is told of it.
            let [won, expected] = [won, expected].map(|kinds| kinds.replace("host", "srflx"));
            different.compare(format!("Chromium, {row}, and we, {column}"), &won, &expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipv6_alone_meets_through_firewalls_in_namespaces() {
    let Some((mut internet, _coturn)) = internet() else { return };
    let [left, right] = [0, 1].map(|_| internet.site(Nat::PortRestricted, Families::IPV6));
    let won = winners(&mut ours(&left).await, &mut ours(&right).await, &stun(), "host–host").await;
    assert_eq!(won, "host–host");
}

/// The cable of the sender's machine is pulled in mid-transfer, and plugged in again while consent lasts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_outlives_an_interface_that_goes_and_comes_back_in_namespaces() {
    let Some((mut internet, _coturn)) = internet() else { return };
    let [left, right] = [0, 1].map(|_| internet.site(Nat::PortRestricted, Families::IPV4));
    let (mut sender, mut receiver) = (ours(&left).await, ours(&right).await);
    let direct = "srflx–srflx";
    assert_eq!(winners(&mut sender, &mut receiver, &stun(), direct).await, direct);
    let key = sender.channel("bulk", json!({})).await;
    let there = receiver.wait_incoming().await["key"].as_u64().expect("a key");
    sender.wait_channel("open", key).await;
    // 12.5 MB at 20 Mbit/s take 5 s.
    left.limit(20);
    let (after, lasting) = (Duration::from_secs(1), Duration::from_secs(2));
    let mut interruption = left.interruption(after, lasting).spawn().expect("`ip` runs");
    let blast = json!({ "key": key, "bytes": BULK, "size": 16 * 1024 });
    let (sent, received) = tokio::join!(sender.call("blast", blast), receiver.receive(there, 0, BULK));
    assert_eq!(sent, received.sha256);
    let ended = interruption.try_wait().expect("a child");
    assert!(ended.is_some_and(|status| status.success()), "the transfer was over before the interruption");
}

/// What is transferred while an interface is removed.
const LONG: u64 = 100_000_000;
/// How long nothing may come then: 1.4 s, and the rest for a busy machine.
const PAUSE: Duration = Duration::from_secs(2);

/// The interface that data goes over is removed in mid-transfer, with its address; the machine has another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_goes_on_when_its_interface_is_removed_in_namespaces() {
    let Some((mut internet, _coturn)) = internet() else { return };
    let twofold = internet.twofold_site();
    let right = internet.site(Nat::PortRestricted, Families::IPV4);
    let (mut sender, mut receiver) = (ours_in(twofold.machine()).await, ours(&right).await);
    assert_ne!(winners(&mut sender, &mut receiver, &stun(), "").await, "no way");
    let key = sender.channel("bulk", json!({})).await;
    let there = receiver.wait_incoming().await["key"].as_u64().expect("a key");
    sender.wait_channel("open", key).await;
    let before = address(&sender.call("pair", json!({})).await["local"]);
    let blast = json!({ "key": key, "bytes": LONG, "size": 16 * 1024 });
    let watch = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let (mut bytes, mut moved, mut longest, mut removed) = (0, ticks.tick().await, Duration::ZERO, false);
        while bytes < LONG {
            let now = ticks.tick().await;
            let progress = receiver.call("progress", json!({ "key": there })).await;
            let progress = progress.as_u64().expect("a number");
            if progress > bytes {
                longest = longest.max(now - moved);
                (bytes, moved) = (progress, now);
            }
            if !removed && bytes > LONG / 4 {
                removed = true;
                assert!(twofold.remove(before), "{before}");
            }
        }
        (receiver.receive(there, 0, LONG).await.sha256, longest)
    };
    let (sent, (received, longest)) = tokio::join!(sender.call("blast", blast), watch);
    assert_eq!(sent, received);
    assert!(longest < PAUSE, "{longest:?}");
    assert_ne!(address(&sender.call("pair", json!({})).await["local"]), before);
    for peer in [&mut sender, &mut receiver] {
        let is_bad = |event: &&Value| event["state"] == "disconnected" || event["state"] == "failed";
        assert_eq!(peer.events_so_far().await.iter().find(is_bad), None);
    }
}

fn address(candidate: &Value) -> std::net::Ipv4Addr {
    let address = candidate.as_str().expect("a candidate").split(' ').nth(4).expect("an address");
    address.parse().expect("an IPv4 address")
}

/// What the benchmark transfers each time, how often each way has its turn, and what every cable lets through.
const FLOOD: u64 = 300_000_000;
const ROUNDS: usize = 3;
const GIGABIT: u32 = 1000;

/// Megabytes a second, and processor seconds a gigabyte of coturn and of the whole machine, from the first tenth of a
/// transfer to its end.
async fn flood(sender: &mut Peer, receiver: &mut Peer, coturn: &Coturn) -> [f64; 3] {
    let key = sender.channel("bulk", json!({})).await;
    let there = receiver.wait_incoming().await["key"].as_u64().expect("a key");
    sender.wait_channel("open", key).await;
    let relay = format!("{}/stat", coturn.id());
    let processors = || [&*relay, "stat"].map(processor_time);
    let watch = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        let mut begun = None;
        loop {
            ticks.tick().await;
            let progress = receiver.call("progress", json!({ "key": there })).await;
            let (now, bytes) = (Instant::now(), progress.as_u64().expect("a number"));
            if begun.is_none() && bytes > FLOOD / 10 {
                begun = Some((now, bytes, processors()));
            }
            if let Some((first, before, used)) = begun.filter(|_| bytes == FLOOD) {
                let megabytes = (FLOOD - before) as f64 / 1e6;
                let by_now = processors();
                let costs = [0, 1].map(|at| (by_now[at] - used[at]) / megabytes * 1e3);
                return [megabytes / (now - first).as_secs_f64(), costs[0], costs[1]];
            }
        }
    };
    let blast = json!({ "key": key, "bytes": FLOOD, "size": 16 * 1024 });
    let (sent, figures) = tokio::join!(sender.call("blast", blast), watch);
    assert_eq!(sent, receiver.receive(there, 0, FLOOD).await.sha256);
    figures
}

/// What a relay costs where the network is the limit, and not coturn as over loopback (`relays_beside_the_direct_way`):
/// `cargo test --release -p visavis-interop --test nat -- --ignored --nocapture`. The sender is behind the relay and the
/// other not; each is a process of its own; the ways take turns, and medians are printed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a benchmark: half a minute, and its figures want a quiet machine"]
#[allow(clippy::print_stdout, reason = "the figures are what it is for")]
async fn relays_on_a_gigabit_link() {
    let Some((mut internet, coturn)) = internet() else { return };
    let [left, right] = [0, 1].map(|_| internet.site(Nat::None, Families::IPV4));
    for site in [&left, &right] {
        internet.limit_cables(site, GIGABIT);
    }
    let relayed = |url: String| {
        let server = json!({ "urls": [url], "username": "user", "credential": "password" });
        json!({ "iceServers": [server], "iceTransportPolicy": "relay" })
    };
    let ways = [
        ("direct", "host–host", json!({})),
        ("udp", "relay", relayed(format!("turn:{SERVER_IPV4}"))),
        ("tcp", "relay", relayed(format!("turn:{SERVER_IPV4}?transport=tcp"))),
    ];
    let mut figures = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for ((_, kinds, configuration), figures) in ways.iter().zip(&mut figures) {
            let (mut sender, mut receiver) = (ours(&left).await, ours(&right).await);
            sender.call("create", json!({ "configuration": configuration })).await;
            receiver.call("create", json!({ "configuration": {} })).await;
            assert_eq!(winners_of(&mut sender, &mut receiver, kinds).await, *kinds);
            figures.push(flood(&mut sender, &mut receiver, &coturn).await);
        }
    }
    println!("| way | MB/s | x direct | coturn's CPU s/GB | all CPU s/GB |\n|---|---:|---:|---:|---:|");
    let of = |way: usize, figure: usize| median(figures[way].iter().map(|figures| figures[figure]).collect());
    for (way, (name, ..)) in ways.iter().enumerate() {
        let [rate, relay, all] = [0, 1, 2].map(|figure| of(way, figure));
        println!("| {name} | {rate:.1} | {:.2} | {relay:.2} | {all:.2} |", rate / of(0, 0));
    }
    let rates = figures.map(|way| way.iter().map(|[rate, ..]| *rate).collect::<Vec<f64>>());
    println!("each: {rates:.1?}");
}
