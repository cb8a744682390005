//! What happens on a data channel: echo, or one half of a speed test if the channel's subprotocol asks for it.
//!
//! Each task reads the next message only when its channel has room for an answer, so that a peer that does not read
//! is not read from either: unread messages close the receive window.

use bytes::Bytes;
use serde_json::{Value, json};
use visavis::{RtcDataChannel, RtcMessage, RtcPeerConnection};

/// The subprotocol of channels on which the server sends what it is asked for.
pub(crate) const DOWNLOAD: &str = "visavis-download";
/// The subprotocol of channels on which the server counts what it gets.
pub(crate) const UPLOAD: &str = "visavis-upload";
/// Size of a download's messages, unless the peer takes smaller ones only.
const PIECE: usize = 64 * 1024;
/// Bytes between two reports about an upload.
const REPORT_EVERY: u64 = 256 * 1024;

/// Serves one channel until it closes.
pub(super) async fn serve(channel: RtcDataChannel, pc: RtcPeerConnection) {
    match channel.protocol() {
        DOWNLOAD => {
            let limit = pc.sctp().and_then(|sctp| sctp.max_message_size()).unwrap_or(u64::MAX);
            // The handle would keep the connection open.
            drop(pc);
            download(&channel, usize::try_from(limit).unwrap_or(PIECE).clamp(1, PIECE)).await;
        }
        UPLOAD => {
            drop(pc);
            upload(&channel).await;
        }
        _ => {
            drop(pc);
            echo(&channel).await;
        }
    }
    channel.close();
}

/// Sends back what comes, as it came.
async fn echo(channel: &RtcDataChannel) {
    while channel.ready().await.is_ok() {
        let Some(message) = channel.recv().await else { return };
        // Refused: the channel closed meanwhile, or the peer does not take back what it sent (its own limit is
        // below what it sent). The channel closes, so that it shows.
        if channel.send_message(message).is_err() {
            return;
        }
    }
}

/// Sends N bytes for each `{"bytes":N}`.
async fn download(channel: &RtcDataChannel, piece: usize) {
    let piece = Bytes::from(vec![0x55; piece]);
    while let Some(message) = channel.recv().await {
        let Some(mut left) = requested(&message) else { return };
        while left > 0 {
            let length = left.min(piece.len() as u64);
            if channel.ready().await.is_err() || channel.send(piece.slice(..length as usize)).is_err() {
                return;
            }
            left -= length;
        }
    }
}

/// The N of `{"bytes":N}`.
fn requested(message: &RtcMessage) -> Option<u64> {
    let RtcMessage::Text(text) = message else { return None };
    serde_json::from_str::<Value>(text).ok()?.get("bytes")?.as_u64()
}

/// Counts, and reports the count.
async fn upload(channel: &RtcDataChannel) {
    let mut total = 0;
    let mut reported = 0;
    while channel.ready().await.is_ok() {
        let Some(message) = channel.recv().await else { return };
        let asked = match message {
            RtcMessage::Binary(bytes) => {
                total += bytes.len() as u64;
                false
            }
            RtcMessage::Text(_) => true,
        };
        if asked || total - reported >= REPORT_EVERY {
            reported = total;
            if channel.send_text(json!({ "bytes": total }).to_string()).is_err() {
                return;
            }
        }
    }
}
