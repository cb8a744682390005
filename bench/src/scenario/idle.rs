//! Connections with nothing to do.

use std::time::Duration;

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::meter::{Meter, memory};
use crate::stack::{Options, Stack};

const PAIRS: usize = 500;
const AT_ONCE: usize = 16;
/// What set-up leaves behind may settle.
const SETTLE: Duration = Duration::from_secs(3);
const LENGTH: Duration = Duration::from_secs(10);

pub async fn measure<S: Stack>() -> anyhow::Result<Vec<f64>> {
    // The first pair brings what all share.
    let first = S::connect(&Options::RELIABLE).await.context("connect")?;
    let before = memory()?;
    let mut running = JoinSet::new();
    let mut pairs = Vec::with_capacity(PAIRS);
    for _ in 0..PAIRS {
        if running.len() == AT_ONCE {
            pairs.push(running.join_next().await.context("a pair")???);
        }
        running.spawn(async { S::connect(&Options::RELIABLE).await });
    }
    while let Some(pair) = running.join_next().await {
        pairs.push(pair??);
    }
    tokio::time::sleep(SETTLE).await;
    let connections = (PAIRS * 2) as f64;
    let kibibytes = (memory()? - before) / connections;
    let meter = Meter::start()?;
    tokio::time::sleep(LENGTH).await;
    let cpu = meter.cpu()? / connections * 1e3 * (60.0 / LENGTH.as_secs_f64());
    drop((first, pairs));
    Ok(vec![kibibytes, cpu])
}
