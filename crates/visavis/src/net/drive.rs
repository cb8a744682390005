//! One connection's turn on its worker: receive, timers and tasks, transmit, actions; each bounded, so that all
//! connections of a worker come to theirs.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use base::{Path, SendBatch, SocketId};
use ice::MdnsName;
use session::{Action, ActionResult};
use tokio::task::JoinSet;

use crate::net::connection::{Connection, Fate};
use crate::net::counters::COUNTERS;
use crate::net::mail::NewStream;
use crate::net::mdns::{self, Publication};
use crate::net::router::{Progress, Sockets, Source};
use crate::net::stream::{Incoming, StreamBuffer};
use crate::net::tcp;
use crate::net::udp::ReceiveBatch;
use crate::net::{clock, interfaces, resolver};

/// Datagrams that one turn takes in, counted after each system call.
pub(crate) const MAX_DATAGRAMS_IN: usize = 256;
/// W3C tasks that one turn performs.
const MAX_TASKS: usize = 256;
/// Batches that one turn sends.
const MAX_BATCHES_OUT: usize = 4;
/// Actions that one turn carries out.
const MAX_ACTIONS: usize = 64;
/// What a closed connection still has to send is sent by then, or not at all.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// While the system takes nothing, timers may come this late: some are due until something was transmitted.
const STALLED_PAUSE: Duration = Duration::from_millis(10);

/// What turns work with; one per worker.
pub(crate) struct Scratch {
    pub(crate) receive: ReceiveBatch,
    stream: StreamBuffer,
    send: SendBatch,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Scratch { receive: ReceiveBatch::new(), stream: StreamBuffer::new(), send: SendBatch::new() }
    }
}

/// When a connection wants its next turn.
pub(crate) enum Next {
    /// As soon as the others had theirs.
    Again,
    /// When something happens, or at this time.
    At(Option<Instant>),
    /// Never: it is closed and has nothing left to do.
    Finished,
}

/// A connection with what its worker holds for it. Dropping it frees sockets and tasks.
pub(crate) struct Seat {
    connection: Arc<Connection>,
    waker: Waker,
    sockets: Sockets,
    /// A batch that the system did not take as a whole. Nothing else is sent before it.
    unsent: Option<(SendBatch, Progress)>,
    /// Sockets to be closed after what was to be sent on them. Each at most once.
    closing: Vec<SocketId>,
    /// Names that hide addresses of the sockets.
    published: BTreeMap<MdnsName, Publication>,
    /// Look-ups under way.
    tasks: JoinSet<()>,
    /// Set when the connection was closed.
    close_by: Option<Instant>,
}

