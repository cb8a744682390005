//! The NATs of `docs/nat-matrix.md`, made by Linux: they let the same pairings meet, over the same candidates.

use std::time::Duration;

use interop::bodies::try_connect;
use interop::netns::{Families, Internet, Nat, SERVER_IPV4, SERVER_IPV6, Site, unavailable};
use interop::{Browser, BrowserKind, Coturn, Peer, missing, repository};
use serde_json::{Value, json};

/// The rows of the table that Linux can be made to be.
const NATS: [(Nat, &str); 5] = [
    (Nat::None, "no NAT"),
    (Nat::FullCone, "full cone"),
    (Nat::Restricted, "restricted"),
    (Nat::PortRestricted, "port-restricted"),
    (Nat::Symmetric, "symmetric"),
];

/// How long a pairing without a way is tried for. Those with one take a tenth of a second.
const PATIENCE: Duration = Duration::from_secs(3);
/// What is transferred.
const BULK: u64 = 12_500_000;
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

    /// The kinds of candidates that win, or "no way". What a peer learned only from checks counts as server-reflexive:
    /// which of the two it is depends on who is faster.
    fn expected(&self, row: &str, column: &str) -> String {
        let (_, header) = &self.0[0];
        let at = header.iter().position(|name| name == column).expect("a column");
        let (_, cells) = self.0.iter().find(|(name, _)| name == row).expect("a row");
        let kinds = cells[at].split(',').next().unwrap_or_default();
        kinds.replace("prflx", "srflx")
    }
}

fn kind(candidate: &Value) -> String {
    let text = candidate.as_str().expect("a candidate");
    let kind = text.split(" typ ").nth(1).and_then(|rest| rest.split(' ').next());
    kind.expect("a type").replace("prflx", "srflx")
}

fn stun() -> Value {
    json!({ "iceServers": [{ "urls": [format!("stun:{SERVER_IPV4}"), format!("stun:[{SERVER_IPV6}]")] }] })
}

async fn ours(site: &Site) -> Peer {
    Peer::started(site.machine().command(env!("CARGO_BIN_EXE_interop-peer"))).await
}

/// Connects; our side's and the other's kind of candidate, or "no way".
async fn winners(offerer: &mut Peer, answerer: &mut Peer, patience: Duration) -> String {
    for peer in [&mut *offerer, &mut *answerer] {
        peer.call("create", json!({ "configuration": stun() })).await;
    }
    let here = offerer.channel("data", json!({})).await;
    if !try_connect(offerer, answerer, patience).await {
        return "no way".to_owned();
    }
    let there = answerer.wait_incoming().await["key"].clone();
    offerer.wait_channel("open", here).await;
    answerer.call("echo", json!({ "key": there })).await;
    offerer.send(here, "through").await;
    assert_eq!(offerer.receive(here, 1, 0).await.texts, ["through"]);
    let pair = offerer.call("pair", json!({})).await;
    format!("{}–{}", kind(&pair["local"]), kind(&pair["remote"]))
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

fn patience(expected: &str) -> Duration {
    if expected == "no way" { PATIENCE } else { CONNECT }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_meet_as_in_the_table_in_namespaces() {
    let Some((mut internet, _coturn)) = internet() else { return };
    let table = Table::read("## With a STUN server");
    let mut site = |(nat, _): (Nat, &str)| internet.site(nat, Families::IPV4);
    let (left, right) = (NATS.map(&mut site), NATS.map(&mut site));
    let mut different = Different::default();
    for ((_, row), left) in NATS.iter().zip(&left) {
        for ((_, column), right) in NATS.iter().zip(&right) {
            let expected = table.expected(row, column);
            let (mut offerer, mut answerer) = (ours(left).await, ours(right).await);
            let won = winners(&mut offerer, &mut answerer, patience(&expected)).await;
            different.compare(format!("{row} and {column}"), &won, &expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_and_we_meet_as_in_the_table_in_namespaces() {
    let Some((mut internet, _coturn)) = internet() else { return };
    let table = Table::read("## With a STUN server");
    let chosen = [NATS[0], NATS[3], NATS[4]];
    let others = chosen.map(|(nat, _)| internet.site(nat, Families::IPV4));
    let mut different = Different::default();
    for (nat, row) in chosen {
        let site = internet.site(nat, Families::IPV4);
        let Some(browser) = Browser::launch_in(BrowserKind::Chromium, site.machine()).await else { return };
        for ((_, column), other) in chosen.iter().zip(&others) {
            let expected = table.expected(row, column);
            let mut chromium = Peer::page("chromium", browser.open_file().await);
            let won = winners(&mut chromium, &mut ours(other).await, patience(&expected)).await;
            different.compare(format!("Chromium, {row}, and we, {column}"), &won, &expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipv6_alone_meets_through_firewalls_in_namespaces() {
    let Some((mut internet, _coturn)) = internet() else { return };
    let [left, right] = [0, 1].map(|_| internet.site(Nat::PortRestricted, Families::IPV6));
    let won = winners(&mut ours(&left).await, &mut ours(&right).await, CONNECT).await;
    assert_eq!(won, "host–host");
}

/// The cable of the sender's machine is pulled in mid-transfer, and plugged in again while consent lasts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_outlives_an_interface_that_goes_and_comes_back_in_namespaces() {
    let Some((mut internet, _coturn)) = internet() else { return };
    let [left, right] = [0, 1].map(|_| internet.site(Nat::PortRestricted, Families::IPV4));
    let (mut sender, mut receiver) = (ours(&left).await, ours(&right).await);
    assert_eq!(winners(&mut sender, &mut receiver, CONNECT).await, "srflx–srflx");
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
