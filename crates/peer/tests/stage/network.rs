//! Two connections on a simulated network, with signalling that loses nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use base::{Path, SendBatch};
use ice::MdnsName;
use peer::{
    ChannelEvent, ChannelId, Configuration, Event, IceCandidateInit, OperationId, Outcome, Payload,
    PeerConnection, SessionDescriptionInit, Settings,
};
use session::{Action, ActionResult, BindError, ConnectError};
use sim::{ConnectFailure, Host, LinkConfig, Network, Node, NodeId, StreamEvent};

use super::{A, B, connection_with};

/// One connection and what its application has seen.
pub(crate) struct Peer {
    pub(crate) pc: PeerConnection,
    pub(crate) events: Vec<Event>,
    /// Candidates that are not signalled yet.
    pub(crate) outbox: Vec<Option<IceCandidateInit>>,
    /// Multicast DNS.
    pub(crate) names: Names,
    /// The port that its listeners have; one of the system's, if it does not say.
    pub(crate) listens_at: u16,
}

/// What names stand for on all hosts.
pub(crate) type Names = Rc<RefCell<BTreeMap<MdnsName, IpAddr>>>;

impl Node for Peer {
    fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        self.pc.handle_datagram(now, path, datagram);
    }

    fn handle_stream(&mut self, now: Instant, event: StreamEvent) {
        let result = match event {
            StreamEvent::Connected { path, local } => ActionResult::Connected { path, result: Ok(local) },
            StreamEvent::Failed { path, reason } => {
                let error = match reason {
                    ConnectFailure::Refused => ConnectError::Refused,
                    ConnectFailure::TimedOut => ConnectError::Unreachable,
                    ConnectFailure::NoAddress => ConnectError::AddressUnavailable,
                };
                ActionResult::Connected { path, result: Err(error) }
            }
            // What comes over it is all that there is to know.
            StreamEvent::Accepted { .. } => return,
            StreamEvent::Closed { path } => ActionResult::StreamClosed { path },
        };
        self.pc.handle_action_result(now, result);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.pc.handle_timeout(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.pc.poll_timeout()
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) {
        self.pc.poll_transmit(now, out);
    }

    fn settle(&mut self, now: Instant, host: &mut Host) {
        loop {
            while let Some(action) = self.pc.poll_action() {
                let result = match action {
                    Action::ListInterfaces => {
                        ActionResult::Interfaces(host.interfaces().iter().map(|ip| (*ip).into()).collect())
                    }
                    Action::BindUdp { socket, address } => ActionResult::Bound {
                        socket,
                        result: host.bind(socket, address).ok_or(BindError::AddressUnavailable),
                    },
                    Action::Resolve { id, host: name, port } => {
                        ActionResult::Resolved { id, addresses: host.resolve(&name, port) }
                    }
                    Action::ResolveName { id, name } => {
                        let ip = self.names.borrow().get(&name).copied();
                        let addresses = ip.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect();
                        ActionResult::Resolved { id, addresses }
                    }
                    Action::PublishName { name, ip } => {
                        self.names.borrow_mut().insert(name, ip);
                        continue;
                    }
                    Action::UnpublishName { name } => {
                        self.names.borrow_mut().remove(&name);
                        continue;
                    }
                    Action::CloseSocket { socket } => {
                        host.close(socket);
                        continue;
                    }
                    Action::ConnectTcp { path, local, tls, .. } => {
                        // TLS 1.3 takes one round trip more.
                        host.connect(path, local, u32::from(tls.is_some()));
                        continue;
                    }
                    Action::CloseStream { path } => {
                        host.close_stream(path);
                        continue;
                    }
                    Action::ListenTcp { socket, address } => {
                        let address = SocketAddr::new(address.ip(), self.listens_at);
                        let result = host.listen(socket, address).ok_or(BindError::AddressUnavailable);
                        ActionResult::Bound { socket, result }
                    }
                    other => panic!("an action that no test here knows: {other:?}"),
                };
                self.pc.handle_action_result(now, result);
            }
            if !self.pc.run_task(now) {
                break;
            }
            while let Some(event) = self.pc.poll_event() {
                if let Event::IceCandidate(Some(candidate)) = &event {
                    self.outbox.push(Some(candidate.clone().into()));
                }
                self.events.push(event);
            }
        }
    }
}

impl Peer {
    pub(crate) fn new(pc: PeerConnection, names: &Names) -> Peer {
        let names = Rc::clone(names);
        Peer { pc, events: Vec::new(), outbox: Vec::new(), names, listens_at: 0 }
    }

