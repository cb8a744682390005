//! What drives connections, on a thread of its own or as a task of the application's runtime: who wants a turn, who is
//! due, and one bounded turn after another.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::net::clock;
use crate::net::connection::{Bell, Connection, ConnectionKey, Shared};
use crate::net::counters::COUNTERS;
use crate::net::drive::{Next, Scratch, Seat};
use crate::net::endpoint::Endpoint;
use crate::net::listener::ListenerSeat;
use crate::net::port::PortSeat;
use crate::net::ready::Ready;
use crate::net::resolver;
use crate::net::router::Source;

/// Threads for what blocks, for each worker: all look-ups of names at once, and three to list interfaces and to read
/// certificate authorities, which must not wait for a name server.
const MAX_BLOCKING_THREADS: usize = resolver::MAX_LOOKUPS + 3;

/// How long such a thread waits for the next look-up.
const BLOCKING_THREADS_LINGER: Duration = Duration::from_secs(2);

/// Rounds after which the sockets are looked at, whatever else there is to do.
const LOOK_EVERY: u64 = 8;

/// What other threads tell a worker.
pub(crate) struct Inbox {
    messages: Mutex<Messages>,
    notify: Notify,
    runtime: tokio::runtime::Handle,
}

thread_local! {
    /// What turns on this thread work with, between them.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

#[derive(Default)]
struct Messages {
    /// Nobody reads them any more.
    are_over: bool,
    adopted: Vec<(ConnectionKey, Newcomer)>,
    /// Each connection is here once for each turn since the last look, at most: its bell sees to it.
    rung: Vec<ConnectionKey>,
}

/// What is to be driven.
pub(crate) enum Newcomer {
    /// A connection, and where its sockets come from.
    Connection(Arc<Connection>, Source),
    /// A socket of an endpoint.
    Port(Weak<Endpoint>, usize, Arc<Bell>),
    /// A listener of an endpoint.
    Listener(Weak<Endpoint>, usize, Arc<Bell>),
}

impl Newcomer {
    /// There is nobody to drive it.
    fn desert(self) {
        if let Newcomer::Connection(connection, _) = self {
            connection.with(Shared::desert);
        }
    }
}

impl Inbox {
    /// Gives the worker something to drive.
    pub(crate) fn adopt(&self, key: ConnectionKey, newcomer: Newcomer) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        if messages.are_over {
            drop(messages);
            return newcomer.desert();
        }
        messages.adopted.push((key, newcomer));
        drop(messages);
        self.notify.notify_one();
    }

    fn new(runtime: tokio::runtime::Handle) -> Arc<Self> {
        Arc::new(Inbox { messages: Mutex::default(), notify: Notify::new(), runtime })
    }

    /// Where the worker's sockets live.
    pub(crate) fn runtime(&self) -> &tokio::runtime::Handle {
        &self.runtime
    }

    /// Asks for a turn.
    pub(crate) fn ring(&self, key: ConnectionKey) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).rung.push(key);
        self.notify.notify_one();
    }
}

/// Starts a worker thread. It runs as long as the process.
pub(crate) fn start(number: usize) -> std::io::Result<Arc<Inbox>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(MAX_BLOCKING_THREADS)
        .thread_keep_alive(BLOCKING_THREADS_LINGER)
        .thread_name(format!("visavis-{number}b"))
        .build()?;
    let inbox = Inbox::new(runtime.handle().clone());
    let worker = Worker::new(&inbox, true);
    std::thread::Builder::new().name(format!("visavis-{number}")).spawn(move || {
        // The worker bounds its own turns; tokio's budget would only hide sockets that are ready.
        runtime.block_on(tokio::task::coop::unconstrained(worker.run()));
    })?;
    Ok(inbox)
}

