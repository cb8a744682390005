//! `RTCStatsReport`.

use napi::Env;
use napi::bindgen_prelude::{Array, Null, Object};
use peer::{
    CandidatePairStats, IceCandidateStats, OutboundRtpStats, StatsReport, StatsValue, TransportStats,
};

/// Sets members; 64-bit counters become numbers.
macro_rules! members {
    ($object:ident, $($name:literal: $value:expr),+ $(,)?) => {
        $($object.set($name, $value)?;)+
    };
}

/// Sets members that are there.
macro_rules! optional_members {
    ($object:ident, $($name:literal: $value:expr),+ $(,)?) => {
        $(if let Some(value) = $value { $object.set($name, value)?; })+
    };
}

/// A report's entries: W3C's dictionaries.
pub(crate) fn to_js(env: &Env, report: StatsReport) -> napi::Result<Array<'_>> {
    let mut list = env.create_array(0)?;
    for (id, value) in report.entries {
        let mut object = Object::new(env)?;
        members!(object, "id": id, "timestamp": report.timestamp, "type": value.kind());
        describe(&mut object, value)?;
        list.insert(object)?;
    }
    Ok(list)
}

fn describe(object: &mut Object<'_>, value: StatsValue) -> napi::Result<()> {
    match value {
        StatsValue::PeerConnection(stats) => {
            members!(object,
                "dataChannelsOpened": stats.data_channels_opened as f64,
                "dataChannelsClosed": stats.data_channels_closed as f64,
            );
        }
        StatsValue::Transport(stats) => transport(object, stats)?,
        StatsValue::CandidatePair(stats) => candidate_pair(object, stats)?,
        StatsValue::LocalCandidate(stats) | StatsValue::RemoteCandidate(stats) => candidate(object, stats)?,
        StatsValue::Certificate(stats) => {
            members!(object,
                "fingerprint": stats.fingerprint,
                "fingerprintAlgorithm": stats.fingerprint_algorithm,
                "base64Certificate": stats.base64_certificate,
            );
            optional_members!(object, "issuerCertificateId": stats.issuer_certificate_id);
        }
        StatsValue::DataChannel(stats) => {
            members!(object,
                "label": stats.label,
                "protocol": stats.protocol,
                "state": stats.state.as_str(),
                "messagesSent": stats.messages_sent as f64,
                "bytesSent": stats.bytes_sent as f64,
                "messagesReceived": stats.messages_received as f64,
                "bytesReceived": stats.bytes_received as f64,
            );
            optional_members!(object, "dataChannelIdentifier": stats.data_channel_identifier.map(u32::from));
        }
        StatsValue::Codec(stats) => {
            members!(object,
                "payloadType": u32::from(stats.payload_type),
                "transportId": stats.transport_id,
                "mimeType": stats.mime_type,
                "clockRate": stats.clock_rate,
            );
            optional_members!(object,
                "channels": stats.channels.map(u32::from),
                "sdpFmtpLine": stats.sdp_fmtp_line,
            );
        }
        StatsValue::OutboundRtp(stats) => outbound(object, stats)?,
        StatsValue::MediaSource(stats) => {
            members!(object, "trackIdentifier": stats.track_identifier, "kind": stats.kind.as_str());
            optional_members!(object,
                "totalAudioEnergy": stats.total_audio_energy,
                "totalSamplesDuration": stats.total_samples_duration,
                "frames": stats.frames,
            );
        }
        _ => {}
    }
    Ok(())
}

fn transport(object: &mut Object<'_>, stats: TransportStats) -> napi::Result<()> {
    members!(object,
        "packetsSent": stats.packets_sent as f64,
        "packetsReceived": stats.packets_received as f64,
        "bytesSent": stats.bytes_sent as f64,
        "bytesReceived": stats.bytes_received as f64,
        "dtlsState": stats.dtls_state.as_str(),
        "iceState": stats.ice_state.as_str(),
        "dtlsRole": match stats.dtls_role {
            Some(dtls::Role::Client) => "client",
            Some(dtls::Role::Server) => "server",
            None => "unknown",
        },
        "selectedCandidatePairChanges": stats.selected_candidate_pair_changes,
    );
    optional_members!(object,
        "iceRole": stats.ice_role.map(peer::IceRole::as_str),
        "iceLocalUsernameFragment": stats.ice_local_username_fragment,
        "selectedCandidatePairId": stats.selected_candidate_pair_id,
        "localCertificateId": stats.local_certificate_id,
        "remoteCertificateId": stats.remote_certificate_id,
        "tlsVersion": stats.tls_version,
        "dtlsCipher": stats.dtls_cipher,
        "srtpCipher": stats.srtp_cipher,
    );
    Ok(())
}