    fn settled(&self, id: OperationId) -> Option<&Result<Outcome, peer::Error>> {
        self.events.iter().find_map(|event| match event {
            Event::Settled(settled, result) if *settled == id => Some(result),
            _ => None,
        })
    }

    pub(crate) fn messages(&self) -> Vec<Payload> {
        let message = |event: &Event| match event {
            Event::Channel(_, ChannelEvent::Message(payload)) => Some(payload.clone()),
            _ => None,
        };
        self.events.iter().filter_map(message).collect()
    }

    pub(crate) fn incoming(&self) -> Option<ChannelId> {
        self.events.iter().find_map(|event| match event {
            Event::DataChannel(id) => Some(*id),
            _ => None,
        })
    }

    pub(crate) fn saw(&self, event: &Event) -> bool {
        self.events.contains(event)
    }
}

pub(crate) struct Call {
    pub(crate) network: Network<Peer>,
    pub(crate) ids: [NodeId; 2],
    /// Applied to every description on its way.
    pub(crate) munge: fn(String) -> String,
}

impl Call {
    pub(crate) fn new() -> Self {
        Call::with_configuration(&Configuration::default())
    }

    pub(crate) fn with_configuration(configuration: &Configuration) -> Self {
        Call::with_settings(configuration, &Settings::default())
    }

    pub(crate) fn with_settings(configuration: &Configuration, settings: &Settings) -> Self {
        let names = Names::default();
        let mut network = Network::new(7);
        let mut add = |name: &str, seed: u8, address: &str| {
            let pc = connection_with(configuration.clone(), settings.clone(), seed);
            network.add_node(name, Peer::new(pc, &names), &[address.parse().expect("an address")])
        };
        let ids = [add("a", 1, "10.0.0.1"), add("b", 2, "10.0.0.2")];
        network.link(
            ids[A],
            ids[B],
            LinkConfig { delay: Duration::from_millis(10), ..LinkConfig::default() },
        );
        Call { network, ids, munge: |sdp| sdp }
    }

    /// Somebody else is B from now on, with a connection and an address of their own; who it was.
    pub(crate) fn hand_over(&mut self) -> NodeId {
        let pc = connection_with(Configuration::default(), Settings::default(), 3);
        let peer = Peer::new(pc, &Names::default());
        let c = self.network.add_node("c", peer, &["10.0.0.3".parse().expect("an address")]);
        let link = LinkConfig { delay: Duration::from_millis(10), ..LinkConfig::default() };
        self.network.link(self.ids[A], c, link);
        std::mem::replace(&mut self.ids[B], c)
    }

    pub(crate) fn peer(&self, index: usize) -> &Peer {
        self.network.node(self.ids[index])
    }

    pub(crate) fn with<T>(&mut self, index: usize, act: impl FnOnce(&mut PeerConnection, Instant) -> T) -> T {
        self.network.with(self.ids[index], |peer, now| act(&mut peer.pc, now))
    }

    /// Calls, and waits for the promise.
    pub(crate) fn settle(
        &mut self,
        index: usize,
        call: impl FnOnce(&mut PeerConnection, Instant) -> OperationId,
    ) -> Result<Outcome, peer::Error> {
        let id = self.with(index, call);
        let node = self.ids[index];
        self.network.run_until(Duration::from_millis(1), |network| network.node(node).settled(id).is_some());
        self.peer(index).settled(id).cloned().expect("the promise settles")
    }

    /// Signals candidates both ways until `done`, for at most `limit`.
    pub(crate) fn run_until(&mut self, limit: Duration, done: impl Fn(&Call) -> bool) -> bool {
        let end = self.network.now() + limit;
        while self.network.now() < end {
            if done(self) {
                return true;
            }
            for (from, to) in [(A, B), (B, A)] {
                let candidates =
                    self.network.with(self.ids[from], |peer, _| std::mem::take(&mut peer.outbox));
                for candidate in candidates {
                    let result = self.settle(to, |pc, now| pc.add_ice_candidate(now, candidate));
                    assert_eq!(result, Ok(Outcome::Done));
                }
            }
            self.network.run_for(Duration::from_millis(5));
        }
        done(self)
    }

    /// Offer and answer; the answerer's or the offerer's error, if there is one.
    pub(crate) fn negotiate(&mut self, from: usize, to: usize) -> Result<(), peer::Error> {
        for (from, to) in [(from, to), (to, from)] {
            self.settle(from, |pc, now| pc.set_local_description(now, None))?;
            let description = self.peer(from).pc.local_description().expect("a description").clone();
            let init =
                SessionDescriptionInit { kind: Some(description.kind), sdp: (self.munge)(description.sdp) };
            self.settle(to, |pc, now| pc.set_remote_description(now, init))?;
        }
        Ok(())
    }
}
