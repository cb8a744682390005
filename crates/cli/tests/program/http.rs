//! The server over HTTP: the page, and the signalling of the echo peer.

use crate::server::{OFFER, Response, Server};

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

fn assert_problem(response: &Response, status: u16, name: &str) {
    assert_eq!(response.status, status, "{response:?}");
    assert_eq!(response.header("content-type"), Some("application/problem+json"));
    assert_eq!(response.json()["name"], name, "{response:?}");
    assert!(!response.json()["message"].as_str().expect("a message").is_empty());
}

fn create(server: &Server) -> String {
    let response = server.post(SDP, OFFER.as_bytes());
    assert_eq!(response.status, 201, "{response:?}");
    response.header("location").expect("a Location").to_owned()
}

fn trickle(server: &Server, resource: &str, body: &str) -> Response {
    server.request("PATCH", resource, &[("Content-Type", FRAGMENT)], body.as_bytes())
}

#[test]
fn the_page_and_all_that_it_loads_are_served() {
    let server = Server::start(&[]);
    let page = server.get("/");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").expect("a policy").contains("default-src 'none'"));
    let mut files = vec![];
    for text in [
        page.body,
        server.get("/app.js").body,
        server.get("/transfer.js").body,
        server.get("/hasher.js").body,
    ] {
        let names = text
            .split(['"', '\''])
            .filter(|word| [".js", ".css", ".svg"].iter().any(|end| word.ends_with(end)));
        files.extend(names.map(|name| name.trim_start_matches("./").to_owned()));
    }
    assert!(files.len() > 8, "{files:?}");
    for file in files {
        let response = server.get(&format!("/{file}"));
        assert_eq!(response.status, 200, "{file}");
        assert!(!response.body.is_empty());
    }
}

#[test]
fn an_offer_is_answered_with_candidates() {
    let server = Server::start(&[]);
    let response = server.request(
        "POST",
        "/echo",
        &[("Content-Type", "Application/SDP; charset=utf-8")],
        OFFER.as_bytes(),
    );
    assert_eq!(response.status, 201, "{response:?}");
    assert_eq!(response.header("content-type"), Some(SDP));
    assert!(response.header("location").expect("a Location").starts_with("/echo/"));
    let answer = sdp::SessionDescription::parse(&response.body).expect("an answer");
    let section = &answer.media[0];
    assert_eq!(section.sctp_port(), Some(5000));
    assert_eq!(section.mid(), Some("0"));
    assert_ne!(section.port, 0);
    let candidates: Vec<_> = section.candidates().collect();
    assert!(
        candidates.iter().any(|candidate| candidate.to_string().contains("127.0.0.1")),
        "{}",
        response.body
    );
}

#[test]
fn media_is_declined_beside_data() {
    let server = Server::start(&[]);
    let transport: String = OFFER
        .lines()
        .filter(|line| ["a=ice-", "a=fingerprint:", "a=setup:"].iter().any(|start| line.starts_with(start)))
        .map(|line| format!("{line}\r\n"))
        .collect();
    let audio = format!(
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sendrecv\r\na=rtcp-mux\r\n\
         a=rtpmap:111 opus/48000/2\r\n{transport}"
    );
    let offer = OFFER.replace("a=group:BUNDLE 0\r\n", "a=group:BUNDLE 0 1\r\n") + &audio;
    let response = server.post(SDP, offer.as_bytes());
    assert_eq!(response.status, 201, "{response:?}");
    let answer = sdp::SessionDescription::parse(&response.body).expect("an answer");
    assert_eq!(answer.media.len(), 2);
    assert_eq!(answer.media[0].sctp_port(), Some(5000));
    assert_ne!(answer.media[1].port, 0, "not rejected: it may be turned on");
    assert_eq!(answer.media[1].direction(), Some(sdp::Direction::Inactive), "{}", response.body);
}

