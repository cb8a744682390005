//! The stats selection algorithm
//! ([webrtc-pc, section 8.5](https://www.w3.org/TR/webrtc/#dfn-stats-selection-algorithm)).

use std::time::Instant;

use crate::{Error, PeerConnection, TransceiverId};

use super::StatsReport;

/// What `getStats()` is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatsSelector {
    /// The whole connection: `null`.
    Connection,
    /// The one sender or receiver that has the track of this id.
    Track(String),
    /// A sender: `RTCRtpSender.getStats()`.
    Sender(TransceiverId),
    /// A receiver: `RTCRtpReceiver.getStats()`.
    Receiver(TransceiverId),
}

impl PeerConnection {
    /// `getStats()` with a selector, and `getStats()` of a sender or receiver, at once. The report of a sender or
    /// receiver is about its RTP streams and what they refer to; it is empty before there is one, and no transport
    /// carries RTP yet.
    ///
    /// # Errors
    /// `InvalidAccessError`: not exactly one sender or receiver has the track, or there never was such a transceiver.
    pub fn selected_stats(&self, now: Instant, selector: &StatsSelector) -> Result<StatsReport, Error> {
        match selector {
            StatsSelector::Connection => return Ok(self.stats(now)),
            // getStats(), step 4.
            StatsSelector::Track(id) => {
                let users =
                    self.transceivers().into_iter().filter_map(|id| self.transceiver(id)).map(|view| {
                        let is_sent = view.sender.track.is_some_and(|track| track.id == *id);
                        usize::from(is_sent) + usize::from(view.receiver.track.id == *id)
                    });
                if users.sum::<usize>() != 1 {
                    return Err(Error::invalid_access("not exactly one sender or receiver has this track"));
                }
            }
            StatsSelector::Sender(id) | StatsSelector::Receiver(id) => {
                if self.transceiver(*id).is_none() {
                    return Err(Error::invalid_access("there is no such transceiver"));
                }
            }
        }
        Ok(StatsReport { timestamp: self.wall_clock().at(now).as_secs_f64() * 1000.0, entries: Vec::new() })
    }
}
