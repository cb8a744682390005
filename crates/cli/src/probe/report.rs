//! What was found out, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};
use visavis::{RtcIceCandidateError, RtcIceCandidateType, RtcIceProtocol};

use super::explain::explain;
use super::gather::{Candidate, Gathered};
use super::nat::{Mapping, Nat};
use super::relay::Relay;
use super::verdict::Verdict;
use super::{Report, milliseconds};

/// The candidates, and why there are not more.
pub(super) fn gathered(gathered: &Gathered) -> String {
    let mut text = String::new();
    for Candidate { fields, after } in &gathered.candidates {
        let _ = write!(
            text,
            "candidate  {:<6} {} {} port {} after {:.1} ms",
            kind(fields.kind),
            protocol(fields.protocol),
            fields.address,
            fields.port,
            milliseconds(*after),
        );
        if let Some(url) = &fields.url {
            let _ = write!(text, ", from {url}");
        }
        text.push('\n');
    }
    // One for each local address that asked.
    let mut errors: Vec<_> = gathered
        .errors
        .iter()
        .map(|error| format!("error      {}: {}\n", error.url, explain(error)))
        .collect();
    errors.dedup();
    text += &errors.concat();
    if gathered.complete.is_none() {
        text += "error      not all servers had answered or failed in time\n";
    }
    text
}

/// How others see this machine.
pub(super) fn nats(nats: &[Nat]) -> String {
    let mut text = String::new();
    for nat in nats {
        let seen: Vec<_> = nat.seen.iter().map(|(url, address)| format!("{address} by {url}")).collect();
        let _ = writeln!(
            text,
            "nat        {}: {} (seen as {})",
            nat.base,
            mapping(nat.mapping).1,
            seen.join(", ")
        );
    }
    text
}

/// How a TURN server did.
pub(super) fn relay(relay: &Relay) -> String {
    match &relay.outcome {
        Ok(loopback) => format!(
            "relay      {}: works, open after {:.1} ms, round trip {:.1} ms\n",
            relay.url,
            milliseconds(loopback.setup),
            milliseconds(loopback.round_trip),
        ),
        Err(reason) => format!("relay      {}: does not work: {reason}\n", relay.url),
    }
}

/// What follows.
pub(super) fn verdict(verdict: &Verdict) -> String {
    let word = if verdict.is_expected { "expected" } else { "not expected:" };
    format!("connection {word} {}\n", verdict.text)
}

/// Everything.
pub(super) fn to_json(report: &Report) -> Value {
    json!({
        "candidates": report.gathered.candidates.iter().map(candidate).collect::<Vec<_>>(),
        "errors": report.gathered.errors.iter().map(error).collect::<Vec<_>>(),
        "gatheringMilliseconds": report.gathered.complete.map(milliseconds),
        "nats": report.nats.iter().map(nat).collect::<Vec<_>>(),
        "relays": report.relays.iter().map(relay_to_json).collect::<Vec<_>>(),
        "connection": {
            "expected": report.verdict.is_expected,
            "peers": report.verdict.peers,
            "explanation": report.verdict.text,
        },
    })
}

fn candidate(Candidate { fields, after }: &Candidate) -> Value {
    json!({
        "type": kind(fields.kind),
        "protocol": protocol(fields.protocol),
        "address": fields.address,
        "port": fields.port,
        "relatedAddress": fields.related_address.map(|related| related.to_string()),
        "relatedPort": fields.related_port,
        "priority": fields.priority,
        "url": fields.url,
        "milliseconds": milliseconds(*after),
    })
}

fn error(error: &RtcIceCandidateError) -> Value {
    json!({
        "url": error.url,
        "address": error.address.map(|address| address.to_string()),
        "errorCode": error.error_code,
        "errorText": error.error_text,
        "explanation": explain(error),
    })
}

fn nat(nat: &Nat) -> Value {
    let seen = nat.seen.iter().map(|(url, address)| json!({ "url": url, "address": address.to_string() }));
    json!({
        "address": nat.base.to_string(),
        "mapping": mapping(nat.mapping).0,
        "seen": seen.collect::<Vec<_>>(),
    })
}

fn relay_to_json(relay: &Relay) -> Value {
    let loopback = relay.outcome.as_ref().ok();
    json!({
        "url": relay.url,
        "works": loopback.is_some(),
        "setupMilliseconds": loopback.map(|loopback| milliseconds(loopback.setup)),
        "roundTripMilliseconds": loopback.map(|loopback| milliseconds(loopback.round_trip)),
        "explanation": relay.outcome.as_ref().err(),
    })
}

/// For programs and for people.
fn mapping(mapping: Mapping) -> (&'static str, &'static str) {
    match mapping {
        Mapping::None => ("none", "no NAT"),
        Mapping::EndpointIndependent => {
            ("endpoint-independent", "a NAT whose mapping is the same for everybody")
        }
        Mapping::EndpointDependent => ("endpoint-dependent", "a NAT whose mapping depends on the endpoint"),
        Mapping::Unknown => ("unknown", "a NAT; what mapping it has takes two STUN servers to find out"),
    }
}

fn kind(kind: RtcIceCandidateType) -> &'static str {
    match kind {
        RtcIceCandidateType::Host => "host",
        RtcIceCandidateType::ServerReflexive => "srflx",
        RtcIceCandidateType::PeerReflexive => "prflx",
        RtcIceCandidateType::Relayed => "relay",
    }
}

fn protocol(protocol: RtcIceProtocol) -> &'static str {
    match protocol {
        RtcIceProtocol::Udp => "udp",
        RtcIceProtocol::Tcp => "tcp",
    }
}
