//! `RTCPeerConnection`.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use napi::Env;
use napi::bindgen_prelude::{Array, ClassInstance, Either};
use napi_derive::napi;
use peer::{ChannelId, Error, IceGatheringState, OperationId, Payload, PeerConnectionState, TransceiverId};
use visavis::binding::Connection;

use crate::certificate::Certificate;
use crate::configuration::Configuration;
use crate::descriptions::{IceCandidateInit, OfferOptions, SessionDescription};
use crate::endpoint::Endpoint;
use crate::error::OrThrow;
use crate::event_loop::{EventLoop, Local};
use crate::settings::Settings;
use crate::{events, stats};

/// A number that names something, for JavaScript. Exact up to 2^53, which no counter of ours reaches.
pub(crate) fn number(id: u64) -> f64 {
    id as f64
}

/// The number that names something. What was never given names nothing.
pub(crate) fn id(number: f64) -> u64 {
    number as u64
}

/// A connection: `peer::PeerConnection`, driven by a worker thread, with its tasks performed by [`run_task`]. When the
/// object is collected, the connection closes.
///
/// [`run_task`]: PeerConnection::run_task
#[napi]
pub struct PeerConnection {
    connection: Connection,
    key: u32,
    local: Rc<Local>,
    env: Env,
    /// Whether it keeps the process alive.
    holds: Cell<bool>,
}

impl PeerConnection {
    /// Calls the state machine.
    pub(crate) fn call<R>(
        &self,
        env: &Env,
        f: impl FnOnce(&mut peer::PeerConnection, Instant) -> R,
    ) -> napi::Result<R> {
        let (result, holds) =
            self.connection.with(|peer, now| (f(peer, now), keeps_process(peer))).or_throw(env)?;
        self.hold(holds);
        Ok(result)
    }

    /// Sends a message; the result is that of `send()`.
    pub(crate) fn send_message(
        &self,
        env: &Env,
        channel: ChannelId,
        payload: Payload,
    ) -> napi::Result<Result<(), Error>> {
        let (result, holds) = self.connection.send(channel, payload, keeps_process).or_throw(env)?;
        self.hold(holds);
        Ok(result)
    }

    /// Looks at the state machine.
    pub(crate) fn read<R>(&self, env: &Env, f: impl FnOnce(&peer::PeerConnection) -> R) -> napi::Result<R> {
        self.connection.read(f).or_throw(env)
    }

    pub(crate) fn operation(
        &self,
        env: &Env,
        f: impl FnOnce(&mut peer::PeerConnection, Instant) -> OperationId,
    ) -> napi::Result<f64> {
        Ok(number(self.call(env, f)?.0))
    }

    /// Keeps the process alive, or does not.
    fn hold(&self, holds: bool) {
        if self.holds.replace(holds) != holds {
            self.local.hold(&self.env, holds);
        }
    }
}

impl Drop for PeerConnection {
    fn drop(&mut self) {
        self.hold(false);
    }
}

/// Whether tasks may still come by themselves: candidates that are being gathered, and with both descriptions
/// everything, until the connection is closed.
fn is_under_way(peer: &peer::PeerConnection) -> bool {
    let has_both = peer.local_description().is_some() && peer.remote_description().is_some();
    let is_gathering = peer.ice_gathering_state() == IceGatheringState::Gathering;
    peer.connection_state() != PeerConnectionState::Closed && (has_both || is_gathering)
}

/// Whether the process should not end: a task waits to be performed, or may still come, and the connection has not
/// failed.
fn keeps_process(peer: &peer::PeerConnection) -> bool {
    peer.has_task() || (is_under_way(peer) && peer.connection_state() != PeerConnectionState::Failed)
}

#[napi]
impl PeerConnection {
    /// The constructor. Of certificates the first is used; without one the connection makes its own. Its sockets are
    /// those of an endpoint, whose settings it has, or its own.
    #[napi(constructor)]
    pub fn new(
        env: Env,
        event_loop: &EventLoop,
        configuration: Configuration,
        certificates: Vec<ClassInstance<'_, Certificate>>,
        place: Option<Either<ClassInstance<'_, Endpoint>, Settings>>,
    ) -> napi::Result<Self> {
        let mut configuration = configuration.into_peer().or_throw(&env)?;
        configuration.certificates = inner(&certificates);
        let (key, waker) = event_loop.local.enter();
        let connection = match place {
            Some(Either::A(endpoint)) => Connection::on_endpoint(&endpoint.endpoint, configuration, waker),
            Some(Either::B(settings)) => {
                let settings = settings.into_peer().or_throw(&env)?;
                Connection::with_settings(configuration, settings, waker)
            }
            None => Connection::new(configuration, waker),
        };
        let connection = connection.or_throw(&env)?;
        let local = Rc::clone(&event_loop.local);
        Ok(PeerConnection { connection, key, local, env, holds: Cell::default() })
    }

