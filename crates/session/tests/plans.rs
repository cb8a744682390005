//! Any sequence of plans, with a driver that answers late or not at all: no socket stays open that no plan names.

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch, SocketId};
use proptest::prelude::*;
use session::{
    Action, ActionResult, BindError, DtlsPlan, IcePlan, IceServer, SctpPlan, Session, SessionConfig,
    SessionPlan, TransportId, TransportPlan,
};

/// What may happen.
#[derive(Clone, Debug)]
enum Step {
    /// The plan gets a transport more, of an id that was never used.
    Add { gathers: bool, is_agreed: bool },
    /// The plan loses one.
    Remove(usize),
    /// ICE of one restarts.
    Restart(usize),
    /// Another peer is at the other end of one.
    HandOver(usize),
    /// SCTP goes to one, or nowhere.
    Data(Option<usize>),
    /// The driver answers some of what it was asked.
    Answer(usize),
    /// Something comes on a socket.
    Datagram(u32, u8),
    /// Time goes by.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<bool>(), any::<bool>()).prop_map(|(gathers, is_agreed)| Step::Add { gathers, is_agreed }),
        3 => any::<usize>().prop_map(Step::Remove),
        1 => any::<usize>().prop_map(Step::Restart),
        1 => any::<usize>().prop_map(Step::HandOver),
        2 => any::<Option<usize>>().prop_map(Step::Data),
        5 => (0..6_usize).prop_map(Step::Answer),
        1 => (0..20_u32, any::<u8>()).prop_map(|(socket, first)| Step::Datagram(socket, first)),
        1 => (0..5000_u64).prop_map(Step::Wait),
    ]
}

struct Driver {
    session: Session,
    now: Instant,
    plan: SessionPlan,
    next_id: u32,
    asked: VecDeque<Action>,
    open: BTreeSet<SocketId>,
}

impl Driver {
    fn new() -> Self {
        let clock = sim::Clock::new();
        let since_epoch = clock.wall_clock().at(clock.now());
        let certificate =
            dtls::Certificate::generate_for_simulation(since_epoch, Duration::from_secs(86_400)).unwrap();
        let url = "stun:server.example".to_owned();
        let server = IceServer {
            kind: session::IceServerKind::Stun,
            url,
            host: "server.example".to_owned(),
            port: 3478,
        };
        let config = SessionConfig {
            ice_servers: vec![server],
            deterministic: true,
            ..SessionConfig::new(Arc::new(certificate))
        };
        let session = Session::new(config, clock.now(), clock.wall_clock(), [7; 32]);
        let (asked, open) = (VecDeque::new(), BTreeSet::new());
        Driver { session, now: clock.now(), plan: SessionPlan::default(), next_id: 0, asked, open }
    }

    fn credentials(&mut self) -> ice::Credentials {
        self.next_id += 1;
        ice::Credentials::generate(&mut Rng::from_seed([self.next_id as u8; 32]))
    }

    fn nth(&self, n: usize) -> Option<TransportId> {
        let count = self.plan.transports.len().max(1);
        self.plan.transports.keys().nth(n % count).copied()
    }