impl Seat {
    pub(crate) fn new(connection: Arc<Connection>, source: Source) -> Self {
        COUNTERS.connections.add(1);
        let waker = Waker::from(Arc::clone(&connection.bell));
        let sockets = Sockets::new(&connection, source);
        Seat {
            connection,
            waker,
            sockets,
            unsent: None,
            closing: Vec::new(),
            published: BTreeMap::new(),
            tasks: JoinSet::new(),
            close_by: None,
        }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Takes a turn.
    pub(crate) fn turn(&mut self, scratch: &mut Scratch) -> Next {
        while self.tasks.try_join_next().is_some() {}
        self.take_mail();
        let received_all = self.receive(&mut scratch.receive) & self.receive_streams(&mut scratch.stream);
        let now = clock::now();
        self.advance(now);
        let sent_all = self.transmit(now, &mut scratch.send);
        let acted_all = self.act(now);
        if sent_all && self.unsent.is_none() {
            for socket in self.closing.drain(..) {
                self.sockets.remove(socket);
                self.connection.with(|shared| shared.direct.remove(socket));
            }
        }
        self.rest(now, received_all && sent_all && acted_all)
    }

    /// Takes in what shared sockets have received.
    fn take_mail(&mut self) {
        if !self.sockets.are_shared() {
            return;
        }
        let mut mail = self.connection.mail.take();
        let now = clock::now();
        for stream in std::mem::take(&mut mail.streams) {
            self.take_stream(now, stream);
        }
        // The paths that a check has come on: a handful, or the peer's own loss.
        let mut checked: Vec<Path> = Vec::new();
        self.connection.with_more_to_come(|state| {
            if state.fate == Fate::Broken {
                return;
            }
            for (path, datagram) in mail.datagrams() {
                state.peer.handle_datagram(now, path, datagram);
                // RFC 7983, section 7: STUN.
                if datagram.first().is_some_and(|first| *first < 4) && !checked.contains(&path) {
                    checked.push(path);
                }
            }
            checked.retain(|path| state.peer.session().is_validated(*path));
        });
        if let Some(shared) = self.sockets.shared() {
            checked.into_iter().for_each(|path| shared.admit(path));
        }
    }

    /// Keeps a stream if what it begins with is authentic.
    fn take_stream(&mut self, now: Instant, NewStream { path, stream, first }: NewStream) {
        let is_authentic = self.sockets.adopt(path, stream)
            && self.connection.with_more_to_come(|state| {
                if state.fate == Fate::Broken {
                    return false;
                }
                state.peer.handle_datagram(now, path, &first);
                state.peer.session().is_validated(path)
            });
        if !is_authentic {
            COUNTERS.streams_refused.add(1);
            self.sockets.drop_stream(path);
        }
    }

    /// Takes in what the sockets have. False if there may be more.
    fn receive(&mut self, batch: &mut ReceiveBatch) -> bool {
        let mut cx = Context::from_waker(&self.waker);
        let mut left = MAX_DATAGRAMS_IN;
        let mut id = self.sockets.after(None);
        while let Some(socket) = id {
            while self.sockets.poll_receive(socket, &mut cx, batch).is_ready() {
                let mut count = 0;
                let now = clock::now();
                self.connection.with_more_to_come(|shared| {
                    if shared.fate == Fate::Broken {
                        return;
                    }
                    for (remote, datagram) in batch.datagrams() {
                        count += 1;
                        shared.peer.handle_datagram(now, Path { socket, remote }, datagram);
                    }
                });
                COUNTERS.datagrams_received.add(count);
                // A call that brought nothing was a call, too.
                left = left.saturating_sub(count.max(1));
                if left == 0 {
                    return false;
                }
            }
            id = self.sockets.after(Some(socket));
        }
        true
    }

    /// Takes in what streams have: from each as much as one call brings. False if there may be more.
    fn receive_streams(&mut self, buffer: &mut StreamBuffer) -> bool {
        let mut cx = Context::from_waker(&self.waker);
        let mut received_all = true;
        while let Poll::Ready(result) = self.sockets.poll_connect(&mut cx) {
            self.connection.with_more_to_come(|shared| shared.results.push(result));
        }
        let mut next = self.sockets.stream_after(None);
        while let Some(path) = next {
            next = self.sockets.stream_after(Some(path));
            let Poll::Ready(incoming) = self.sockets.poll_stream(path, &mut cx, buffer) else { continue };
            received_all = false;
            let now = clock::now();
            self.connection.with_more_to_come(|shared| match incoming {
                _ if shared.fate == Fate::Broken => {}
                Incoming::Datagrams => {
                    for datagram in buffer.datagrams() {
                        COUNTERS.datagrams_received.add(1);
                        shared.peer.handle_datagram(now, path, datagram);
                    }
                }
                Incoming::Closed => shared.results.push(ActionResult::StreamClosed { path }),
            });
        }
        received_all
    }

    /// Answers, timers and tasks. What was received is told to whoever waits for it.
    fn advance(&mut self, now: Instant) {
        self.connection.with_more_to_do(|shared| {
            if shared.fate == Fate::Broken {
                return;
            }
            for mut result in std::mem::take(&mut shared.results) {
                // Of the machine's addresses those that the connection's endpoint has, also when they change.
                if let ActionResult::Interfaces(list) = &mut result {
                    *list = self.sockets.filter()(std::mem::take(list));
                }
                shared.peer.handle_action_result(now, result);
            }
            if shared.peer.poll_timeout().is_some_and(|deadline| deadline <= now) {
                shared.peer.handle_timeout(now);
            }
            shared.take_events(now);
            for _ in 0..MAX_TASKS {
                if shared.has_loop() || !shared.peer.run_task(now) {
                    break;
                }
                shared.take_events(now);
            }
            // Before anybody is told of the description: with checks of the peer, things may go fast from then on.
            if let Some(sockets) = self.sockets.shared() {
                sockets.update_claims(shared.peer.session());
            }
        });
    }

    /// Sends what there is to send. False if there may be more.
    fn transmit(&mut self, mut now: Instant, batch: &mut SendBatch) -> bool {
        let mut cx = Context::from_waker(&self.waker);
        self.sockets.flush(&mut cx);
        if let Some((unsent, progress)) = &mut self.unsent {
            if self.sockets.poll_send(&mut cx, unsent, progress).is_pending() {
                return true;
            }
            self.unsent = None;
        }
        for _ in 0..MAX_BATCHES_OUT {
            batch.clear();
            let begun = self.connection.with_more_to_do(|shared| {
                let begun = shared.direct.take_unsent();
                if shared.fate != Fate::Broken && begun.is_none() {
                    shared.peer.poll_transmit(now, batch);
                }
                begun
            });
            let has_begun = begun.is_some();
            let mut progress = Progress::default();
            if let Some(begun) = begun {
                (*batch, progress) = begun;
            }
            if batch.is_empty() {
                return true;
            }
            if self.sockets.poll_send(&mut cx, batch, &mut progress).is_pending() {
                self.unsent = Some((std::mem::take(batch), progress));
                return true;
            }
            // What is not full has everything.
            if !batch.is_full() && !has_begun {
                return true;
            }
            now = clock::now();
        }
        false
    }

    /// Carries out what the connection asks for. False if there may be more, or answers have to be followed up.
    fn act(&mut self, now: Instant) -> bool {
        let mut acted_all = true;
        for _ in 0..MAX_ACTIONS {
            let action = self.connection.with_more_to_do(|shared| {
                if shared.fate == Fate::Broken { None } else { shared.peer.poll_action() }
            });
            let Some(action) = action else { return acted_all };
            if let Some(result) = self.perform(now, action) {
                self.connection.with_more_to_do(|shared| shared.peer.handle_action_result(now, result));
                acted_all = false;
            }
        }
        false
    }

    /// Carries out one action; the answer, if it is there at once.
    fn perform(&mut self, now: Instant, action: Action) -> Option<ActionResult> {
        match action {
            Action::ListInterfaces => match interfaces::recent(now) {
                Some(interfaces) => Some(ActionResult::Interfaces(self.sockets.filter()(interfaces))),
                None => {
                    self.answer_later(async {
                        let list = tokio::task::spawn_blocking(|| interfaces::list(clock::now()));
                        ActionResult::Interfaces(list.await.unwrap_or_default())
                    });
                    None
                }
            },
            Action::BindUdp { socket, address } => {
                let result = self.sockets.bind(socket, address);
                if let Some(own) = self.sockets.own(socket) {
                    self.connection.with_more_to_do(|shared| shared.direct.add(socket, own));
                }
                Some(ActionResult::Bound { socket, result })
            }
            Action::BindOwnUdp { socket, address } => {
                Some(ActionResult::Bound { socket, result: self.sockets.bind_own(socket, address) })
            }
            Action::ConnectTcp { path, local, tls, framing } => {
                let tls = tls.map(|name| (name, self.sockets.trust()));
                let (remote, dscp) = (path.remote, self.sockets.dscp());
                self.sockets.connect(path, tcp::Request { remote, local, tls, framing, dscp });
                // Looked at with the other streams.
                self.connection.bell.ring();
                None
            }
            Action::ListenTcp { socket, address } => {
                let result = self.sockets.listen(socket, address);
                Some(ActionResult::Bound { socket, result })
            }
            Action::CloseSocket { socket } => {
                self.closing.push(socket);
                None
            }
            Action::CloseStream { path } => {
                self.sockets.drop_stream(path);
                None
            }
            Action::Resolve { id, host, port } => match resolver::literal(&host, port) {
                Some(address) => Some(ActionResult::Resolved { id, addresses: vec![address] }),
                None => {
                    self.answer_later(async move {
                        ActionResult::Resolved { id, addresses: resolver::lookup(host, port).await }
                    });
                    None
                }
            },
            Action::ResolveName { id, name } => {
                self.answer_later(async move {
                    let addresses = mdns::resolve(name).await;
                    let addresses = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect();
                    ActionResult::Resolved { id, addresses }
                });
                None
            }
            Action::PublishName { name, ip } => {
                self.published.insert(name.clone(), Publication::new(name, ip));
                None
            }
            Action::UnpublishName { name } => {
                self.published.remove(&name);
                None
            }
            action => {
                tracing::error!(?action, "an action that the driver does not know");
                None
            }
        }
    }

    fn answer_later(&mut self, answer: impl Future<Output = ActionResult> + Send + 'static) {
        let connection = Arc::clone(&self.connection);
        self.tasks.spawn(async move {
            let result = answer.await;
            connection.with(|shared| shared.results.push(result));
            connection.bell.ring();
        });
    }

    /// When the next turn is to be.
    fn rest(&mut self, now: Instant, idle: bool) -> Next {
        let sending = self.unsent.is_some();
        let close_by = &mut self.close_by;
        self.connection.with(|shared| {
            if shared.fate == Fate::Broken {
                return Next::Finished;
            }
            shared.take_events(now);
            shared.wake_where_there_is_room();
            let mut deadline = shared.peer.poll_timeout();
            if sending {
                deadline = deadline.map(|deadline| deadline.max(now + STALLED_PAUSE));
            }
            if shared.fate == Fate::Closed {
                let close_by = *close_by.get_or_insert(now + CLOSE_WITHIN);
                if now >= close_by || (shared.peer.is_finished() && !sending) {
                    return Next::Finished;
                }
                deadline = Some(deadline.map_or(close_by, |deadline| deadline.min(close_by)));
            }
            let has_task = !shared.has_loop() && shared.peer.has_task();
            if !idle || has_task || deadline.is_some_and(|deadline| deadline <= now) {
                Next::Again
            } else {
                shared.direct.note_rest(now, deadline);
                Next::At(deadline)
            }
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connection.with(|shared| shared.direct.clear());
        COUNTERS.connections.subtract(1);
    }
}
