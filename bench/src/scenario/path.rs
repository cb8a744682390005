//! Bulk transfer over a long path.

use std::time::Duration;

use anyhow::Context as _;

use super::bulk::flood;
use crate::link::{Link, Path};
use crate::meter::peak_memory;
use crate::stack::{End, Options, Stack};

const MESSAGE: usize = 16 << 10;
/// Before the measurement: what is measured is the rate that a transfer comes to.
const WARM_UP: Duration = Duration::from_secs(5);
const LENGTH: Duration = Duration::from_secs(10);

pub async fn measure<S: Stack>(path: Path) -> anyhow::Result<Vec<f64>> {
    let options = Options { link: Some(Link::start(path)?), ..Options::RELIABLE };
    let (sender, mut receiver) = S::connect(&options).await.context("connect")?;
    tokio::spawn(flood(sender, MESSAGE));
    let begin = tokio::time::Instant::now() + WARM_UP;
    let end = begin + LENGTH;
    let mut received = 0;
    while let Ok(message) = tokio::time::timeout_at(end, receiver.recv()).await {
        let length = message.context("receive")?.len();
        if tokio::time::Instant::now() >= begin {
            received += length;
        }
    }
    Ok(vec![received as f64 * 8.0 / 1e6 / LENGTH.as_secs_f64(), peak_memory()? / 1024.0])
}