/// Starts a worker as a task of this runtime. It ends with the connection that it was started for, or with the runtime.
pub(crate) fn start_on(runtime: tokio::runtime::Handle) -> Arc<Inbox> {
    let inbox = Inbox::new(runtime);
    let worker = Worker::new(&inbox, false);
    inbox.runtime.spawn(tokio::task::coop::unconstrained(worker.run()));
    inbox
}

struct Worker {
    inbox: Arc<Inbox>,
    /// Whether it waits for connections when it has none.
    stays: bool,
    /// The inbox's last content, kept for its memory.
    messages: Messages,
    seats: BTreeMap<ConnectionKey, Slot>,
    ready: Ready,
    /// Those who have their turn now. Kept for its memory.
    round: Vec<ConnectionKey>,
    /// At most one for each seat, the same as there.
    deadlines: BTreeSet<(Instant, ConnectionKey)>,
}

/// A seat, and how it is waited for.
struct Slot {
    seat: Occupied,
    armed: Option<Instant>,
    is_ready: bool,
}

impl Slot {
    /// Wants a turn, once until it begins.
    fn wants_turn(&mut self, key: ConnectionKey, ready: &mut Ready) {
        if !std::mem::replace(&mut self.is_ready, true) {
            ready.push(key, self.seat.is_shared_socket());
        }
    }
}

/// Who has a seat.
enum Occupied {
    Connection(Box<Seat>),
    Port(PortSeat),
    Listener(ListenerSeat),
}

impl Occupied {
    fn is_shared_socket(&self) -> bool {
        !matches!(self, Occupied::Connection(_))
    }

    fn bell(&self) -> &Bell {
        match self {
            Occupied::Connection(seat) => &seat.connection().bell,
            Occupied::Port(seat) => seat.bell(),
            Occupied::Listener(seat) => seat.bell(),
        }
    }

    fn turn(&mut self, scratch: &mut Scratch) -> Next {
        match self {
            Occupied::Connection(seat) => seat.turn(scratch),
            Occupied::Port(seat) => seat.turn(&mut scratch.receive),
            Occupied::Listener(seat) => seat.turn(clock::now()),
        }
    }

    /// Its turn panicked. A port knows nothing of what is in its datagrams, and has no state of its own to break.
    fn after_panic(&self, key: ConnectionKey) -> Next {
        match self {
            Occupied::Connection(seat) => {
                // This wakes whoever waits, and wakers are not ours.
                contained(key, || seat.connection().with(Shared::break_down));
                Next::Finished
            }
            Occupied::Port(_) | Occupied::Listener(_) => Next::Again,
        }
    }
}

impl Drop for Worker {
    /// The runtime has ended, or is ending: nobody waits for ever for connections that it drove.
    fn drop(&mut self) {
        let mut messages = self.inbox.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.are_over = true;
        let adopted = std::mem::take(&mut messages.adopted);
        drop(messages);
        for (key, newcomer) in adopted {
            contained(key, || newcomer.desert());
        }
        for (key, slot) in std::mem::take(&mut self.seats) {
            contained(key, || {
                if let Occupied::Connection(seat) = &slot.seat {
                    seat.connection().with(Shared::desert);
                }
                drop(slot);
            });
        }
    }
}

impl Worker {
    fn new(inbox: &Arc<Inbox>, stays: bool) -> Self {
        Worker {
            inbox: Arc::clone(inbox),
            stays,
            messages: Messages::default(),
            seats: BTreeMap::new(),
            ready: Ready::default(),
            round: Vec::new(),
            deadlines: BTreeSet::new(),
        }
    }

