//! TURN servers, and whoever pretends to be one, that send anything at all; attack A12 of `attacks.rs` among it: loops of
//! redirections and challenges, answers that are huge or of another family. Few requests follow, and one error that is told.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::{Path, Redacted, Rng, SendBatch, SocketId};
use ice::{
    Agent, AgentConfig, CandidateKind, Credentials, Event, GatheringState, RelayProtocol, Role,
    TurnCredentials, TurnServer,
};
use proptest::prelude::*;

const HOST: SocketId = SocketId(0);
const PASSWORD: &str = "hunter2 of the relay";
const SERVER: &str = "198.51.100.2:3478";

fn server_path() -> Path {
    Path { socket: HOST, remote: SERVER.parse().unwrap() }
}

/// An agent that has asked a TURN server, and its request.
fn asking(now: Instant) -> (Agent, Vec<u8>) {
    let mut rng = Rng::from_seed([5; 32]);
    let local = Credentials::generate(&mut rng);
    let mut agent = Agent::new(AgentConfig::default(), Role::Controlling, local, rng);
    agent.start_gathering();
    agent.add_host(now, HOST, "192.0.2.1:5000".parse().unwrap());
    let password = Redacted::new(PASSWORD.to_owned());
    agent.add_turn_server(
        now,
        TurnServer {
            url: "turn:turn.test".to_owned(),
            host: "turn.test".to_owned(),
            address: SERVER.parse().unwrap(),
            protocol: RelayProtocol::Udp,
            credentials: TurnCredentials { username: "user".to_owned(), password },
        },
    );
    agent.sources_complete(now);
    agent.handle_timeout(now);
    let request = sent(&mut agent, now).pop().expect("a request");
    (agent, request)
}

fn sent(agent: &mut Agent, now: Instant) -> Vec<Vec<u8>> {
    let at_server = |(path, datagram): (Path, Vec<u8>)| (path == server_path()).then_some(datagram);
    sent_anywhere(agent, now).into_iter().filter_map(at_server).collect()
}

fn sent_anywhere(agent: &mut Agent, now: Instant) -> Vec<(Path, Vec<u8>)> {
    let mut batch = SendBatch::new();
    agent.poll_transmit(now, &mut batch);
    batch.datagrams().map(|(path, datagram)| (path, datagram.to_vec())).collect()
}

/// Answers each request, with the attributes that `answer` gives for the number of requests so far, until there are no
/// more, or for two minutes. The requests, with where they went, and the codes of the errors that were told.
fn answer_all(
    kind: u16,
    answer: impl Fn(usize) -> Vec<(u16, Vec<u8>)>,
) -> (Vec<(SocketAddr, Vec<u8>)>, Vec<u16>) {
    let mut now = start();
    let (mut agent, first) = asking(now);
    let mut requests = vec![(server_path().remote, first.clone())];
    let mut due = vec![(server_path(), first)];
    for _ in 0..2000 {
        for (path, request) in std::mem::take(&mut due) {
            let datagram = message(kind, &request, &answer(requests.len()));
            agent.handle_datagram(now, path, &datagram);
        }
        now += Duration::from_millis(60);
        agent.handle_timeout(now);
        due = sent_anywhere(&mut agent, now);
        requests.extend(due.iter().map(|(path, request)| (path.remote, request.clone())));
    }
    assert_eq!(agent.gathering_state(), GatheringState::Complete);
    let codes = std::iter::from_fn(|| agent.poll_event()).filter_map(|event| match event {
        Event::CandidateError(error) => Some(error.code),
        Event::LocalCandidate(candidate) => {
            assert_ne!(candidate.kind, CandidateKind::Relayed);
            None
        }
        _ => None,
    });
    let codes = codes.collect();
    (requests, codes)
}

