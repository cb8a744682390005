//! The operations of transceivers.

use serde_json::{Value, json};
use visavis::{
    Error, MediaStream, MediaStreamTrack, RtcBundlePolicy, RtcMediaKind, RtcPeerConnection,
    RtcRtpEncodingParameters, RtcRtpTransceiverDirection, RtcRtpTransceiverInit,
};

pub(super) fn perform(
    connection: &RtcPeerConnection,
    operation: &str,
    arguments: &Value,
) -> Result<Value, Error> {
    match operation {
        "transceiver" => {
            let init = RtcRtpTransceiverInit {
                direction: direction(&arguments["direction"]),
                send_encodings: encodings(&arguments["encodings"]),
                ..RtcRtpTransceiverInit::default()
            };
            connection.add_transceiver(kind(&arguments["kind"]), init)?;
        }
        "addTrack" => {
            let track = MediaStreamTrack::new(kind(&arguments["kind"]), "interop");
            let stream = MediaStream::with_tracks([track.clone()]);
            connection.add_track(&track, &[stream])?;
        }
        "stop" => {
            let all = connection.get_transceivers();
            let transceiver =
                all.iter().find(|transceiver| transceiver.mid().as_deref() == arguments["mid"].as_str());
            transceiver.expect("a transceiver with this mid").stop()?;
        }
        "transceivers" => return Ok(describe(connection)),
        _ => panic!("unknown operation {operation}"),
    }
    Ok(Value::Null)
}

pub(super) fn bundle_policy(policy: &Value) -> RtcBundlePolicy {
    match policy.as_str() {
        None | Some("balanced") => RtcBundlePolicy::Balanced,
        Some("max-compat") => RtcBundlePolicy::MaxCompat,
        Some("max-bundle") => RtcBundlePolicy::MaxBundle,
        Some(other) => panic!("no bundle policy {other}"),
    }
}

fn describe(connection: &RtcPeerConnection) -> Value {
    let all = connection.get_transceivers();
    all.iter()
        .map(|transceiver| {
            json!({
                "mid": transceiver.mid(),
                "kind": transceiver.receiver().track().kind().as_str(),
                "direction": transceiver.direction().as_str(),
                "currentDirection": transceiver.current_direction().map(RtcRtpTransceiverDirection::as_str),
                "encodings": transceiver.sender().get_parameters().encodings.len(),
            })
        })
        .collect()
}

fn kind(kind: &Value) -> RtcMediaKind {
    match kind.as_str() {
        Some("audio") => RtcMediaKind::Audio,
        Some("video") => RtcMediaKind::Video,
        _ => panic!("no kind of media: {kind}"),
    }
}

fn direction(direction: &Value) -> RtcRtpTransceiverDirection {
    match direction.as_str() {
        None | Some("sendrecv") => RtcRtpTransceiverDirection::SendRecv,
        Some("sendonly") => RtcRtpTransceiverDirection::SendOnly,
        Some("recvonly") => RtcRtpTransceiverDirection::RecvOnly,
        Some("inactive") => RtcRtpTransceiverDirection::Inactive,
        Some(other) => panic!("no direction {other}"),
    }
}

fn encodings(encodings: &Value) -> Vec<RtcRtpEncodingParameters> {
    let all = encodings.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .map(|encoding| RtcRtpEncodingParameters {
            rid: encoding["rid"].as_str().map(str::to_owned),
            scale_resolution_down_by: encoding["scaleResolutionDownBy"].as_f64(),
            ..RtcRtpEncodingParameters::default()
        })
        .collect()
}