    fn perform(&mut self, step: Step) {
        match step {
            Step::Add { gathers, is_agreed } => {
                let (local, remote) = (self.credentials(), self.credentials());
                let id = TransportId(self.next_id);
                let dtls = DtlsPlan { association: 0, role: dtls::Role::Client, fingerprints: Vec::new() };
                let role = ice::Role::Controlling;
                let ice = IcePlan {
                    role,
                    local,
                    relay_only: false,
                    remote: is_agreed.then_some((remote, false)),
                    renomination: false,
                };
                self.plan
                    .transports
                    .insert(id, Box::new(TransportPlan { ice, dtls: is_agreed.then_some(dtls) }));
                self.apply();
                if gathers {
                    self.session.gather(self.now, id);
                }
            }
            Step::Remove(n) => {
                self.nth(n).and_then(|id| self.plan.transports.remove(&id));
                self.apply();
            }
            Step::Restart(n) => {
                let local = self.credentials();
                if let Some(id) = self.nth(n) {
                    self.plan.transports.get_mut(&id).unwrap().ice.local = local;
                    self.apply();
                    self.session.gather(self.now, id);
                }
            }
            Step::HandOver(n) => {
                let remote = self.credentials();
                let transport = self.nth(n).and_then(|id| self.plan.transports.get_mut(&id));
                if let Some(transport) = transport
                    && let Some(dtls) = &mut transport.dtls
                {
                    dtls.association += 1;
                    transport.ice.remote = Some((remote, false));
                    self.apply();
                }
            }
            Step::Data(n) => {
                let sctp = SctpPlan {
                    local_port: 5000,
                    remote_port: 5000,
                    remote_max_message_size: 262_144,
                    local_init: None,
                    remote_init: None,
                };
                self.plan.sctp = n.and_then(|n| self.nth(n)).map(|id| (id, sctp));
                self.apply();
            }
            Step::Answer(count) => (0..count).for_each(|_| self.answer()),
            Step::Datagram(socket, first) => {
                let path = Path { socket: SocketId(socket), remote: ([10, 0, 0, 9], 9).into() };
                self.session.handle_datagram(self.now, path, &[first; 40]);
            }
            Step::Wait(milliseconds) => {
                self.now += Duration::from_millis(milliseconds);
                self.session.handle_timeout(self.now);
            }
        }
        self.poll();
    }

    fn apply(&mut self) {
        self.session.apply(self.now, self.plan.clone());
    }

    fn poll(&mut self) {
        let mut out = SendBatch::new();
        self.session.poll_transmit(self.now, &mut out);
        while self.session.poll_event().is_some() {}
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::CloseSocket { socket } => {
                    assert!(self.open.remove(&socket), "closed twice: {socket:?}")
                }
                action => self.asked.push_back(action),
            }
        }
    }

    /// Answers the oldest question; every seventh socket cannot be bound.
    fn answer(&mut self) {
        let Some(action) = self.asked.pop_front() else { return };
        let result = match action {
            Action::ListInterfaces => ActionResult::Interfaces(vec![
                IpAddr::from([10, 0, 0, 1]).into(),
                IpAddr::from([10, 0, 0, 2]).into(),
            ]),
            Action::BindUdp { socket, .. } if socket.0 % 7 == 6 => {
                ActionResult::Bound { socket, result: Err(BindError::Refused) }
            }
            Action::BindUdp { socket, address } => {
                self.open.insert(socket);
                let address = SocketAddr::new(address.ip(), 1000 + socket.0 as u16);
                ActionResult::Bound { socket, result: Ok(address) }
            }
            Action::Resolve { id, port, .. } => {
                ActionResult::Resolved { id, addresses: vec![([10, 0, 0, 8], port).into()] }
            }
            other => panic!("{other:?}"),
        };
        self.session.handle_action_result(self.now, result);
        self.poll();
    }

    fn settle(&mut self) {
        while !self.asked.is_empty() {
            self.answer();
        }
        self.poll();
    }

    /// The open sockets are those of the candidates of the transports that stand, and no others.
    fn check(&self) {
        let named: Vec<_> = self.session.transports().collect();
        assert_eq!(named, self.plan.transports.keys().copied().collect::<Vec<_>>());
        let mut ports: Vec<_> = named
            .iter()
            .filter_map(|id| self.session.ice(*id))
            .flat_map(ice::Agent::local_candidates)
            .map(|candidate| candidate.address.port())
            .collect();
        ports.sort_unstable();
        let open: Vec<_> = self.open.iter().map(|socket| 1000 + socket.0 as u16).collect();
        assert_eq!(ports, open);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_socket_stays_open_that_no_plan_names(steps in prop::collection::vec(step(), 100..200)) {
        let mut driver = Driver::new();
        for step in steps {
            driver.perform(step);
        }
        driver.settle();
        driver.check();
        driver.session.close(driver.now);
        driver.poll();
        prop_assert!(driver.open.is_empty() && driver.session.is_drained());
    }
}
