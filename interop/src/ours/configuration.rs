//! `RTCConfiguration`, as the tests write it in JSON.

use serde_json::Value;
use visavis::{
    Endpoint, EndpointSettings, Redacted, RtcConfiguration, RtcIceServer, RtcIceTransportPolicy, Settings,
};

use super::media;

pub(super) fn configuration(json: &Value) -> RtcConfiguration {
    let servers = json["iceServers"].as_array().into_iter().flatten();
    RtcConfiguration {
        bundle_policy: media::bundle_policy(&json["bundlePolicy"]),
        ice_servers: servers.map(ice_server).collect(),
        ice_transport_policy: match json["iceTransportPolicy"].as_str() {
            Some("relay") => RtcIceTransportPolicy::Relay,
            _ => RtcIceTransportPolicy::All,
        },
        ..RtcConfiguration::default()
    }
}

/// Ours, which browsers ignore as they do all that they do not know.
pub(super) fn settings(json: &Value) -> Settings {
    Settings {
        hide_addresses: json["hideAddresses"] == true,
        renomination: json["renomination"] == true,
        ..Settings::default()
    }
}

/// A server's end: all addresses of the machine, at this port, for UDP and TCP.
pub(super) fn endpoint(json: &Value) -> Option<Endpoint> {
    let mut settings = EndpointSettings::port(u16::try_from(json["listen"].as_u64()?).ok()?);
    settings.tcp = true;
    Some(Endpoint::bind(settings).expect("a port that is free"))
}

fn ice_server(json: &Value) -> RtcIceServer {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let urls = json["urls"].as_array().into_iter().flatten();
    RtcIceServer {
        urls: urls.filter_map(text).collect(),
        username: text(&json["username"]),
        credential: text(&json["credential"]).map(Redacted::new),
    }
}