    /// Its name in [`EventLoop::take_ready`].
    #[napi]
    pub fn key(&self) -> u32 {
        self.key
    }

    /// Whether tasks wait, or may still come by themselves.
    #[napi]
    pub fn is_under_way(&self, env: Env) -> napi::Result<bool> {
        self.read(&env, |peer| peer.has_task() || is_under_way(peer))
    }

    /// Performs one W3C task: what `order()` answered right after it, then its events in order, each an array; `null` if
    /// there is none. See [`events::append`].
    #[napi]
    pub fn run_task<'env>(&self, env: &'env Env) -> napi::Result<Option<Array<'env>>> {
        let (task, holds) = self.connection.run_task_then(keeps_process);
        self.hold(holds.unwrap_or(false));
        let Some(task) = task else { return Ok(None) };
        let mut list = env.create_array(1)?;
        list.set(0, task.next.map(number))?;
        events::append(env, &mut list, task.events)?;
        Ok(Some(list))
    }

    /// When its first task was queued, in comparison with those of other connections: first come, first served. `null`
    /// if there is none, as `runTask()` answers it.
    #[napi]
    pub fn order(&self) -> Option<f64> {
        self.connection.order().map(number)
    }

    /// Settles the promise of a call that has its result already: events as those of `runTask()`, `null` if there is
    /// none. For a microtask after each call that gave a promise.
    #[napi]
    pub fn run_microtask<'env>(&self, env: &'env Env) -> napi::Result<Option<Array<'env>>> {
        let events = self.connection.run_microtask();
        self.hold(self.connection.read(keeps_process).unwrap_or(false));
        let Some(events) = events else { return Ok(None) };
        let mut list = env.create_array(0)?;
        events::append(env, &mut list, events)?;
        Ok(Some(list))
    }

    /// `createOffer()`: the promise's number.
    #[napi]
    pub fn create_offer(&self, env: Env, options: Option<OfferOptions>) -> napi::Result<f64> {
        let options = options.map_or_else(peer::OfferOptions::default, OfferOptions::into_peer);
        self.operation(&env, |peer, now| peer.create_offer(now, options))
    }

    /// `createAnswer()`: the promise's number.
    #[napi]
    pub fn create_answer(&self, env: Env) -> napi::Result<f64> {
        self.operation(&env, |peer, now| peer.create_answer(now))
    }

    /// `setLocalDescription()`: the promise's number.
    #[napi]
    pub fn set_local_description(
        &self,
        env: Env,
        description: Option<SessionDescription>,
    ) -> napi::Result<f64> {
        let description = description.map(SessionDescription::into_peer).transpose().or_throw(&env)?;
        self.operation(&env, |peer, now| peer.set_local_description(now, description))
    }

    /// `setRemoteDescription()`: the promise's number.
    #[napi]
    pub fn set_remote_description(&self, env: Env, description: SessionDescription) -> napi::Result<f64> {
        let description = description.into_peer().or_throw(&env)?;
        self.operation(&env, |peer, now| peer.set_remote_description(now, description))
    }

    /// `addIceCandidate()`: the promise's number.
    #[napi]
    pub fn add_ice_candidate(&self, env: Env, candidate: Option<IceCandidateInit>) -> napi::Result<f64> {
        let candidate = candidate.map(IceCandidateInit::into_peer).transpose().or_throw(&env)?;
        self.operation(&env, |peer, now| peer.add_ice_candidate(now, candidate))
    }

    /// `close()`
    #[napi]
    pub fn close(&self) {
        self.connection.close();
        self.hold(self.connection.read(keeps_process).unwrap_or(false));
    }

    /// `restartIce()`
    #[napi]
    pub fn restart_ice(&self, env: Env) -> napi::Result<()> {
        self.call(&env, |peer, _| peer.restart_ice())
    }

    /// `getConfiguration()` without its certificates.
    #[napi]
    pub fn configuration(&self, env: Env) -> napi::Result<Configuration> {
        self.read(&env, |peer| Configuration::from_peer(peer.configuration()))
    }

    /// `setConfiguration()`. Certificates are `null` where the application gives none.
    #[napi]
    pub fn set_configuration(
        &self,
        env: Env,
        configuration: Configuration,
        certificates: Option<Vec<ClassInstance<'_, Certificate>>>,
    ) -> napi::Result<()> {
        let mut configuration = configuration.into_peer().or_throw(&env)?;
        let certificates = certificates.map(|certificates| inner(&certificates));
        self.call(&env, |peer, now| {
            let current = peer.configuration();
            configuration.certificates = certificates.unwrap_or_else(|| current.certificates.clone());
            configuration.include_loopback = current.include_loopback;
            peer.set_configuration(now, configuration)
        })?
        .or_throw(&env)
    }

    /// `getStats()` of the connection, or of a sender or receiver, at once: an array of its entries.
    #[napi]
    pub fn stats<'env>(&self, env: &'env Env, selector: Option<StatsSelector>) -> napi::Result<Array<'env>> {
        let selector = selector.map_or(peer::StatsSelector::Connection, StatsSelector::into_peer);
        let report = self.call(env, |peer, now| peer.selected_stats(now, &selector))?.or_throw(env)?;
        stats::to_js(env, report)
    }
}

