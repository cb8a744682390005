//! Round trips.

use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;

use crate::meter::Meter;
use crate::stack::{End, Options, Stack};

const ROUND_TRIPS: usize = 20_000;

pub async fn measure<S: Stack>() -> anyhow::Result<Vec<f64>> {
    let (mut near, mut far) = S::connect(&Options::RELIABLE).await.context("connect")?;
    tokio::spawn(async move {
        while let Ok(message) = far.recv().await {
            if far.send(message).await.is_err() {
                break;
            }
        }
    });
    let ping = Bytes::from_static(&[0x42; 64]);
    let meter = Meter::start()?;
    let mut times = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        let sent = Instant::now();
        near.send(ping.clone()).await?;
        near.recv().await?;
        times.push(sent.elapsed());
    }
    let cpu = meter.cpu()?;
    times.sort_unstable();
    let at = |percent: usize| times[ROUND_TRIPS * percent / 100].as_secs_f64() * 1e6;
    Ok(vec![at(50), at(99), cpu / ROUND_TRIPS as f64 * 1e6])
}