/// A message of the server: a type, the id of a request, attributes.
fn message(kind: u16, request: &[u8], attributes: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, value) in attributes {
        body.extend_from_slice(&kind.to_be_bytes());
        body.extend_from_slice(&(value.len() as u16).to_be_bytes());
        body.extend_from_slice(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut message = kind.to_be_bytes().to_vec();
    message.extend_from_slice(&(body.len() as u16).to_be_bytes());
    message.extend_from_slice(&request[4..20]);
    message.extend_from_slice(&body);
    message
}

/// Attributes that a client of TURN looks at, with any value.
fn attribute() -> impl Strategy<Value = (u16, Vec<u8>)> {
    let kinds = vec![
        0x0001, 0x0008, 0x0009, 0x000c, 0x000d, 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x001c, 0x0020,
        0x8002, 0x8023, 0x8028,
    ];
    (prop::sample::select(kinds), prop::collection::vec(any::<u8>(), 0..24))
}

#[allow(clippy::disallowed_methods, reason = "an arbitrary start; only differences matter")]
fn start() -> Instant {
    Instant::now()
}

proptest! {
    #[test]
    fn no_answer_does_harm(
        answers in prop::collection::vec(
            (prop::sample::select(vec![0x0103u16, 0x0113, 0x0104, 0x0118, 0x0119, 0x0017]),
             prop::collection::vec(attribute(), 0..5)),
            1..12,
        ),
    ) {
        let mut now = start();
        let (mut agent, mut request) = asking(now);
        for (kind, attributes) in answers {
            now += Duration::from_millis(20);
            let datagram = message(kind, &request, &attributes);
            agent.unwrap(server_path(), &datagram);
            agent.handle_datagram(now, server_path(), &datagram);
            agent.handle_timeout(now);
            let requests = sent(&mut agent, now);
            // One answer makes one request at most, and a few more for permissions.
            prop_assert!(requests.len() <= 4, "{}", requests.len());
            if let Some(next) = requests.into_iter().next() {
                request = next;
            }
        }
        // Whatever came, gathering ends.
        for _ in 0..1000 {
            let Some(next) = agent.poll_timeout().filter(|_| agent.gathering_state() != GatheringState::Complete)
            else {
                break;
            };
            now = now.max(next);
            agent.handle_timeout(now);
            sent(&mut agent, now);
        }
        prop_assert_eq!(agent.gathering_state(), GatheringState::Complete);
    }

    #[test]
    fn no_bytes_from_the_server_do_harm(
        head in prop::sample::select(vec![vec![], vec![0x40, 0], vec![0, 0x17], vec![0x4f, 0xff], vec![1, 3]]),
        rest in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let now = start();
        let (mut agent, _) = asking(now);
        let datagram = [head, rest].concat();
        prop_assert_eq!(agent.unwrap(server_path(), &datagram), None, "nothing is relayed without an allocation");
        agent.handle_datagram(now, server_path(), &datagram);
        prop_assert!(sent(&mut agent, now).is_empty());
    }
}

/// ERROR-CODE.
fn error(code: u16) -> (u16, Vec<u8>) {
    (0x0009, vec![0, 0, (code / 100) as u8, (code % 100) as u8])
}

/// ALTERNATE-SERVER.
fn alternate(ip: [u8; 4], port: u16) -> (u16, Vec<u8>) {
    (0x8023, [&[0, 1][..], &port.to_be_bytes(), &ip].concat())
}

#[test]
fn a12_redirections_in_a_circle_end_at_the_first_server_that_was_left() {
    let there_and_back = |count| {
        let ip = if count % 2 == 1 { [198, 51, 100, 3] } else { [198, 51, 100, 2] };
        vec![error(300), alternate(ip, 3478)]
    };
    let (requests, codes) = answer_all(0x0113, there_and_back);
    let asked: Vec<_> = requests.iter().map(|(server, _)| server.to_string()).collect();
    assert_eq!(asked, [SERVER, "198.51.100.3:3478"]);
    assert_eq!(codes, [300]);
}

#[test]
fn a12_redirections_without_end_are_followed_three_times() {
    let ever_on = |count: usize| vec![error(300), alternate([198, 51, 100, 10 + count as u8], 3478)];
    let (requests, codes) = answer_all(0x0113, ever_on);
    assert_eq!((requests.len(), codes), (4, vec![300]));
}

#[test]
fn a12_redirections_to_inside_are_not_followed() {
    let inside = [[127, 0, 0, 1], [169, 254, 169, 254], [0, 0, 0, 0], [224, 0, 0, 1], [255, 255, 255, 255]];
    for (ip, port) in inside.map(|ip| (ip, 80)).into_iter().chain([([198, 51, 100, 3], 0)]) {
        let (requests, codes) = answer_all(0x0113, |_| vec![error(300), alternate(ip, port)]);
        assert_eq!((requests.len(), codes), (1, vec![300]), "{ip:?}");
    }
}

#[test]
fn a12_a_server_that_refuses_every_signature_is_asked_twice() {
    let refuses =
        |count| vec![error(401), (0x0014, b"realm".to_vec()), (0x0015, vec![b'a' + count as u8; 8])];
    let (requests, codes) = answer_all(0x0113, refuses);
    assert_eq!((requests.len(), codes), (2, vec![401]));
}

/// RFC 8489, sections 14.9 and 14.10: up to 763 bytes each. What is longer is no challenge, and is not sent back.
#[test]
fn a12_a_huge_realm_or_nonce_is_not_repeated() {
    for (realm, nonce) in [(60_000, 8), (8, 60_000), (764, 8), (8, 764), (30_000, 30_000)] {
        let challenge = |_| vec![error(401), (0x0014, vec![b'r'; realm]), (0x0015, vec![b'n'; nonce])];
        let (requests, codes) = answer_all(0x0113, challenge);
        assert!(requests.iter().all(|(_, request)| request.len() < 200), "{realm} {nonce}");
        // What is longer than a datagram should be has not come at all.
        let told = if realm + nonce < 1000 { (1, vec![401]) } else { (4, vec![701]) };
        assert_eq!((requests.len(), codes), told, "{realm} {nonce}");
    }
    let challenge = |_| vec![error(401), (0x0014, vec![b'r'; 600]), (0x0015, vec![b'n'; 763])];
    let (requests, codes) = answer_all(0x0113, challenge);
    assert_eq!((requests.len(), codes), (2, vec![401]));
    assert!(requests[1].1.len() > 600 + 763, "what fits is answered");
}

#[test]
fn a13_what_is_printed_has_no_password_and_no_key() {
    let now = start();
    let (mut agent, request) = asking(now);
    let challenge = [error(401), (0x0014, b"realm".to_vec()), (0x0015, b"nonce".to_vec())];
    agent.handle_datagram(now, server_path(), &message(0x0113, &request, &challenge));
    assert!(!sent(&mut agent, now).is_empty(), "it has signed");
    let printed = format!("{agent:?}");
    // MD5 of "user:realm:hunter2 of the relay", in the ways in which bytes are printed.
    let key: [u8; 16] =
        [0x98, 0x75, 0xbe, 0xc1, 0x39, 0x35, 0x05, 0x65, 0x2e, 0x0d, 0x84, 0x22, 0xfc, 0x45, 0x5f, 0x6c];
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let decimal = format!("{key:?}").replace(['[', ']'], "");
    for secret in [PASSWORD, &hex, &decimal] {
        assert!(!printed.contains(secret));
    }
    assert!(printed.contains("Authentication { realm: \"realm\""), "{printed}");
}

#[test]
fn a12_an_allocation_without_an_address_that_can_be_used_is_none() {
    // XOR-RELAYED-ADDRESS of a family that there is not, too short for its family, unspecified, multicast, with port 0.
    let xored = |port: u16, ip: [u8; 4]| {
        let (port, cookie) = (port ^ 0x2112, [0x21, 0x12, 0xa4, 0x42]);
        let ip: Vec<u8> = ip.iter().zip(cookie).map(|(byte, key)| byte ^ key).collect();
        [&[0, 1][..], &port.to_be_bytes(), &ip].concat()
    };
    let mut unknown_family = xored(1000, [198, 51, 100, 2]);
    unknown_family[1] = 3;
    let mut too_short = xored(1000, [198, 51, 100, 2]);
    too_short[1] = 2;
    let addresses = [
        unknown_family,
        too_short,
        xored(1000, [0, 0, 0, 0]),
        xored(1000, [224, 0, 0, 1]),
        xored(0, [198, 51, 100, 2]),
        Vec::new(),
    ];
    for address in addresses {
        let (requests, codes) = answer_all(0x0103, |_| vec![(0x0016, address.clone())]);
        assert_eq!((requests.len(), codes), (1, vec![500]), "{address:?}");
    }
}

/// A 438 for every request, each with a new nonce: three more requests, and then the reason is told.
#[test]
fn a12_a_server_that_is_never_content_is_given_up() {
    let mut now = start();
    let (mut agent, mut request) = asking(now);
    let error = vec![0, 0, 4, 38];
    let mut requests = 0;
    for number in 0..20u8 {
        now += Duration::from_millis(20);
        let attributes =
            [(0x0009, error.clone()), (0x0014, b"realm".to_vec()), (0x0015, vec![b'a' + number; 8])];
        agent.handle_datagram(now, server_path(), &message(0x0113, &request, &attributes));
        let Some(next) = sent(&mut agent, now).pop() else { break };
        request = next;
        requests += 1;
    }
    assert_eq!(requests, 3);
    let events = std::iter::from_fn(|| agent.poll_event());
    let codes: Vec<_> = events
        .filter_map(|event| match event {
            Event::CandidateError(error) => Some(error.code),
            _ => None,
        })
        .collect();
    assert_eq!(codes, [438]);
}

/// RFC 8489, section 9.2.5: a server that can do better than MD5 says so in its nonce; without the list, somebody has taken
/// it out, and is told nothing that a password could be guessed from.
#[test]
fn a_weakened_challenge_gets_no_signature() {
    let now = start();
    let (mut agent, request) = asking(now);
    let attributes =
        [(0x0009, vec![0, 0, 4, 1]), (0x0014, b"realm".to_vec()), (0x0015, b"obMatJos2gAAAnonce".to_vec())];
    agent.handle_datagram(now, server_path(), &message(0x0113, &request, &attributes));
    assert!(sent(&mut agent, now).is_empty());
}

/// With the list, the better algorithm signs.
#[test]
fn a_list_of_algorithms_is_answered_with_the_better_one() {
    let now = start();
    let (mut agent, request) = asking(now);
    let attributes = [
        (0x0009, vec![0, 0, 4, 1]),
        (0x0014, b"realm".to_vec()),
        (0x0015, b"obMatJos2gAAAnonce".to_vec()),
        (0x8002, vec![0, 1, 0, 0, 0, 2, 0, 0]),
    ];
    agent.handle_datagram(now, server_path(), &message(0x0113, &request, &attributes));
    let signed = sent(&mut agent, now).pop().expect("a request");
    let has = |wanted: &[u8]| signed.windows(wanted.len()).any(|window| window == wanted);
    assert!(has(&[0, 0x1c, 0, 32]), "MESSAGE-INTEGRITY-SHA256");
    assert!(has(&[0, 0x1d, 0, 4, 0, 2, 0, 0]), "PASSWORD-ALGORITHM");
    assert!(has(&[0x80, 2, 0, 8, 0, 1, 0, 0, 0, 2, 0, 0]), "PASSWORD-ALGORITHMS, as they came");
}
