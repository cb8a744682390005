//! A TURN server, or whoever pretends to be one, that answers with anything at all.

use std::time::{Duration, Instant};

use base::{Path, Redacted, Rng, SendBatch, SocketId};
use ice::{Agent, AgentConfig, Credentials, RelayProtocol, Role, TurnCredentials, TurnServer};

use crate::source::Source;

const HOST: SocketId = SocketId(0);
const SERVER: &str = "198.51.100.2:3478";
/// Datagrams that the agent may send, for each message of the server's and each second.
const MAX_SENT: usize = 40;

#[allow(clippy::disallowed_methods, reason = "an arbitrary start; only differences matter")]
pub(crate) fn run(source: &mut Source<'_>) {
    let mut now = Instant::now();
    let mut rng = Rng::from_seed([source.u8(); 32]);
    let local = Credentials::generate(&mut rng);
    let mut agent = Agent::new(AgentConfig::default(), Role::Controlling, local, rng);
    agent.start_gathering();
    agent.add_host(now, HOST, "192.0.2.1:5000".parse().expect("an address"));
    let server = Path { socket: HOST, remote: SERVER.parse().expect("an address") };
    agent.add_turn_server(
        now,
        TurnServer {
            url: "turn:turn.test".to_owned(),
            host: "turn.test".to_owned(),
            address: server.remote,
            protocol: RelayProtocol::Udp,
            credentials: TurnCredentials {
                username: "user".to_owned(),
                password: Redacted::new("password".to_owned()),
            },
        },
    );
    agent.sources_complete(now);
    let mut requests: Vec<Vec<u8>> = Vec::new();
    while !source.is_empty() {
        now += Duration::from_millis(source.below(1000) as u64);
        agent.handle_timeout(now);
        let mut batch = SendBatch::new();
        agent.poll_transmit(now, &mut batch);
        let sent: Vec<_> = batch.datagrams().map(|(_, datagram)| datagram.to_vec()).collect();
        assert!(sent.len() <= MAX_SENT, "{} datagrams", sent.len());
        requests.extend(sent);
        while agent.poll_event().is_some() {}
        let Some(request) = (!requests.is_empty()).then(|| requests[source.below(requests.len())].clone())
        else {
            continue;
        };
        let mut message = message(source, &request);
        if source.chance(100) {
            source.mutate(&mut message, 0, &request);
        }
        agent.handle_datagram(now, server, &message);
        assert!(agent.local_candidates().count() <= 4);
    }
    for _ in 0..100 {
        let Some(next) = agent.poll_timeout() else { break };
        now = now.max(next);
        agent.handle_timeout(now);
        agent.poll_transmit(now, &mut SendBatch::new());
    }
}

fn message(source: &mut Source<'_>, request: &[u8]) -> Vec<u8> {
    const KINDS: [u16; 16] = [
        0x0101, 0x0111, 0x0103, 0x0113, 0x0104, 0x0114, 0x0108, 0x0118, 0x0109, 0x0119, 0x0017, 1, 3, 4,
        0x4000, 0x4001,
    ];
    const ATTRIBUTES: [u16; 15] = [
        0x0001, 0x0008, 0x0009, 0x000c, 0x000d, 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x001c, 0x0020,
        0x8002, 0x8023, 0x8028,
    ];
    let mut body = Vec::new();
    for _ in 0..source.below(6) {
        let (kind, value) = (ATTRIBUTES[source.below(ATTRIBUTES.len())], source.bytes(24));
        body.extend_from_slice(&kind.to_be_bytes());
        body.extend_from_slice(&(value.len() as u16).to_be_bytes());
        body.extend_from_slice(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut message = KINDS[source.below(KINDS.len())].to_be_bytes().to_vec();
    message.extend_from_slice(&(body.len() as u16).to_be_bytes());
    message.extend_from_slice(request.get(4..20).unwrap_or(&[0; 16]));
    message.extend_from_slice(&body);
    message
}
