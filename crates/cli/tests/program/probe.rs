//! `visavis probe` with STUN servers that see what they are told to.

use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Output};

use serde_json::Value;

/// RFC 8489, section 5.
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// A server on loopback that answers each Binding request with the address that `see` makes of its sender's. Its thread
/// ends with the tests.
fn stun_server(see: impl Fn(SocketAddr) -> SocketAddr + Send + 'static) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = socket.local_addr().expect("an address");
    std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            if let Some(request) = buffer.get(..length.min(20)).filter(|request| request.starts_with(&[0, 1]))
            {
                let _ = socket.send_to(&response(request, see(from)), from);
            }
        }
    });
    format!("stun:{address}")
}

/// RFC 8489, section 14.2: a Binding response with XOR-MAPPED-ADDRESS.
fn response(request: &[u8], mapped: SocketAddr) -> Vec<u8> {
    let SocketAddr::V4(mapped) = mapped else { panic!("IPv4 only") };
    let mut message = vec![0x01, 0x01, 0, 12];
    message.extend(&request[4..20]);
    message.extend([0x00, 0x20, 0, 8, 0, 1]);
    message.extend((mapped.port() ^ 0x2112).to_be_bytes());
    message.extend(mapped.ip().octets().iter().zip(MAGIC_COOKIE).map(|(octet, cookie)| octet ^ cookie));
    message
}

/// As a NAT with that address would have it be seen.
fn behind_nat(port: impl Fn(u16) -> u16 + Send + 'static) -> String {
    stun_server(move |from| SocketAddr::from(([203, 0, 113, 7], port(from.port()))))
}

fn probe(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_visavis"))
        .arg("probe")
        .args(arguments)
        .output()
        .expect("the program runs")
}

/// The exit code and the document.
fn probe_json(servers: &[&str], more: &[&str]) -> (Option<i32>, Value) {
    let servers = servers.iter().flat_map(|url| ["--ice-server", url]);
    let arguments: Vec<_> = servers.chain(more.iter().copied()).chain(["--json"]).collect();
    let output = probe(&arguments);
    let document = serde_json::from_slice(&output.stdout).expect("JSON");
    (output.status.code(), document)
}

/// How the NAT in front of loopback maps.
fn mapping(report: &Value) -> &Value {
    let nats = report["nats"].as_array().expect("a list");
    &nats.iter().find(|nat| nat["address"] == "127.0.0.1").expect("loopback was seen")["mapping"]
}

#[test]
fn a_nat_that_maps_for_everybody_alike_lets_connections_be_expected() {
    let servers = [behind_nat(|port| port), behind_nat(|port| port)];
    let (code, report) = probe_json(&[&servers[0], &servers[1]], &[]);
    assert_eq!(mapping(&report), "endpoint-independent", "{report}");
    assert_eq!((code, &report["connection"]["peers"]), (Some(0), &Value::from("most")), "{report}");
    let candidates = report["candidates"].as_array().expect("a list");
    let reflexive = candidates.iter().find(|candidate| candidate["address"] == "203.0.113.7");
    let reflexive = reflexive.expect("a server-reflexive candidate");
    assert_eq!(reflexive["type"], "srflx");
    assert!(servers.iter().any(|url| reflexive["url"] == **url), "{reflexive}");
    assert!(reflexive["milliseconds"].as_f64().is_some_and(|time| time > 0.0));
}

#[test]
fn a_nat_that_maps_for_each_server_alone_does_not() {
    let servers = [behind_nat(|port| port), behind_nat(|port| port ^ 1)];
    let (code, report) = probe_json(&[&servers[0], &servers[1]], &[]);
    assert_eq!(mapping(&report), "endpoint-dependent", "{report}");
    assert_eq!((code, &report["connection"]["peers"]), (Some(1), &Value::from("open")), "{report}");
    let output = probe(&["--ice-server", &servers[0], "--ice-server", &servers[1]]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("mapping depends on the endpoint"), "{text}");
    assert!(text.lines().last().is_some_and(|line| line.starts_with("connection not expected")), "{text}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no connection can be expected"));
}

#[test]
fn without_a_nat_addresses_are_seen_as_they_are() {
    let (code, report) = probe_json(&[&stun_server(|from| from)], &[]);
    assert_eq!(mapping(&report), "none", "{report}");
    assert_eq!(code, Some(0));
}

#[test]
fn one_server_alone_cannot_tell_the_mapping() {
    let (code, report) = probe_json(&[&behind_nat(|port| port)], &[]);
    assert_eq!(mapping(&report), "unknown", "{report}");
    assert_eq!((code, &report["connection"]["peers"]), (Some(0), &Value::from("unknown")));
}

#[test]
fn servers_that_do_not_do_what_they_should_are_explained() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = silent.local_addr().expect("an address");
    let servers = [format!("stun:{address}"), format!("turn:{address}")];
    let more = ["--timeout", "1", "--username", "user", "--credential", "secret"];
    let (code, report) = probe_json(&[&servers[0], &servers[1]], &more);
    assert_eq!((code, &report["connection"]["peers"]), (Some(1), &Value::from("local")), "{report}");
    assert_eq!(report["nats"], Value::Array(Vec::new()));
    let relay = &report["relays"][0];
    assert_eq!((&relay["url"], &relay["works"]), (&Value::from(&*servers[1]), &Value::from(false)));
    assert!(relay["explanation"].as_str().is_some_and(|text| !text.is_empty()), "{relay}");
    assert!(!report.to_string().contains("secret"));
}