fn candidate_pair(object: &mut Object<'_>, stats: CandidatePairStats) -> napi::Result<()> {
    members!(object,
        "transportId": stats.transport_id,
        "localCandidateId": stats.local_candidate_id,
        "remoteCandidateId": stats.remote_candidate_id,
        "state": pair_state(stats.state),
        "nominated": stats.nominated,
        "packetsSent": stats.packets_sent as f64,
        "packetsReceived": stats.packets_received as f64,
        "bytesSent": stats.bytes_sent as f64,
        "bytesReceived": stats.bytes_received as f64,
        "totalRoundTripTime": stats.total_round_trip_time,
        "requestsSent": stats.requests_sent as f64,
        "requestsReceived": stats.requests_received as f64,
        "responsesSent": stats.responses_sent as f64,
        "responsesReceived": stats.responses_received as f64,
        "consentRequestsSent": stats.consent_requests_sent as f64,
    );
    optional_members!(object,
        "lastPacketSentTimestamp": stats.last_packet_sent_timestamp,
        "lastPacketReceivedTimestamp": stats.last_packet_received_timestamp,
        "currentRoundTripTime": stats.current_round_trip_time,
    );
    Ok(())
}

fn candidate(object: &mut Object<'_>, stats: IceCandidateStats) -> napi::Result<()> {
    members!(object,
        "transportId": stats.transport_id,
        "port": u32::from(stats.port),
        "protocol": stats.protocol,
        "candidateType": candidate_type(stats.candidate_type),
        "priority": stats.priority,
    );
    match stats.address {
        Some(address) => object.set("address", address.to_string())?,
        None => object.set("address", Null)?,
    }
    optional_members!(object,
        "url": stats.url,
        "relayProtocol": stats.relay_protocol.map(ice::RelayProtocol::name),
        "foundation": stats.foundation,
        "relatedAddress": stats.related_address.map(|address| address.to_string()),
        "relatedPort": stats.related_port.map(u32::from),
        "usernameFragment": stats.username_fragment,
        "tcpType": stats.tcp_type.map(tcp_type),
    );
    Ok(())
}

fn outbound(object: &mut Object<'_>, stats: OutboundRtpStats) -> napi::Result<()> {
    members!(object,
        "ssrc": stats.ssrc,
        "kind": stats.kind.as_str(),
        "encodingIndex": stats.encoding_index,
        "active": stats.active,
        "packetsSent": stats.packets_sent as f64,
        "bytesSent": stats.bytes_sent as f64,
        "nackCount": stats.nack_count,
    );
    optional_members!(object,
        "framesEncoded": stats.frames_encoded,
        "framesSent": stats.frames_sent,
        "transportId": stats.transport_id,
        "codecId": stats.codec_id,
        "mid": stats.mid,
        "mediaSourceId": stats.media_source_id,
        "rid": stats.rid,
        "scalabilityMode": stats.scalability_mode,
    );
    Ok(())
}

/// `RTCStatsIceCandidatePairState`
fn pair_state(state: ice::PairState) -> &'static str {
    match state {
        ice::PairState::Frozen => "frozen",
        ice::PairState::Waiting => "waiting",
        ice::PairState::InProgress => "in-progress",
        ice::PairState::Succeeded => "succeeded",
        ice::PairState::Failed => "failed",
    }
}

/// `RTCIceCandidateType`
pub(crate) fn candidate_type(kind: ice::CandidateKind) -> &'static str {
    match kind {
        ice::CandidateKind::Host => "host",
        ice::CandidateKind::ServerReflexive => "srflx",
        ice::CandidateKind::PeerReflexive => "prflx",
        ice::CandidateKind::Relayed => "relay",
    }
}

/// `RTCIceTcpCandidateType`
fn tcp_type(tcp_type: ice::TcpType) -> &'static str {
    match tcp_type {
        ice::TcpType::Active => "active",
        ice::TcpType::Passive => "passive",
        ice::TcpType::SimultaneousOpen => "so",
    }
}
