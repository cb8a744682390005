//! How long it takes from the answer to an open channel, in round trips of the path.

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ice::Candidate;
use sim::LinkConfig;
use support::{ONE, Pair, host, labelled};

/// What decides the time, beside the seed.
#[derive(Clone, Copy, Debug, Default)]
struct Case {
    rtt: Duration,
    loss: f64,
    /// Candidates come one by one after their description, or with it.
    trickle: bool,
    /// Candidates of each side that lead nowhere and look better than the one that works.
    dead: u16,
    /// Both descriptions say what the SCTP INITs would (draft-hancke-tsvwg-snap).
    snap: bool,
    /// Checks carry the DTLS handshake (draft-hancke-webrtc-sped).
    sped: bool,
}

/// Between two candidates that are signalled one by one.
const TRICKLE: Duration = Duration::from_millis(5);

/// A host candidate that nobody answers on.
fn dead_candidate(side: u8, index: u16) -> Candidate {
    let address = SocketAddr::from(([192, 0, 2, 10 * side + index as u8], 9));
    let priority = 2_130_706_431 - u32::from(index);
    Candidate { foundation: format!("dead{index}"), priority, ..host(address) }
}

/// From the moment when the offerer has the answer until its channel is open, and until the answerer's is.
///
/// Signalling takes as long as the path: the answer and the first check of the answerer travel side by side.
fn measure(case: Case, seed: u64) -> [Duration; 2] {
    let link = LinkConfig { delay: case.rtt / 2, loss: case.loss, ..LinkConfig::default() };
    let mut pair =
        Pair::configured(seed, link, |config| Arc::make_mut(&mut config.ice).embedding = case.sped);
    if case.snap {
        pair.signal_inits();
    }
    let [mut of_a, mut of_b] = [pair.a, pair.b].map(|id| pair.peer(id).candidates[&ONE].clone());
    for (side, candidates) in [(1, &mut of_a), (2, &mut of_b)] {
        candidates.splice(0..0, (0..case.dead).map(|index| dead_candidate(side, index)));
    }
    let key = pair.open(pair.a, labelled("x"));
    let plan = pair.plans[1].clone();
    pair.network.with(pair.b, |peer, now| {
        peer.session.apply(now, plan);
        of_a.into_iter().for_each(|candidate| peer.session.add_remote_candidate(now, ONE, candidate));
        peer.session.remote_end_of_candidates(now, ONE);
    });
    pair.run_for(case.rtt / 2);
    let start = pair.network.now();
    let plan = pair.plans[0].clone();
    pair.network.with(pair.a, |peer, now| peer.session.apply(now, plan));
    for candidate in of_b {
        if case.trickle {
            pair.run_for(TRICKLE);
        }
        pair.network.with(pair.a, |peer, now| peer.session.add_remote_candidate(now, ONE, candidate));
    }
    pair.network.with(pair.a, |peer, now| peer.session.remote_end_of_candidates(now, ONE));
    let mut opened = [None; 2];
    let (a, b) = (pair.a, pair.b);
    let both = pair.network.run_until(Duration::from_secs(120), |network| {
        let now = network.now() - start;
        if network.node(a).is_open(key) {
            opened[0].get_or_insert(now);
        }
        if !network.node(b).incoming().is_empty() {
            opened[1].get_or_insert(now);
        }
        opened.iter().all(Option::is_some)
    });
    assert!(both, "{case:?} seed {seed}: {}", pair.describe());
    opened.map(Option::unwrap_or_default)
}

/// How many seeds a cell with loss is measured with.
const SEEDS: u64 = 41;

/// Median and 95th percentile of the offerer's time, in round trips.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cell {
    median: f64,
    p95: f64,
}

impl Cell {
    fn measure(case: Case) -> Cell {
        let seeds = if case.loss == 0.0 { 1 } else { SEEDS };
        let mut times: Vec<_> = (0..seeds).map(|seed| measure(case, seed)[0]).collect();
        times.sort();
        let at = |share: f64| {
            let time = times[((times.len() - 1) as f64 * share).round() as usize];
            time.as_secs_f64() / case.rtt.as_secs_f64()
        };
        Cell { median: at(0.5), p95: at(0.95) }
    }

    /// Whether this is what another run found: without loss to the digit, with loss to what another order of random
    /// numbers changes.
    fn is_like(self, other: Cell, loss: f64) -> bool {
        let near =
            |ours: f64, theirs: f64, share: f64| (ours - theirs).abs() <= 0.051 + loss * share * theirs;
        near(self.median, other.median, 2.0) && near(self.p95, other.p95, 3.0)
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.median == self.p95 {
            return write!(f, "{:.1}", self.median);
        }
        write!(f, "{:.1} / {:.1}", self.median, self.p95)
    }
}

impl std::str::FromStr for Cell {
    type Err = std::num::ParseFloatError;

