//! The stats selection algorithm
//! ([webrtc-pc, section 8.5](https://www.w3.org/TR/webrtc/#dfn-stats-selection-algorithm)).

use std::collections::BTreeSet;
use std::time::Instant;

use crate::{Error, PeerConnection, TransceiverId};

use super::{StatsReport, StatsValue};

/// What `getStats()` is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StatsSelector {
    /// The whole connection: `null`.
    #[default]
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
    /// receiver is about its RTP streams and what they refer to; it is empty before there is one.
    ///
    /// # Errors
    /// `InvalidAccessError`: not exactly one sender or receiver has the track, or there never was such a transceiver.
    pub fn selected_stats(&self, now: Instant, selector: &StatsSelector) -> Result<StatsReport, Error> {
        // The algorithm's step 2.
        let mut report = self.stats(now);
        let selected = match selector {
            StatsSelector::Connection => return Ok(report),
            StatsSelector::Track(track) => self.selected_by(track)?,
            selector => selector.clone(),
        };
        let is_known = |id: TransceiverId| match self.transceiver(id) {
            Some(_) => Ok(()),
            None => Err(Error::invalid_access("there is no such transceiver")),
        };
        match selected {
            // Step 3.
            StatsSelector::Sender(id) => {
                is_known(id)?;
                report.retain_referenced(self.outbound_ids(id));
            }
            // Step 4. No transport carries RTP yet, so nothing is received.
            StatsSelector::Receiver(id) => {
                is_known(id)?;
                report.entries.clear();
            }
            StatsSelector::Connection | StatsSelector::Track(_) => {}
        }
        Ok(report)
    }

    /// getStats(), step 4.
    fn selected_by(&self, track: &str) -> Result<StatsSelector, Error> {
        let users = |id: TransceiverId| {
            let view = self.transceiver(id)?;
            let is_sent = view.sender.track.is_some_and(|sent| sent.id == track);
            let is_received = view.receiver.track.id == track;
            let sender = is_sent.then_some(StatsSelector::Sender(id));
            Some([sender, is_received.then_some(StatsSelector::Receiver(id))])
        };
        let mut users = self.transceivers().into_iter().filter_map(users).flatten().flatten();
        match (users.next(), users.next()) {
            (Some(selector), None) => Ok(selector),
            _ => Err(Error::invalid_access("not exactly one sender or receiver has this track")),
        }
    }
}

impl StatsReport {
    /// Leaves the objects of these ids, and whatever they refer to, directly or not.
    fn retain_referenced(&mut self, mut waiting: Vec<String>) {
        let mut wanted = BTreeSet::new();
        // Every object is looked at once.
        while let Some(id) = waiting.pop() {
            let references = self.get(&id).map(StatsValue::references).unwrap_or_default();
            waiting.extend(references.into_iter().filter(|id| !wanted.contains(*id)).map(str::to_owned));
            wanted.insert(id);
        }
        self.entries.retain(|(id, _)| wanted.contains(id));
    }
}
