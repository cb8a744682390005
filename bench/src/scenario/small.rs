//! Many small messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;

use crate::meter::{Meter, peak_memory};
use crate::stack::{End, Options, Stack};

const SIZE: usize = 100;
const LIMIT: Duration = Duration::from_secs(4);

pub async fn measure<S: Stack>(reliable: bool) -> anyhow::Result<Vec<f64>> {
    let options = if reliable { Options::RELIABLE } else { Options::UNRELIABLE };
    let (sender, mut receiver) = S::connect(&options).await.context("connect")?;
    let sent = Arc::new(AtomicU64::new(0));
    let meter = Meter::start()?;
    let counter = Arc::clone(&sent);
    tokio::spawn(async move {
        let message = Bytes::from(vec![0x5a; SIZE]);
        while sender.send(message.clone()).await.is_ok() {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut received = 0_u64;
    let deadline = tokio::time::Instant::now() + LIMIT;
    while let Ok(message) = tokio::time::timeout_at(deadline, receiver.recv()).await {
        message.context("receive")?;
        received += 1;
    }
    let (seconds, cpu) = (meter.elapsed().as_secs_f64(), meter.cpu()?);
    // What was on its way at the end counts as lost, a fraction of a percent.
    let lost = 1.0 - received as f64 / sent.load(Ordering::Relaxed).max(received) as f64;
    let lost = if reliable { 0.0 } else { lost * 100.0 };
    Ok(vec![received as f64 / 1e3 / seconds, cpu / received as f64 * 1e6, lost, peak_memory()? / 1024.0])
}
