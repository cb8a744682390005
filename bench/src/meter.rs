//! Time, processor time and memory of this process.

use std::time::{Duration, Instant};

use anyhow::Context as _;

/// From [`Meter::start`] on.
pub struct Meter {
    started: Instant,
    cpu: f64,
}

impl Meter {
    /// Starts now.
    pub fn start() -> anyhow::Result<Meter> {
        Ok(Meter { started: Instant::now(), cpu: cpu_seconds()? })
    }

    /// Wall time.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Seconds of processor time of the whole process: both peers.
    pub fn cpu(&self) -> anyhow::Result<f64> {
        Ok(cpu_seconds()? - self.cpu)
    }
}

/// User and system time of this process, from `/proc/self/stat` in ticks of 10 ms.
fn cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(')').context("stat")?.1;
    let ticks: f64 = fields.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}

/// The largest resident size so far, in KiB.
pub fn peak_memory() -> anyhow::Result<f64> {
    status("VmHWM:")
}

/// The resident size now, in KiB.
pub fn memory() -> anyhow::Result<f64> {
    status("VmRSS:")
}

fn status(field: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).context("status")?;
    Ok(line.split_whitespace().next().context("status")?.parse()?)
}
