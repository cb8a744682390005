//! The measurements.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};
use visavis::{RtcDataChannel, RtcDataChannelInit, RtcMessage, RtcPeerConnection};

use super::report::Reporter;
use crate::echo::{DOWNLOAD, UPLOAD};
use crate::{Failure, clock};

/// Size of an upload's messages, unless the server takes smaller ones only.
const PIECE: usize = 64 * 1024;
/// More than a download can take: the channel is closed when its time is over.
const DOWNLOAD_BYTES: u64 = 1 << 40;
/// Longest wait for a single message.
const SILENCE: Duration = Duration::from_secs(10);

/// What moved in how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Throughput {
    /// Bytes of payload.
    pub(super) bytes: u64,
    /// The time that they took.
    pub(super) elapsed: Duration,
}

impl Throughput {
    /// Bits per second.
    pub(super) fn bits_per_second(self) -> f64 {
        self.bytes as f64 * 8.0 / self.elapsed.as_secs_f64().max(1e-6)
    }
}

/// Sends `count` messages, each after the one before came back; how long each took.
pub(super) async fn pings(channel: &RtcDataChannel, count: u32) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::new();
    for number in 0..count {
        let sent = clock::now();
        channel.send_text(number.to_string()).map_err(|error| error.to_string())?;
        match receive(channel).await? {
            RtcMessage::Text(text) if text == number.to_string() => times.push(clock::now() - sent),
            _ => return Err("the server sent back something else than what it got".into()),
        }
    }
    Ok(times)
}

/// Sends for as long as `duration`; what the server says that it got.
pub(super) async fn upload(
    pc: &RtcPeerConnection,
    duration: Duration,
    reporter: &Reporter,
) -> Result<Throughput, Failure> {
    let channel = open(pc, UPLOAD).await?;
    let limit =
        pc.sctp().and_then(|sctp| sctp.max_message_size()).and_then(|limit| usize::try_from(limit).ok());
    let piece = Bytes::from(vec![0xaa; limit.unwrap_or(PIECE).clamp(1, PIECE)]);
    let started = clock::now();
    let mut sent = 0;
    let mut confirmed = 0;
    let mut ended = false;
    while !ended || confirmed < sent {
        tokio::select! {
            biased;
            report = receive(&channel) => confirmed = confirmed_bytes(&report?)?,
            ready = channel.ready(), if !ended => {
                ready.map_err(|error| error.to_string())?;
                ended = clock::now() - started >= duration;
                if ended {
                    channel.send_text("total").map_err(|error| error.to_string())?;
                } else {
                    channel.send(piece.clone()).map_err(|error| error.to_string())?;
                    sent += piece.len() as u64;
                }
            }
        }
        reporter.progress("upload", moved(confirmed, started), duration);
    }
    Ok(moved(confirmed, started))
}

/// The N of `{"bytes":N}`.
fn confirmed_bytes(message: &RtcMessage) -> Result<u64, Failure> {
    let RtcMessage::Text(text) = message else { return Err("the server's report is not text".into()) };
    let report: Value = serde_json::from_str(text).unwrap_or_default();
    report["bytes"].as_u64().ok_or_else(|| "the server's report cannot be read".into())
}

/// Receives for as long as `duration`, from the first message on.
pub(super) async fn download(
    pc: &RtcPeerConnection,
    duration: Duration,
    reporter: &Reporter,
) -> Result<Throughput, Failure> {
    let channel = open(pc, DOWNLOAD).await?;
    channel.send_text(json!({ "bytes": DOWNLOAD_BYTES }).to_string()).map_err(|error| error.to_string())?;
    // Not counted: what comes before it is latency.
    receive(&channel).await?;
    let started = clock::now();
    let mut bytes = 0;
    while clock::now() - started < duration {
        bytes += receive(&channel).await?.len() as u64;
        reporter.progress("download", moved(bytes, started), duration);
    }
    channel.close();
    Ok(moved(bytes, started))
}

fn moved(bytes: u64, since: Instant) -> Throughput {
    Throughput { bytes, elapsed: clock::now() - since }
}

async fn open(pc: &RtcPeerConnection, protocol: &str) -> Result<RtcDataChannel, Failure> {
    let init = RtcDataChannelInit { protocol: protocol.into(), ..Default::default() };
    let channel = pc.create_data_channel("speed", init).map_err(|error| error.to_string())?;
    channel.ready().await.map_err(|error| error.to_string())?;
    Ok(channel)
}

async fn receive(channel: &RtcDataChannel) -> Result<RtcMessage, Failure> {
    let message = tokio::time::timeout(SILENCE, channel.recv());
    let message = message.await.map_err(|_| format!("nothing came for {} s", SILENCE.as_secs()))?;
    message.ok_or_else(|| "the server closed the channel".into())
}
