//! What was measured, for people and for programs.

use std::cell::Cell;
use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use visavis::{RtcPeerConnection, RtcStats};

use super::measure::Throughput;
use crate::args::ConnectOptions;
use crate::{Failure, clock, echo};

/// Time between two drawings of the progress bar.
const REDRAW: Duration = Duration::from_millis(100);
/// Cells of the progress bar.
const BAR: usize = 24;

/// The result.
pub(super) struct Report {
    url: String,
    setup: Duration,
    pair: Value,
    /// Each round trip.
    pub(super) pings: Vec<Duration>,
    /// To the server.
    pub(super) upload: Option<Throughput>,
    /// From the server.
    pub(super) download: Option<Throughput>,
}

impl Report {
    /// A report about a connection that took `setup` to come up.
    pub(super) async fn new(url: &str, setup: Duration, pc: &RtcPeerConnection) -> Self {
        let report = pc.get_stats(None).await.unwrap_or_default();
        let transport = report.entries.iter().find_map(|(_, entry)| match entry {
            RtcStats::Transport(transport) => transport.selected_candidate_pair_id.as_deref(),
            _ => None,
        });
        let pair = match transport.and_then(|id| report.get(id)) {
            Some(RtcStats::CandidatePair(pair)) => json!({
                "local": echo::candidate(&report, &pair.local_candidate_id),
                "remote": echo::candidate(&report, &pair.remote_candidate_id),
            }),
            _ => Value::Null,
        };
        Report { url: url.to_owned(), setup, pair, pings: Vec::new(), upload: None, download: None }
    }

    /// Least, mean and greatest round trip in milliseconds.
    fn ping(&self) -> Option<(f64, f64, f64)> {
        let least = self.pings.iter().min()?;
        let greatest = self.pings.iter().max()?;
        let mean = self.pings.iter().sum::<Duration>() / u32::try_from(self.pings.len()).ok()?;
        Some((milliseconds(*least), milliseconds(mean), milliseconds(*greatest)))
    }

    fn to_json(&self) -> Value {
        let ping = self
            .ping()
            .map(|(min, avg, max)| json!({ "count": self.pings.len(), "min": min, "avg": avg, "max": max }));
        let throughput = |measured: Option<Throughput>| {
            measured.map(|measured| {
                json!({
                    "bytes": measured.bytes,
                    "seconds": measured.elapsed.as_secs_f64(),
                    "bitsPerSecond": measured.bits_per_second().round(),
                })
            })
        };
        json!({
            "url": self.url,
            "setupMilliseconds": milliseconds(self.setup),
            "selectedCandidatePair": self.pair,
            "pingMilliseconds": ping,
            "upload": throughput(self.upload),
            "download": throughput(self.download),
        })
    }
}

/// Says how it goes: lines for people, nothing until the end with `--json`, and a bar where there is a terminal.
pub(super) struct Reporter {
    json: bool,
    bar: bool,
    drawn: Cell<Option<Instant>>,
}

impl Reporter {
    /// A reporter to standard output.
    pub(super) fn new(options: &ConnectOptions) -> Self {
        let is_dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
        let bar = !options.json && std::io::stdout().is_terminal() && !(cfg!(unix) && is_dumb);
        Reporter { json: options.json, bar, drawn: Cell::new(None) }
    }

    /// The connection is on its way, which may take seconds.
    pub(super) fn connecting(&self) {
        if self.bar {
            let mut out = std::io::stdout().lock();
            let _ = write!(out, "connecting ...").and_then(|()| out.flush());
        }
    }

    /// Takes away what was drawn: another line follows, maybe on standard error.
    pub(super) fn clear(&self) {
        self.drawn.set(None);
        if self.bar {
            let mut out = std::io::stdout().lock();
            let _ = write!(out, "\r\x1b[K").and_then(|()| out.flush());
        }
    }

    /// The connection is up.
    pub(super) fn connected(&self, report: &Report) {
        self.clear();
        let end = |end: &Value| match end["address"].as_str() {
            Some(address) if address.contains(':') => {
                format!("[{address}]:{} {}", end["port"], word(&end["type"]))
            }
            Some(address) => format!("{address}:{} {}", end["port"], word(&end["type"])),
            None => "?".into(),
        };
        self.line(&format!(
            "connected  in {:.1} ms, {} {} to {}",
            milliseconds(report.setup),
            word(&report.pair["local"]["protocol"]),
            end(&report.pair["local"]),
            end(&report.pair["remote"]),
        ));
    }

    /// The round trips were measured.
    pub(super) fn pings(&self, report: &Report) {
        if let Some((min, avg, max)) = report.ping() {
            let count = report.pings.len();
            self.line(&format!("ping       min {min:.2} ms, avg {avg:.2} ms, max {max:.2} ms over {count}"));
        }
    }

    /// A throughput is being measured.
    pub(super) fn progress(&self, name: &str, so_far: Throughput, whole: Duration) {
        let now = clock::now();
        if !self.bar || self.drawn.get().is_some_and(|drawn| now - drawn < REDRAW) {
            return;
        }
        self.drawn.set(Some(now));
        let share = (so_far.elapsed.as_secs_f64() / whole.as_secs_f64()).min(1.0);
        let full = (share * BAR as f64).round() as usize;
        let bar = format!("{}{}", "█".repeat(full), "░".repeat(BAR - full));
        let mut out = std::io::stdout().lock();
        let _ = write!(out, "\r{name:<10} {bar} {}\x1b[K", rate(so_far)).and_then(|()| out.flush());
    }

    /// A throughput was measured.
    pub(super) fn throughput(&self, name: &str, measured: Option<Throughput>) {
        self.clear();
        if let Some(measured) = measured {
            let megabytes = measured.bytes as f64 / 1e6;
            let seconds = measured.elapsed.as_secs_f64();
            self.line(&format!("{name:<10} {} ({megabytes:.1} MB in {seconds:.2} s)", rate(measured)));
        }
    }

    /// All was measured.
    pub(super) fn finish(&self, report: Report) -> Result<(), Failure> {
        if self.json { crate::print(&format!("{:#}\n", report.to_json())) } else { Ok(()) }
    }

    fn line(&self, text: &str) {
        if !self.json {
            let _ = crate::print(&format!("{text}\n"));
        }
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn rate(measured: Throughput) -> String {
    format!("{:.1} Mbit/s", measured.bits_per_second() / 1e6)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
