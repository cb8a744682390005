//! RTP streams, their codecs and their sources.

use super::collect::Collector;
use super::{CodecStats, MediaSourceStats, OutboundRtpStats, StatsValue};
use crate::rtp::is_resilience;
use crate::transceiver::Transceiver;
use crate::{CodecParameters, EncodingParameters, MediaKind, PeerConnection, TransceiverId};

impl PeerConnection {
    pub(super) fn collect_streams(&self, collector: &mut Collector<'_>) {
        for transceiver in self.transceiver_set().iter() {
            collector.add_source(transceiver);
            for (index, encoding) in outbound(transceiver) {
                collector.add_outbound(transceiver, index, encoding);
            }
        }
    }

    /// The ids of the streams that a sender sends.
    pub(super) fn outbound_ids(&self, id: TransceiverId) -> Vec<String> {
        let transceiver = self.transceiver_set().get(id);
        let encodings = transceiver.into_iter().flat_map(outbound);
        encodings.map(|(index, encoding)| self.stats_ids().outbound(id, &name(index, encoding))).collect()
    }
}

/// webrtc-stats, the lifetime of RTP monitored objects: from the negotiation that lets the sender send, until the
/// transceiver is stopped or the encoding is gone.
fn outbound(transceiver: &Transceiver) -> impl Iterator<Item = (usize, &EncodingParameters)> {
    let exists = transceiver.sender.has_ever_sent && !transceiver.stopped;
    transceiver.sender.encodings.iter().enumerate().filter(move |_| exists)
}

/// What an encoding is told by from the others of its sender.
fn name(index: usize, encoding: &EncodingParameters) -> String {
    encoding.rid.clone().unwrap_or_else(|| format!("#{index}"))
}

/// The codec of an encoding: the one that was chosen for it, else the first that carries media.
fn codec_of<'a>(transceiver: &'a Transceiver, encoding: &EncodingParameters) -> Option<&'a CodecParameters> {
    let codecs = &transceiver.sender.send_codecs;
    let chosen = encoding.codec.as_ref();
    let chosen = chosen.and_then(|chosen| codecs.iter().find(|codec| codec.codec == *chosen));
    chosen.or_else(|| codecs.iter().find(|codec| !is_resilience(&codec.codec)))
}

impl Collector<'_> {
    /// webrtc-stats, RTCMediaSourceStats: there while a sender has the track.
    fn add_source(&mut self, transceiver: &Transceiver) {
        let Some(track) = &transceiver.sender.track else { return };
        let is_audio = track.kind == MediaKind::Audio;
        // webrtc-stats, guidelines for implementing stats objects: a sum of what was not sampled yet is zero.
        let value = MediaSourceStats {
            track_identifier: track.id.clone(),
            kind: track.kind,
            total_audio_energy: is_audio.then_some(0.0),
            total_samples_duration: is_audio.then_some(0.0),
            frames: (!is_audio).then_some(0),
        };
        self.add(self.ids.media_source(&track.id), StatsValue::MediaSource(value));
    }

    fn add_outbound(&mut self, transceiver: &Transceiver, index: usize, encoding: &EncodingParameters) {
        let (sender, name) = (&transceiver.sender, name(index, encoding));
        let codec = codec_of(transceiver, encoding).zip(sender.transport);
        let codec_id = codec.map(|(codec, transport)| {
            let id = self.ids.codec(transport, codec);
            let CodecParameters { payload_type, codec } = codec.clone();
            let value = CodecStats {
                payload_type,
                transport_id: self.ids.transport(transport),
                mime_type: codec.mime_type,
                clock_rate: codec.clock_rate,
                channels: codec.channels,
                sdp_fmtp_line: codec.sdp_fmtp_line,
            };
            self.add(id.clone(), StatsValue::Codec(value));
            id
        });
        let of_video = (transceiver.kind == MediaKind::Video).then_some(0);
        let value = OutboundRtpStats {
            ssrc: self.ids.ssrc(transceiver.id, &name),
            kind: transceiver.kind,
            transport_id: sender.transport.map(|transport| self.ids.transport(transport)),
            codec_id,
            mid: transceiver.mid.clone(),
            media_source_id: sender.track.as_ref().map(|track| self.ids.media_source(&track.id)),
            rid: encoding.rid.clone(),
            encoding_index: u32::try_from(index).unwrap_or(u32::MAX),
            active: encoding.active,
            scalability_mode: encoding.scalability_mode.clone(),
            // There is no media engine yet.
            packets_sent: 0,
            bytes_sent: 0,
            nack_count: 0,
            frames_encoded: of_video,
            frames_sent: of_video,
        };
        self.add(self.ids.outbound(transceiver.id, &name), StatsValue::OutboundRtp(value));
    }
}