fn inner(certificates: &[ClassInstance<'_, Certificate>]) -> Vec<Arc<dtls::Certificate>> {
    certificates.iter().map(|certificate| Arc::clone(&certificate.certificate)).collect()
}

/// Whose statistics: the sender's or the receiver's of that transceiver.
#[napi(object, object_to_js = false)]
pub struct StatsSelector {
    /// A sender.
    pub sender: Option<f64>,
    /// A receiver.
    pub receiver: Option<f64>,
}

impl StatsSelector {
    fn into_peer(self) -> peer::StatsSelector {
        match (self.sender, self.receiver) {
            (Some(sender), _) => peer::StatsSelector::Sender(TransceiverId(id(sender))),
            (None, Some(receiver)) => peer::StatsSelector::Receiver(TransceiverId(id(receiver))),
            (None, None) => peer::StatsSelector::Connection,
        }
    }
}

/// `RTCSctpTransport`'s attributes.
#[napi(object, object_from_js = false)]
pub struct SctpTransport {
    /// `transport`
    pub transport: u32,
    /// `state`
    pub state: &'static str,
    /// `maxMessageSize`
    pub max_message_size: Option<f64>,
    /// `maxChannels`
    pub max_channels: Option<u32>,
}

/// The attributes.
#[napi]
impl PeerConnection {
    /// `signalingState`
    #[napi]
    pub fn signaling_state(&self, env: Env) -> napi::Result<&'static str> {
        self.read(&env, |peer| peer.signaling_state().as_str())
    }

    /// `iceGatheringState`
    #[napi]
    pub fn ice_gathering_state(&self, env: Env) -> napi::Result<&'static str> {
        self.read(&env, |peer| peer.ice_gathering_state().as_str())
    }

    /// `iceConnectionState`
    #[napi]
    pub fn ice_connection_state(&self, env: Env) -> napi::Result<&'static str> {
        self.read(&env, |peer| peer.ice_connection_state().as_str())
    }

    /// `connectionState`
    #[napi]
    pub fn connection_state(&self, env: Env) -> napi::Result<&'static str> {
        self.read(&env, |peer| peer.connection_state().as_str())
    }

    /// `localDescription`
    #[napi]
    pub fn local_description(&self, env: Env) -> napi::Result<Option<SessionDescription>> {
        self.read(&env, |peer| peer.local_description().map(SessionDescription::from_peer))
    }

    /// `currentLocalDescription`
    #[napi]
    pub fn current_local_description(&self, env: Env) -> napi::Result<Option<SessionDescription>> {
        self.read(&env, |peer| peer.current_local_description().map(SessionDescription::from_peer))
    }

    /// `pendingLocalDescription`
    #[napi]
    pub fn pending_local_description(&self, env: Env) -> napi::Result<Option<SessionDescription>> {
        self.read(&env, |peer| peer.pending_local_description().map(SessionDescription::from_peer))
    }

    /// `remoteDescription`
    #[napi]
    pub fn remote_description(&self, env: Env) -> napi::Result<Option<SessionDescription>> {
        self.read(&env, |peer| peer.remote_description().map(SessionDescription::from_peer))
    }

    /// `currentRemoteDescription`
    #[napi]
    pub fn current_remote_description(&self, env: Env) -> napi::Result<Option<SessionDescription>> {
        self.read(&env, |peer| peer.current_remote_description().map(SessionDescription::from_peer))
    }

    /// `pendingRemoteDescription`
    #[napi]
    pub fn pending_remote_description(&self, env: Env) -> napi::Result<Option<SessionDescription>> {
        self.read(&env, |peer| peer.pending_remote_description().map(SessionDescription::from_peer))
    }

    /// `canTrickleIceCandidates`
    #[napi]
    pub fn can_trickle_ice_candidates(&self, env: Env) -> napi::Result<Option<bool>> {
        self.read(&env, peer::PeerConnection::can_trickle_ice_candidates)
    }

    /// `sctp`
    #[napi]
    pub fn sctp(&self, env: Env) -> napi::Result<Option<SctpTransport>> {
        let sctp = self.read(&env, peer::PeerConnection::sctp)?;
        Ok(sctp.map(|sctp| SctpTransport {
            transport: sctp.transport.0,
            state: sctp.state.as_str(),
            max_message_size: sctp.max_message_size.map(number),
            max_channels: sctp.max_channels.map(u32::from),
        }))
    }
}
