//! What is measured. A child process measures one scenario of one stack once.

mod bulk;
mod idle;
mod path;
mod ping_pong;
mod set_up;
mod small;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;

use crate::link::Path;
use crate::stack::{self, Stack};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// One way on a reliable, ordered channel, in messages of so many bytes.
    Bulk(usize),
    /// Messages of 100 bytes one way, reliable and ordered or neither.
    Small {
        /// Both.
        reliable: bool,
    },
    /// Round trips of one 64-byte message.
    PingPong,
    /// One way over a path of 100 Mbit/s: the delay each way in milliseconds, and how many of a million datagrams are lost.
    Path(u64, u32),
    /// Connections from nothing to an open channel, so many at once.
    SetUp(usize),
    /// Connections that are open and have nothing to say.
    Idle,
}

/// A column of a table.
pub struct Column {
    /// Its head.
    pub title: &'static str,
    /// How ours is compared with the best of the others, if it is.
    pub better: Option<Better>,
}

/// Which of two figures is the better one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Better {
    More,
    Less,
}

const fn more(title: &'static str) -> Column {
    Column { title, better: Some(Better::More) }
}

const fn less(title: &'static str) -> Column {
    Column { title, better: Some(Better::Less) }
}

const fn plain(title: &'static str) -> Column {
    Column { title, better: None }
}

impl Scenario {
    /// In the order of the tables.
    pub fn all() -> impl Iterator<Item = Scenario> {
        let paths = [(25, 0), (25, 1_000), (25, 10_000), (25, 50_000), (50, 0)];
        [Scenario::Bulk(65_536), Scenario::Bulk(1_200)]
            .into_iter()
            .chain([true, false].map(|reliable| Scenario::Small { reliable }))
            .chain([Scenario::PingPong])
            .chain(paths.map(|(delay, loss)| Scenario::Path(delay, loss)))
            .chain([Scenario::SetUp(1), Scenario::SetUp(32), Scenario::Idle])
    }

    /// As on the command line and above its table.
    pub fn name(self) -> String {
        match self {
            Scenario::Bulk(size) => format!("bulk, {size} bytes"),
            Scenario::Small { reliable: true } => "small, reliable".to_owned(),
            Scenario::Small { reliable: false } => "small, unreliable".to_owned(),
            Scenario::PingPong => "ping-pong".to_owned(),
            Scenario::Path(delay, loss) => {
                format!("path, 100 Mbit/s, {delay} ms each way, {} % loss", f64::from(loss) / 10_000.0)
            }
            Scenario::SetUp(1) => "set-up, one after the other".to_owned(),
            Scenario::SetUp(count) => format!("set-up, {count} at once"),
            Scenario::Idle => "idle".to_owned(),
        }
    }

    /// What its figures are, in their order.
    pub fn columns(self) -> &'static [Column] {
        const BULK: &[Column] = &[more("MB/s"), less("CPU s/GB"), plain("peak MiB")];
        const SMALL: &[Column] =
            &[more("thousand/s"), less("CPU us each"), plain("lost %"), plain("peak MiB")];
        const PING_PONG: &[Column] = &[less("p50 us"), less("p99 us"), less("CPU us")];
        const PATH: &[Column] = &[more("Mbit/s"), plain("peak MiB")];
        const SET_UP: &[Column] = &[less("ms"), less("CPU ms a pair"), more("pairs/s")];
        const IDLE: &[Column] = &[less("KiB a connection"), less("CPU ms a connection and minute")];
        match self {
            Scenario::Bulk(_) => BULK,
            Scenario::Small { .. } => SMALL,
            Scenario::PingPong => PING_PONG,
            Scenario::Path(..) => PATH,
            Scenario::SetUp(_) => SET_UP,
            Scenario::Idle => IDLE,
        }
    }

    /// Whether there is a program that measures it on this stack. Those in other languages are timed by themselves.
    pub fn runs_on(self, name: &str) -> bool {
        let own_program = stack::program(name).is_some();
        !own_program || matches!(self, Scenario::Bulk(_) | Scenario::Small { .. } | Scenario::PingPong)
    }
}

/// The child process: `measure STACK SCENARIO`.
pub fn main(arguments: &[String]) -> ExitCode {
    let [name, scenario] = arguments else { return ExitCode::from(2) };
    let Some(scenario) = Scenario::all().find(|known| known.name() == *scenario) else {
        return ExitCode::from(2);
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let figures = runtime.block_on(async {
        match name.as_str() {
            "visavis" => measure::<stack::visavis::Visavis<false>>(scenario).await,
            "visavis-runtime" => measure::<stack::visavis::Visavis<true>>(scenario).await,
            "webrtc" | "webrtc-buffers" => measure::<stack::webrtc::Webrtc>(scenario).await,
            "str0m" => measure::<stack::str0m::Str0m>(scenario).await,
            "rustrtc" => measure::<stack::rustrtc::Rustrtc>(scenario).await,
            _ => bail!("unknown stack"),
        }
    });
    match figures {
        Ok(figures) => {
            let figures: Vec<String> = figures.iter().map(f64::to_string).collect();
            println!("figures {}", figures.join(" "));
            // Tearing down is not measured, and must not be able to hang the run.
            std::process::exit(0)
        }
        Err(error) => {
            eprintln!("{error:#}");
            std::process::exit(1)
        }
    }
}

async fn measure<S: Stack>(scenario: Scenario) -> anyhow::Result<Vec<f64>> {
    match scenario {
        Scenario::Bulk(size) => bulk::measure::<S>(size).await,
        Scenario::Small { reliable } => small::measure::<S>(reliable).await,
        Scenario::PingPong => ping_pong::measure::<S>().await,
        Scenario::Path(delay, loss) => {
            let path = Path { rate: 100_000_000, delay: Duration::from_millis(delay), loss };
            path::measure::<S>(path).await
        }
        Scenario::SetUp(at_once) => set_up::measure::<S>(at_once).await,
        Scenario::Idle => idle::measure::<S>().await,
    }
}
