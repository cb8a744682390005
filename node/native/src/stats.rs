//! `RTCStatsReport`.

use napi::Env;
use napi::bindgen_prelude::{Array, Object};
use peer::{IceCandidateStats, StatsReport, StatsValue};

/// Sets the members that are there; 64-bit counters become numbers.
macro_rules! members {
    ($object:ident, $($name:literal: $value:expr),+ $(,)?) => {
        $($object.set($name, $value)?;)+
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
        StatsValue::Transport(stats) => {
            members!(object,
                "packetsSent": stats.packets_sent as f64,
                "packetsReceived": stats.packets_received as f64,
                "bytesSent": stats.bytes_sent as f64,
                "bytesReceived": stats.bytes_received as f64,
                "iceRole": stats.ice_role.map(role),
                "iceLocalUsernameFragment": stats.ice_local_username_fragment,
                "dtlsState": stats.dtls_state.as_str(),
                "iceState": stats.ice_state.as_str(),
                "selectedCandidatePairId": stats.selected_candidate_pair_id,
                "selectedCandidatePairChanges": stats.selected_candidate_pair_changes,
                "localCertificateId": stats.local_certificate_id,
                "remoteCertificateId": stats.remote_certificate_id,
            );
        }
        StatsValue::CandidatePair(stats) => {
            members!(object,
                "transportId": stats.transport_id,
                "localCandidateId": stats.local_candidate_id,
                "remoteCandidateId": stats.remote_candidate_id,
                "state": pair_state(stats.state),
                "nominated": stats.nominated,
                "currentRoundTripTime": stats.current_round_trip_time,
                "totalRoundTripTime": stats.total_round_trip_time,
                "requestsSent": stats.requests_sent as f64,
                "requestsReceived": stats.requests_received as f64,
                "responsesSent": stats.responses_sent as f64,
                "responsesReceived": stats.responses_received as f64,
                "consentRequestsSent": stats.consent_requests_sent as f64,
            );
        }
        StatsValue::LocalCandidate(stats) | StatsValue::RemoteCandidate(stats) => candidate(object, stats)?,
        StatsValue::Certificate(stats) => {
            members!(object,
                "fingerprint": stats.fingerprint,
                "fingerprintAlgorithm": stats.fingerprint_algorithm,
                "base64Certificate": stats.base64_certificate,
            );
        }
        StatsValue::DataChannel(stats) => {
            members!(object,
                "label": stats.label,
                "protocol": stats.protocol,
                "dataChannelIdentifier": stats.data_channel_identifier.map(u32::from),
                "state": stats.state.as_str(),
                "messagesSent": stats.messages_sent as f64,
                "bytesSent": stats.bytes_sent as f64,
                "messagesReceived": stats.messages_received as f64,
                "bytesReceived": stats.bytes_received as f64,
            );
        }
        _ => {}
    }
    Ok(())
}

fn candidate(object: &mut Object<'_>, stats: IceCandidateStats) -> napi::Result<()> {
    members!(object,
        "transportId": stats.transport_id,
        "address": stats.address.to_string(),
        "port": u32::from(stats.port),
        "protocol": stats.protocol,
        "candidateType": candidate_type(stats.candidate_type),
        "priority": stats.priority,
        "url": stats.url,
        "foundation": stats.foundation,
        "relatedAddress": stats.related_address.map(|address| address.to_string()),
        "relatedPort": stats.related_port.map(u32::from),
        "usernameFragment": stats.username_fragment,
        "tcpType": stats.tcp_type.map(tcp_type),
    );
    Ok(())
}

/// `RTCIceRole`
pub(crate) fn role(role: ice::Role) -> &'static str {
    match role {
        ice::Role::Controlling => "controlling",
        ice::Role::Controlled => "controlled",
    }
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