#[test]
fn malformed_sdp_is_refused_with_its_line() {
    let server = Server::start(&[]);
    let response = server.post(SDP, OFFER.replace("t=0 0", "t=zero").as_bytes());
    assert_eq!(response.status, 400, "{response:?}");
    assert_eq!(response.header("content-type"), Some("application/problem+json"));
    assert_eq!(response.json()["line"], 4, "{response:?}");
    for body in ["", "hello", "v=0\r\n"] {
        assert_eq!(server.post(SDP, body.as_bytes()).status, 400, "{body:?}");
    }
    let response = server.post(SDP, b"v=0\r\n\xff\xfe=\r\n");
    assert_problem(&response, 400, "SyntaxError");
    assert_eq!(response.json()["line"], 2);
}

#[test]
fn an_offer_without_ice_or_fingerprint_is_refused() {
    let server = Server::start(&[]);
    for missing in ["a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:"] {
        let lines = OFFER.split_inclusive("\r\n").filter(|line| !line.starts_with(missing));
        let response = server.post(SDP, lines.collect::<String>().as_bytes());
        assert_eq!(response.status, 400, "{missing}: {response:?}");
    }
}

#[test]
fn other_media_types_are_refused() {
    let server = Server::start(&[]);
    for media_type in ["application/json", "text/plain", "application/sdpx", FRAGMENT] {
        assert_problem(&server.post(media_type, OFFER.as_bytes()), 415, "TypeError");
    }
    assert_problem(&server.request("POST", "/echo", &[], OFFER.as_bytes()), 415, "TypeError");
    let resource = create(&server);
    let response = server.request("PATCH", &resource, &[("Content-Type", SDP)], b"a=end-of-candidates\r\n");
    assert_problem(&response, 415, "TypeError");
}

#[test]
fn a_body_over_a_megabyte_is_refused() {
    let server = Server::start(&[]);
    let padding = "a=padding\r\n".repeat(1_000_001 / 11 + 1);
    assert_problem(&server.post(SDP, format!("{OFFER}{padding}").as_bytes()), 413, "QuotaExceededError");
    assert_problem(&server.post(SDP, &vec![b'x'; 8_000_000]), 413, "QuotaExceededError");
}

#[test]
fn what_is_not_there_is_404_and_what_may_not_be_done_405() {
    let server = Server::start(&[]);
    for (method, path) in [
        ("GET", "/nothing"),
        ("GET", "/echo/0123/status"),
        ("DELETE", "/echo/0123"),
        ("PATCH", "/echo/0123"),
        ("GET", "/echo/0123/other"),
        ("GET", "/../Cargo.toml"),
        ("POST", "/echo/"),
    ] {
        let response = server.request(method, path, &[("Content-Type", FRAGMENT)], b"");
        assert_problem(&response, 404, "NotFoundError");
    }
    let response = server.get("/echo");
    assert_problem(&response, 405, "NotAllowedError");
    assert_eq!(response.header("allow"), Some("POST, OPTIONS"));
    assert_eq!(server.request("POST", "/", &[], b"").status, 405);
}

#[test]
fn the_session_limit_holds_and_deletion_makes_room() {
    let server = Server::start(&["--max-sessions", "1"]);
    let resource = create(&server);
    assert_problem(&server.post(SDP, OFFER.as_bytes()), 503, "QuotaExceededError");
    assert_eq!(server.request("DELETE", &resource, &[], b"").status, 200);
    assert_eq!(server.request("DELETE", &resource, &[], b"").status, 404);
    assert_eq!(server.get(&format!("{resource}/status")).status, 404);
    create(&server);
}

#[test]
fn a_refused_offer_takes_no_room() {
    let server = Server::start(&["--max-sessions", "1"]);
    for _ in 0..5 {
        assert_eq!(server.post(SDP, b"v=0\r\n").status, 400);
    }
    create(&server);
}

#[test]
fn a_session_that_never_connects_is_freed() {
    let server = Server::start(&["--max-sessions", "1", "--setup-timeout", "1"]);
    let resource = create(&server);
    assert_eq!(server.get(&format!("{resource}/status")).status, 200);
    server.wait_for_status(&format!("{resource}/status"), 404);
    create(&server);
}

