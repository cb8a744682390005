//! Walks the counters, read-only.

use std::collections::BTreeMap;
use std::time::Instant;

use base::WallClock;

use super::{DataChannelStats, Ids, PeerConnectionStats, StatsReport, StatsValue};
use crate::PeerConnection;

/// What becomes a report.
pub(super) struct Collector<'a> {
    pub(super) ids: &'a Ids,
    pub(super) clock: WallClock,
    pub(super) entries: BTreeMap<String, StatsValue>,
}

impl Collector<'_> {
    pub(super) fn add(&mut self, id: String, value: StatsValue) {
        self.entries.entry(id).or_insert(value);
    }

    /// A `DOMHighResTimeStamp` of a wall clock that never goes back: it was read once.
    pub(super) fn timestamp(&self, at: Instant) -> f64 {
        self.clock.at(at).as_secs_f64() * 1000.0
    }
}

impl PeerConnection {
    /// `getStats()`, at once.
    pub fn stats(&self, now: Instant) -> StatsReport {
        let mut collector =
            Collector { ids: self.stats_ids(), clock: self.wall_clock(), entries: BTreeMap::new() };
        self.collect_connection(&mut collector);
        self.collect_transports(&mut collector);
        self.collect_streams(&mut collector);
        let timestamp = collector.timestamp(now);
        StatsReport { timestamp, entries: collector.entries.into_iter().collect() }
    }

    fn collect_connection(&self, collector: &mut Collector<'_>) {
        let counters = self.counters();
        collector.add(
            collector.ids.peer_connection(),
            StatsValue::PeerConnection(PeerConnectionStats {
                data_channels_opened: counters.data_channels_opened,
                data_channels_closed: counters.data_channels_closed,
            }),
        );
        for (id, channel) in self.data_channels().iter() {
            let stats = channel.stats;
            let value = DataChannelStats {
                label: channel.view.label.clone(),
                protocol: channel.view.protocol.clone(),
                data_channel_identifier: channel.view.id,
                state: channel.view.ready_state,
                messages_sent: stats.messages_sent,
                bytes_sent: stats.bytes_sent,
                messages_received: stats.messages_received,
                bytes_received: stats.bytes_received,
            };
            collector.add(collector.ids.data_channel(id), StatsValue::DataChannel(value));
        }
    }
}
