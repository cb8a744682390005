//! The scenarios.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bytes::Bytes;

use crate::stack::{self, End, Stack};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// One-way transfer in 16 KiB messages on a reliable, ordered channel.
    Bulk,
    /// Round trips of one 64-byte message.
    PingPong,
    /// Connections from nothing to an open channel and back to nothing, one after the other.
    SetUp,
}

/// How much work a scenario does; enough for CPU time to be read in 10 ms ticks.
const BULK_BYTES: usize = 128 << 20;
const BULK_MESSAGE: usize = 16 << 10;
const BULK_LIMIT: Duration = Duration::from_secs(15);
const PINGS: usize = 5000;
const CONNECTIONS: usize = 40;

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// How much was done: bytes, round trips or connections.
    pub amount: f64,
    /// Wall time in seconds.
    pub wall: f64,
    /// CPU time of the whole process (both peers) in seconds.
    pub cpu: f64,
    /// The process' largest resident size in MiB.
    pub memory: f64,
}

impl Scenario {
    /// In the order of the tables.
    pub const ALL: [Scenario; 3] = [Scenario::Bulk, Scenario::PingPong, Scenario::SetUp];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Scenario::Bulk => "bulk",
            Scenario::PingPong => "ping-pong",
            Scenario::SetUp => "set-up",
        }
    }
}

impl Outcome {
    /// Reads the line that [`main`] prints.
    pub fn parse(line: &str) -> Option<Outcome> {
        let mut numbers = line.strip_prefix("outcome ")?.split(' ').map(|n| n.parse().ok());
        let mut next = || numbers.next()?;
        Some(Outcome { amount: next()?, wall: next()?, cpu: next()?, memory: next()? })
    }
}

/// The child process: `measure STACK SCENARIO`.
pub fn main(arguments: &[String]) -> ExitCode {
    let [name, scenario] = arguments else {
        return ExitCode::from(2);
    };
    let Some(scenario) = Scenario::ALL.into_iter().find(|known| known.name() == scenario) else {
        return ExitCode::from(2);
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match name.as_str() {
            "visavis" => measure::<stack::visavis::Visavis>(scenario).await,
            "webrtc" => measure::<stack::webrtc::Webrtc>(scenario).await,
            "str0m" => measure::<stack::str0m::Str0m>(scenario).await,
            "rustrtc" => measure::<stack::rustrtc::Rustrtc>(scenario).await,
            _ => bail!("unknown stack"),
        }
    });
    match outcome {
        Ok(Outcome { amount, wall, cpu, memory }) => {
            println!("outcome {amount} {wall} {cpu} {memory}");
            // Tearing down is not measured, and must not be able to hang the run.
            std::process::exit(0)
        }
        Err(error) => {
            eprintln!("{error:#}");
            std::process::exit(1)
        }
    }
}

async fn measure<S: Stack>(scenario: Scenario) -> anyhow::Result<Outcome> {
    match scenario {
        Scenario::Bulk => bulk::<S>().await,
        Scenario::PingPong => ping_pong::<S>().await,
        Scenario::SetUp => set_up::<S>().await,
    }
}

async fn bulk<S: Stack>() -> anyhow::Result<Outcome> {
    let (sender, mut receiver) = S::connect().await.context("connect")?;
    let meter = Meter::start()?;
    tokio::spawn(async move {
        let message = Bytes::from(vec![0x5a; BULK_MESSAGE]);
        for _ in 0..BULK_BYTES / BULK_MESSAGE {
            if sender.send(message.clone()).await.is_err() {
                break;
            }
        }
        // Dropping the end would close the connection under what is still in flight.
        std::future::pending::<()>().await;
    });
    let mut received = 0;
    let deadline = tokio::time::Instant::now() + BULK_LIMIT;
    while received < BULK_BYTES {
        match tokio::time::timeout_at(deadline, receiver.recv()).await {
            Ok(message) => received += message.context("receive")?.len(),
            Err(_) => break,
        }
    }
    meter.stop(received as f64)
}

async fn ping_pong<S: Stack>() -> anyhow::Result<Outcome> {
    let (mut near, mut far) = S::connect().await.context("connect")?;
    tokio::spawn(async move {
        while let Ok(message) = far.recv().await {
            if far.send(message).await.is_err() {
                break;
            }
        }
    });
    let ping = Bytes::from_static(&[0x42; 64]);
    let meter = Meter::start()?;
    for _ in 0..PINGS {
        near.send(ping.clone()).await?;
        near.recv().await?;
    }
    meter.stop(PINGS as f64)
}

async fn set_up<S: Stack>() -> anyhow::Result<Outcome> {
    let meter = Meter::start()?;
    for _ in 0..CONNECTIONS {
        let (a, b) = S::connect().await.context("connect")?;
        a.close().await;
        b.close().await;
    }
    meter.stop(CONNECTIONS as f64)
}

struct Meter {
    started: Instant,
    cpu: f64,
}

impl Meter {
    fn start() -> anyhow::Result<Meter> {
        Ok(Meter { started: Instant::now(), cpu: cpu_seconds()? })
    }

    fn stop(self, amount: f64) -> anyhow::Result<Outcome> {
        let wall = self.started.elapsed().as_secs_f64();
        Ok(Outcome { amount, wall, cpu: cpu_seconds()? - self.cpu, memory: peak_memory()? })
    }
}

/// User and system time of this process, from `/proc/self/stat` in ticks of 10 ms.
fn cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(')').context("stat")?.1;
    let ticks: f64 = fields.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}

/// The largest resident size so far, in MiB.
fn peak_memory() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    let kib: f64 = line.split_whitespace().next().context("VmHWM")?.parse()?;
    Ok(kib / 1024.0)
}
