//! Bulk transfer.

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;

use crate::meter::{Meter, peak_memory};
use crate::stack::{End, Options, Stack};

/// It ends with the first of both.
const BYTES: usize = 1 << 30;
const LIMIT: Duration = Duration::from_secs(5);

pub async fn measure<S: Stack>(size: usize) -> anyhow::Result<Vec<f64>> {
    let (sender, mut receiver) = S::connect(&Options::RELIABLE).await.context("connect")?;
    let meter = Meter::start()?;
    tokio::spawn(flood(sender, size));
    let mut received = 0;
    let deadline = tokio::time::Instant::now() + LIMIT;
    while received < BYTES {
        match tokio::time::timeout_at(deadline, receiver.recv()).await {
            Ok(message) => received += message.context("receive")?.len(),
            Err(_) => break,
        }
    }
    let (bytes, seconds) = (received as f64, meter.elapsed().as_secs_f64());
    Ok(vec![bytes / 1e6 / seconds, meter.cpu()? / (bytes / 1e9), peak_memory()? / 1024.0])
}

/// Sends as much as there is room for, until the connection ends.
pub async fn flood<E: End>(sender: E, size: usize) {
    let message = Bytes::from(vec![0x5a; size]);
    while sender.send(message.clone()).await.is_ok() {}
}
