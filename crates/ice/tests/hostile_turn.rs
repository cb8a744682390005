//! TURN servers, and whoever pretends to be one, that send anything at all.

use std::time::{Duration, Instant};

use base::{Path, Redacted, Rng, SendBatch, SocketId};
use ice::{
    Agent, AgentConfig, Credentials, Event, GatheringState, RelayProtocol, Role, TurnCredentials, TurnServer,
};
use proptest::prelude::*;

const HOST: SocketId = SocketId(0);
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
    let password = Redacted::new("password".to_owned());
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
    let mut batch = SendBatch::new();
    agent.poll_transmit(now, &mut batch);
    batch
        .datagrams()
        .filter(|(path, _)| *path == server_path())
        .map(|(_, datagram)| datagram.to_vec())
        .collect()
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

/// A 438 for every request, each with a new nonce: three more requests, and then the reason is told.
#[test]
fn a_server_that_is_never_content_is_given_up() {
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