#[test]
fn candidates_are_taken() {
    let server = Server::start(&[]);
    let resource = create(&server);
    let section = "a=ice-ufrag:Nq7u\r\na=ice-pwd:yJ6vzZgLL7oCt1gVbQGm0kbe\r\n\
                   m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n";
    for lines in [
        "a=candidate:1 1 udp 2113937151 127.0.0.1 9 typ host\r\n",
        "a=candidate:2 1 udp 2113937151 4b3d6d1e-9a5a-4f0a-8b0c-7f3c0f6f1d0e.local 50000 typ host\r\n",
        "a=end-of-candidates\r\n",
    ] {
        let response = trickle(&server, &resource, &format!("{section}{lines}"));
        assert_eq!(response.status, 204, "{lines} {response:?}");
    }
    let response = trickle(&server, &resource, "a=ice-ufrag:!\r\n");
    assert_eq!(response.status, 400);
    assert_eq!(response.json()["line"], 1);
    let unknown_mid =
        section.replace("a=mid:0", "a=mid:7") + "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n";
    assert_eq!(trickle(&server, &resource, &unknown_mid).status, 400);
}

#[test]
fn the_status_tells_the_servers_end() {
    let server = Server::start(&[]);
    let resource = create(&server);
    let status = server.get(&format!("{resource}/status"));
    assert_eq!(status.header("content-type"), Some("application/json"));
    let status = status.json();
    assert_eq!(status["signalingState"], "stable");
    assert_eq!(status["iceGatheringState"], "complete");
    assert_eq!(status["selectedCandidatePair"], serde_json::Value::Null);
    assert!(status["age"].as_f64().expect("a number") >= 0.0);
    let timeline = status["timeline"].as_array().expect("an array");
    assert!(
        timeline
            .iter()
            .any(|change| change["of"] == "signalingState" && change["state"] == "have-remote-offer")
    );
}

#[test]
fn pages_from_elsewhere_are_turned_away_from_loopback() {
    let server = Server::start(&[]);
    let headers = |origin| [("Content-Type", SDP), ("Origin", origin)];
    let response = server.request("POST", "/echo", &headers("https://example.org"), OFFER.as_bytes());
    assert_problem(&response, 403, "SecurityError");
    assert_eq!(response.header("access-control-allow-origin"), None);
    let response = server.request("GET", "/", &[("Host", "rebound.example")], b"");
    assert_problem(&response, 403, "SecurityError");
    let response = server.request("POST", "/echo", &headers("http://localhost:3000"), OFFER.as_bytes());
    assert_eq!(response.status, 201, "{response:?}");
    assert_eq!(response.header("access-control-allow-origin"), Some("http://localhost:3000"));
    assert_eq!(response.header("access-control-expose-headers"), Some("Location"));
    let response = server.request("OPTIONS", "/echo", &[("Origin", "http://localhost:3000")], b"");
    assert_eq!(response.status, 204);
    assert_eq!(response.header("accept-post"), Some(SDP));
}

#[test]
fn head_answers_as_get_without_the_body() {
    let server = Server::start(&[]);
    let (get, head) = (server.get("/"), server.request("HEAD", "/", &[], b""));
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    for name in ["content-type", "content-length", "content-security-policy"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
}

#[test]
fn a_body_may_come_in_chunks_and_a_missing_one_is_no_offer() {
    let server = Server::start(&[]);
    let head = format!(
        "POST /echo HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {SDP}\r\n",
        server.address
    );
    let (first, second) = OFFER.split_at(100);
    let chunks = format!("{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len());
    let response = server.exchange(format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}").as_bytes());
    assert_eq!(response.status, 201, "{response:?}");
    assert_eq!(server.exchange(format!("{head}\r\n").as_bytes()).status, 400);
}

#[test]
fn a_huge_head_is_refused() {
    let server = Server::start(&[]);
    let response = server.request("GET", "/", &[("X-Many", "x"); 200], b"");
    assert_eq!(response.status, 431, "{response:?}");
    assert_eq!(server.get("/").status, 200);
}
