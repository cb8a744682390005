//! The agent.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::{Path, Rng, SendBatch, SocketId};

use crate::{AgentConfig, Candidate, Counters, Credentials, Event, GatheringState, PairStats, Role, TransportState};

/// An ICE agent for one component.
#[derive(Debug)]
pub struct Agent {
    role: Role,
    local: Credentials,
    remote: Option<Credentials>,
}

#[allow(unused_variables, clippy::unused_self, missing_docs)]
impl Agent {
    pub fn new(config: AgentConfig, role: Role, local: Credentials, rng: Rng) -> Agent {
        Agent { role, local, remote: None }
    }
    pub fn role(&self) -> Role {
        self.role
    }
    pub fn set_role(&mut self, role: Role) {
        self.role = role;
    }
    pub fn local_credentials(&self) -> &Credentials {
        &self.local
    }
    pub fn remote_credentials(&self) -> Option<&Credentials> {
        self.remote.as_ref()
    }
    pub fn set_remote_credentials(&mut self, now: Instant, remote: Credentials, remote_lite: bool) {
        self.remote = Some(remote);
    }
    pub fn restart(&mut self, now: Instant, local: Credentials) {
        self.local = local;
    }
    pub fn start_gathering(&mut self) {}
    pub fn add_host(&mut self, now: Instant, socket: SocketId, address: SocketAddr) {}
    pub fn add_stun_server(&mut self, now: Instant, url: &str, address: SocketAddr) {}
    pub fn server_failed(&mut self, url: &str, code: u16, text: impl Into<String>) {}
    pub fn sources_complete(&mut self, now: Instant) {}
    pub fn socket_closed(&mut self, now: Instant, socket: SocketId) {}
    pub fn add_remote_candidate(&mut self, now: Instant, candidate: Candidate) {}
    pub fn remote_end_of_candidates(&mut self, now: Instant) {}
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &[u8]) {}
    pub fn handle_timeout(&mut self, now: Instant) {}
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }
    pub fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) {}
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }
    pub fn send_path(&self) -> Option<Path> {
        None
    }
    pub fn is_validated(&self, path: Path) -> bool {
        false
    }
    pub fn state(&self) -> TransportState {
        TransportState::New
    }
    pub fn gathering_state(&self) -> GatheringState {
        GatheringState::New
    }
    pub fn selected_pair(&self) -> Option<(&Candidate, &Candidate)> {
        None
    }
    pub fn rtt(&self) -> Option<Duration> {
        None
    }
    pub fn local_candidates(&self) -> impl Iterator<Item = &Candidate> {
        [].iter()
    }
    pub fn remote_candidates(&self) -> impl Iterator<Item = &Candidate> {
        [].iter()
    }
    pub fn pairs(&self) -> impl Iterator<Item = PairStats> + '_ {
        [].into_iter()
    }
    pub fn counters(&self) -> Counters {
        Counters::default()
    }
    pub fn close(&mut self) {}
}