    async fn run(mut self) {
        let mut has_driven = false;
        let inbox = Arc::clone(&self.inbox);
        let mut alarm = pin!(tokio::time::sleep_until(clock::now().into()));
        for round in 1u64.. {
            self.take_inbox();
            has_driven |= !self.seats.is_empty();
            self.take_due(clock::now());
            let mut turns = std::mem::take(&mut self.round);
            self.ready.take_round(&mut turns);
            turns.drain(..).for_each(|key| self.turn(key));
            self.round = turns;
            if !self.stays && has_driven && self.seats.is_empty() {
                return;
            }
            // Lets tokio look at the sockets: while there is work, and when bells that ring without end might
            // keep the wait below from ever waiting.
            if !self.ready.is_empty() || round.is_multiple_of(LOOK_EVERY) {
                tokio::task::yield_now().await;
                continue;
            }
            let next = self.deadlines.first().map(|(deadline, _)| *deadline);
            if let Some(deadline) = next
                && alarm.deadline() != deadline.into()
            {
                alarm.as_mut().reset(deadline.into());
            }
            tokio::select! {
                biased;
                () = inbox.notify.notified() => {}
                () = &mut alarm, if next.is_some() => {}
            }
        }
    }

    fn take_inbox(&mut self) {
        std::mem::swap(
            &mut self.messages,
            &mut self.inbox.messages.lock().unwrap_or_else(PoisonError::into_inner),
        );
        for (key, newcomer) in self.messages.adopted.drain(..) {
            let seat = match newcomer {
                Newcomer::Connection(connection, source) => {
                    Occupied::Connection(Box::new(Seat::new(connection, source)))
                }
                Newcomer::Listener(endpoint, index, bell) => {
                    Occupied::Listener(ListenerSeat::new(endpoint, index, bell))
                }
                Newcomer::Port(endpoint, index, bell) => Occupied::Port(PortSeat::new(endpoint, index, bell)),
            };
            let mut slot = Slot { seat, armed: None, is_ready: false };
            slot.wants_turn(key, &mut self.ready);
            self.seats.insert(key, slot);
        }
        for key in self.messages.rung.drain(..) {
            // One turn is enough, however many reasons there are.
            if let Some(slot) = self.seats.get_mut(&key) {
                slot.wants_turn(key, &mut self.ready);
            }
        }
    }

    fn take_due(&mut self, now: Instant) {
        while let Some(&(deadline, key)) = self.deadlines.first().filter(|(deadline, _)| *deadline <= now) {
            self.deadlines.remove(&(deadline, key));
            let Some(slot) = self.seats.get_mut(&key) else { continue };
            slot.armed = None;
            slot.wants_turn(key, &mut self.ready);
        }
    }

    /// Gives one connection its turn. What panics in it ends this connection and no other.
    fn turn(&mut self, key: ConnectionKey) {
        let Some(slot) = self.seats.get_mut(&key) else { return };
        slot.is_ready = false;
        let Slot { seat, armed, .. } = slot;
        seat.bell().silence();
        let mut scratch = SCRATCH.take().unwrap_or_else(|| Box::new(Scratch::new()));
        let next = contained(key, || seat.turn(&mut scratch)).unwrap_or_else(|| seat.after_panic(key));
        SCRATCH.set(Some(scratch));
        match next {
            Next::Again => {
                // Rung meanwhile: then it is in the inbox already.
                if seat.bell().claim() {
                    slot.wants_turn(key, &mut self.ready);
                }
            }
            // A deadline that moved back waits for the old one: most move often and fire never.
            Next::At(Some(deadline)) if armed.is_none_or(|armed| deadline < armed) => {
                if let Some(old) = armed.replace(deadline) {
                    self.deadlines.remove(&(old, key));
                }
                self.deadlines.insert((deadline, key));
            }
            Next::At(_) => {}
            Next::Finished => {
                let Some(slot) = self.seats.remove(&key) else { return };
                if let Some(armed) = slot.armed {
                    self.deadlines.remove(&(armed, key));
                }
                contained(key, || drop(slot));
            }
        }
    }
}

/// Runs what may panic, the application's wakers among it; `None` if it did.
fn contained<R>(key: ConnectionKey, run: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(run))
        .inspect_err(|_| {
            COUNTERS.panics.add(1);
            tracing::error!(key, "driving a connection panicked: it is closed");
        })
        .ok()
}