    fn from_str(text: &str) -> Result<Cell, Self::Err> {
        let (median, p95) = text.split_once(" / ").unwrap_or((text, text));
        Ok(Cell { median: median.trim().parse()?, p95: p95.trim().parse()? })
    }
}

/// A column: its name, and what it varies.
type Column = (&'static str, fn(&mut Case));

/// A row: the path's round trip in ms and its loss, and a cell for each column.
type Row = (u64, f64, Vec<Cell>);

const COLUMNS: [Column; 4] = [
    ("one pair", |_| {}),
    ("one pair, trickled", |case| case.trickle = true),
    ("nine pairs", |case| case.dead = 8),
    ("nine pairs, trickled", |case| (case.dead, case.trickle) = (8, true)),
];

/// What is gained with peers that can do more than the RFCs ask for.
const EXTENSIONS: [Column; 4] = [
    ("neither", |_| {}),
    ("INITs in the descriptions", |case| case.snap = true),
    ("DTLS in the checks", |case| case.sped = true),
    ("both", |case| (case.snap, case.sped) = (true, true)),
];

fn rows(columns: &[Column]) -> Vec<Row> {
    let paths: Vec<_> =
        [20, 100, 300].into_iter().flat_map(|rtt| [0.0, 0.05, 0.2].map(|loss| (rtt, loss))).collect();
    std::thread::scope(|scope| {
        let row = |(rtt, loss): (u64, f64)| {
            let cell = move |(_, vary): &Column| {
                let mut case = Case { rtt: Duration::from_millis(rtt), loss, ..Case::default() };
                vary(&mut case);
                Cell::measure(case)
            };
            scope.spawn(move || (rtt, loss, columns.iter().map(cell).collect()))
        };
        let running: Vec<_> = paths.into_iter().map(row).collect();
        running.into_iter().map(|row| row.join().expect("a row")).collect()
    })
}

fn heading(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
    format!("| round trip | loss | {} |\n|---|---|{}", names.join(" | "), "---|".repeat(names.len()))
}

fn write(columns: &[Column], rows: &[Row]) -> String {
    let mut text = heading(columns);
    for (rtt, loss, cells) in rows {
        let cells: Vec<_> = cells.iter().map(Cell::to_string).collect();
        text += &format!("\n| {rtt} ms | {:.0} % | {} |", loss * 100.0, cells.join(" | "));
    }
    text
}

/// Compares what the page says with what is; with `VISAVIS_WRITE_DOCS` set, writes it.
fn check_page(columns: &[Column]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/set-up-time.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let measured = rows(columns);
    let start = page.find(&heading(columns)).expect("the table's heading");
    let end = page[start..].find("\n\n").map_or(page.trim_end().len(), |length| start + length);
    if std::env::var_os("VISAVIS_WRITE_DOCS").is_some() {
        let page = format!("{}{}{}", &page[..start], write(columns, &measured), &page[end..]);
        return std::fs::write(path, page).expect("the page is written");
    }
    let lines: Vec<_> = page[start..end].lines().skip(2).collect();
    assert_eq!(lines.len(), measured.len());
    for (line, (rtt, loss, cells)) in lines.into_iter().zip(measured) {
        let written = line.split('|').skip(3).filter_map(|cell| cell.trim().parse::<Cell>().ok());
        let written: Vec<_> = written.collect();
        assert_eq!(written.len(), cells.len(), "{line}");
        for (written, cell) in written.into_iter().zip(cells) {
            assert!(
                cell.is_like(written, loss),
                "{rtt} ms, {loss}: {cell}, and docs/set-up-time.md says {written}. If that is as it should be: \
                 VISAVIS_WRITE_DOCS=1 cargo test -p visavis-session --test setup_time"
            );
        }
    }
}

#[test]
fn the_page_says_how_long_it_takes() {
    check_page(&COLUMNS);
    check_page(&EXTENSIONS);
}

/// Nothing but the path: a round trip for ICE, one for DTLS 1.3, one for SCTP.
#[test]
fn without_loss_three_round_trips_open_a_channel_and_two_with_signalled_inits() {
    for rtt in [1, 20, 100, 300, 1000] {
        let rtt = Duration::from_millis(rtt);
        let case = Case { rtt, ..Case::default() };
        assert_eq!(measure(case, 1), [rtt * 3, rtt * 7 / 2]);
        assert_eq!(measure(Case { snap: true, ..case }, 1), [rtt * 2, rtt * 5 / 2]);
        // The ClientHello and its answer take two datagrams each, and so some checks, one Ta after the other.
        let checks = ice::AgentConfig::default().pacing * 3;
        let [sped, both] = [false, true].map(|snap| measure(Case { snap, sped: true, ..case }, 1)[0]);
        assert!(sped <= (rtt * 2 + checks).min(rtt * 3), "{rtt:?}: {sped:?}");
        assert!(both <= (rtt + checks).min(rtt * 2), "{rtt:?}: {both:?}");
    }
}
