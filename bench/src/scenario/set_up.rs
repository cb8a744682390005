//! Connections.

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::meter::Meter;
use crate::stack::{End, Options, Stack};

const PAIRS: usize = 64;

pub async fn measure<S: Stack>(at_once: usize) -> anyhow::Result<Vec<f64>> {
    let meter = Meter::start()?;
    let mut times = Vec::with_capacity(PAIRS);
    let mut running = JoinSet::new();
    for _ in 0..PAIRS {
        if running.len() == at_once {
            times.push(running.join_next().await.context("a pair")???);
        }
        running.spawn(pair::<S>());
    }
    while let Some(time) = running.join_next().await {
        times.push(time??);
    }
    let (wall, cpu) = (meter.elapsed().as_secs_f64(), meter.cpu()?);
    times.sort_by(f64::total_cmp);
    Ok(vec![times[PAIRS / 2], cpu / PAIRS as f64 * 1e3, PAIRS as f64 / wall])
}

/// Milliseconds from nothing to an open channel.
async fn pair<S: Stack>() -> anyhow::Result<f64> {
    let meter = Meter::start()?;
    let (a, b) = S::connect(&Options::RELIABLE).await.context("connect")?;
    let time = meter.elapsed().as_secs_f64() * 1e3;
    a.close().await;
    b.close().await;
    Ok(time)
}
