//! One connection as its handles and its worker share it: the lock, the queues of events, the waiting tasks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use base::Path;
use peer::{
    ChannelEvent, ChannelId, ChannelView, DataChannelState, Error, ErrorName, Event, OperationId, Outcome,
    PeerConnection, PeerConnectionState, StatsReport, StatsSelector,
};
use session::ActionResult;

use crate::net::clock;
use crate::net::counters::COUNTERS;
use crate::net::direct::Direct;
use crate::net::event_queue::{Awake, EventQueue, Place, WaitList};
use crate::net::mail::MailBox;
use crate::net::media::Media;
use crate::net::outside::Outside;
use crate::net::transport_events::TransportEvents;
use crate::net::worker::Inbox;

/// Names a connection, or a socket that connections share, within the process. Never reused.
pub(crate) type ConnectionKey = u64;

/// Asks the worker for a turn, for a connection or a shared socket. Also what their sockets wake.
pub(crate) struct Bell {
    key: ConnectionKey,
    inbox: Arc<Inbox>,
    rung: AtomicBool,
}

impl Bell {
    pub(crate) fn new(key: ConnectionKey, inbox: Arc<Inbox>) -> Self {
        Bell { key, inbox, rung: AtomicBool::new(false) }
    }

    pub(crate) fn key(&self) -> ConnectionKey {
        self.key
    }

    pub(crate) fn inbox(&self) -> &Arc<Inbox> {
        &self.inbox
    }

    /// Asks for a turn, once until it begins.
    pub(crate) fn ring(&self) {
        if self.claim() {
            self.inbox.ring(self.key);
        }
    }

    /// Whether nobody has asked for the next turn yet. The caller does now.
    pub(crate) fn claim(&self) -> bool {
        !self.rung.swap(true, Ordering::AcqRel)
    }

    /// The turn begins: what is asked for from now on needs another one.
    pub(crate) fn silence(&self) {
        self.rung.swap(false, Ordering::AcqRel);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

/// A connection: what its handles and its worker both hold.
pub(crate) struct Connection {
    pub(crate) key: ConnectionKey,
    pub(crate) bell: Arc<Bell>,
    /// What sockets that it shares with others have received for it.
    pub(crate) mail: MailBox,
    shared: Mutex<Shared>,
}

impl Connection {
    /// With `outside`, tasks are performed there.
    pub(crate) fn new(
        key: ConnectionKey,
        inbox: Arc<Inbox>,
        peer: PeerConnection,
        outside: Option<Outside>,
    ) -> Self {
        let bell = Arc::new(Bell::new(key, inbox));
        Connection { key, bell, mail: MailBox::default(), shared: Mutex::new(Shared::new(peer, outside)) }
    }

    /// Runs `f` under the lock; what it woke is woken after the lock is released.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut Shared) -> R) -> R {
        self.with_then(f, |shared| {
            shared.tell_loop();
            std::mem::take(&mut shared.awake)
        })
    }

    /// The same while a worker takes something in, as the first part of its turn: neither is a loop told of tasks yet, nor
    /// anybody woken. They would wait for the lock, and the loop be woken again for each further batch.
    pub(crate) fn with_more_to_come<R>(&self, f: impl FnOnce(&mut Shared) -> R) -> R {
        self.with_then(f, |shared| {
            shared.note_tasks();
            Awake::new()
        })
    }

    /// The same in the later parts of a worker's turn. Whoever waits is woken at its end, which is [`with`](Self::with); but
    /// a loop hears of its tasks at once: that a message leaves comes before all that the peer makes of it.
    pub(crate) fn with_more_to_do<R>(&self, f: impl FnOnce(&mut Shared) -> R) -> R {
        self.with_then(f, |shared| {
            shared.tell_loop();
            if shared.has_loop() { std::mem::take(&mut shared.awake) } else { Awake::new() }
        })
    }

    /// Wakes what `then` gives when the lock is released.
    fn with_then<R>(&self, f: impl FnOnce(&mut Shared) -> R, then: impl FnOnce(&mut Shared) -> Awake) -> R {
        let _alarm = PanicAlarm(&self.bell);
        let mut shared = self.lock();
        let result = f(&mut shared);
        let awake = then(&mut shared);
        drop(shared);
        awake.into_iter().for_each(Waker::wake);
        result
    }

    /// Runs `f` under the lock at this moment, and has the worker look at what it left.
    pub(crate) fn call<R>(&self, f: impl FnOnce(&mut Shared, Instant) -> R) -> R {
        let now = clock::now();
        let result = self.with(|shared| f(shared, now));
        self.bell.ring();
        result
    }

    /// Statistics, as they are now.
    ///
    /// # Errors
    /// `OperationError` if the connection failed internally, and the selector's.
    pub(crate) fn stats(&self, selector: &StatsSelector) -> Result<StatsReport, Error> {
        let now = clock::now();
        self.with(|shared| match shared.fate {
            Fate::Broken => Err(Error::new(ErrorName::OperationError, "the connection failed internally")),
            Fate::Open | Fate::Closed => shared.peer.selected_stats(now, selector),
        })
    }

    /// Whether data goes over this path now.
    pub(crate) fn uses(&self, path: Path) -> bool {
        self.with(|shared| shared.fate == Fate::Open && shared.peer.session().is_in_use(path))
    }

    /// Closes the connection; the worker sends what is left to be sent and frees what it holds.
    pub(crate) fn close(&self) {
        if self.with(|shared| shared.fate == Fate::Open) {
            self.call(Shared::close);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(|poisoned| {
            // Something panicked halfway through a change: the state machine is not to be driven any more.
            self.shared.clear_poison();
            let mut shared = PoisonError::into_inner(poisoned);
            shared.break_down();
            shared
        })
    }
}

/// Has the worker look after a connection that panicked under somebody's hands: it frees what the connection
/// holds and wakes whoever waits.
struct PanicAlarm<'a>(&'a Bell);

impl Drop for PanicAlarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.ring();
        }
    }
}

/// How a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It lives.
    Open,
    /// It was closed, and its worker sends what closing needs.
    Closed,
    /// Driving it panicked, so that the state machine may be inconsistent, or nobody drives it any more: it is left alone.
    Broken,
}

/// An asynchronous call.
enum Operation {
    Pending(Option<Waker>),
    Settled(Result<Outcome, Error>),
}

/// What the application has of a channel and the state machine does not know.
pub(crate) struct Channel {
    /// Bounded: messages by the room that the channel grants, `bufferedamountlow` to one, the others come once.
    events: EventQueue<ChannelEvent>,
    /// Waiting for the channel to open or its buffer to drain.
    room: WaitList,
    /// A `bufferedamountlow` is in the queue: another one would say nothing new.
    low_queued: bool,
    /// Bytes of taken messages that were not granted again yet.
    owed: usize,
    /// No more events come.
    over: bool,
    /// The attributes when the handle was made, for when the state machine has forgotten the channel.
    view: ChannelView,
}

/// What the lock guards.
pub(crate) struct Shared {
    pub(crate) peer: PeerConnection,
    pub(crate) fate: Fate,
    /// Answers to actions that took longer than a turn. Bounded by the actions under way.
    pub(crate) results: Vec<ActionResult>,
    /// Bounded: see [`Shared::push_event`].
    events: EventQueue<Event>,
    /// How many of them are channels of the remote peer.
    unseen_channels: usize,
    operations: BTreeMap<OperationId, Operation>,
    /// Boxed, as a map with one entry has room for eleven.
    channels: BTreeMap<ChannelId, Box<Channel>>,
    /// Channels whose `room` list is not empty.
    short_of_room: Vec<ChannelId>,
    pub(crate) media: Media,
    pub(crate) transports: TransportEvents,
    pub(crate) outside: Option<Outside>,
    pub(crate) direct: Direct,
    pub(crate) awake: Awake,
}

/// Room is granted again in steps of this many bytes, at most: a grant makes the worker look at the connection, and a
/// quarter of the room that a channel has is early enough.
const GRANT_STEP: usize = 256 * 1024;

/// The step of each of so many channels: what all of them together have taken and not granted yet is a small part of what
/// a connection may have unread.
pub(crate) fn grant_step(channels: usize) -> usize {
    GRANT_STEP.min(session::MAX_UNREAD / 8 / channels.max(1))
}

/// `ready()` waits until a channel's `buffered_amount` is below this many bytes: enough to keep a fast path
/// busy while the application makes the next message, and far below what `send` refuses.
pub(crate) const READY_BELOW: usize = 1024 * 1024;

/// Who waits for that is woken here, so that a wake-up is worth more than one message.
const WAKE_BELOW: usize = READY_BELOW / 4 * 3;

/// Channels of the remote peer that wait for the application to look at them. As many as there can be at once;
/// a peer that opens and closes them without end has the others refused.
const MAX_UNSEEN_CHANNELS: usize = 16_384;

/// With so many events waiting, a new connection state replaces the last one that waits.
const MAX_UNSEEN_STATES: usize = 4096;

impl Shared {
    fn new(peer: PeerConnection, outside: Option<Outside>) -> Self {
        Shared {
            peer,
            fate: Fate::Open,
            results: Vec::new(),
            events: EventQueue::default(),
            unseen_channels: 0,
            operations: BTreeMap::new(),
            channels: BTreeMap::new(),
            short_of_room: Vec::new(),
            media: Media::default(),
            transports: TransportEvents::default(),
            outside,
            direct: Direct::default(),
            awake: Awake::new(),
        }
    }

    /// Moves what the state machine has to say into the application's queues. An event loop elsewhere takes it itself.
    pub(crate) fn take_events(&mut self, now: Instant) {
        if self.has_loop() {
            return;
        }
        while let Some(event) = self.peer.poll_event() {
            if self.fate != Fate::Open {
                continue;
            }
            match event {
                Event::Settled(id, result) => self.settle(id, result),
                Event::Channel(id, event) => self.take_channel_event(now, id, event),
                Event::DataChannel(id) => self.take_channel(now, id),
                event => {
                    let rest = self.take_media_event(event);
                    if let Some(event) = rest.and_then(|event| self.take_transport_event(event)) {
                        self.push_event(event);
                    }
                }
            }
        }
    }

    /// A channel of the remote peer.
    fn take_channel(&mut self, now: Instant, id: ChannelId) {
        if self.unseen_channels >= MAX_UNSEEN_CHANNELS {
            COUNTERS.channels_refused.add(1);
            self.peer.channel_close(now, id);
        } else if self.adopt_channel(id) {
            self.unseen_channels += 1;
            self.events.push(Event::DataChannel(id), &mut self.awake);
        }
    }

    /// An event that is not about a channel. The application's own calls bound most of them: so many negotiations,
    /// so many candidates. A transport fails once. Only a path that comes and goes could make events for ever, to
    /// an application that never looks at any; the last state stays.
    pub(crate) fn push_event(&mut self, event: Event) {
        let is_state = matches!(event, Event::IceConnectionStateChange(_) | Event::ConnectionStateChange(_));
        if is_state && self.events.len() >= MAX_UNSEEN_STATES {
            let kind = std::mem::discriminant(&event);
            if let Some(newest) = self.events.newest(|waiting| std::mem::discriminant(waiting) == kind) {
                *newest = event;
                return;
            }
        }
        self.events.push(event, &mut self.awake);
    }

    fn settle(&mut self, id: OperationId, result: Result<Outcome, Error>) {
        self.settle_media(id, &result);
        // Without a slot nobody waits any more.
        if let Some(slot) = self.operations.get_mut(&id)
            && let Operation::Pending(waker) = std::mem::replace(slot, Operation::Settled(result))
        {
            self.awake.extend(waker);
        }
    }

    fn take_channel_event(&mut self, now: Instant, id: ChannelId, event: ChannelEvent) {
        let Some(channel) = self.channels.get_mut(&id) else {
            // The handle is gone and the channel closes: its messages must not hold up the stream's reset.
            if let ChannelEvent::Message(payload) = event {
                self.peer.channel_grant(now, id, payload.cost());
            }
            return;
        };
        if channel.over || (channel.low_queued && event == ChannelEvent::BufferedAmountLow) {
            return;
        }
        match event {
            ChannelEvent::BufferedAmountLow => channel.low_queued = true,
            ChannelEvent::Close => channel.over = true,
            _ => {}
        }
        if matches!(event, ChannelEvent::Open | ChannelEvent::Closing | ChannelEvent::Close) {
            channel.room.wake(&mut self.awake);
        }
        channel.events.push(event, &mut self.awake);
    }

    /// Wakes who waits for room in a channel that has some now.
    pub(crate) fn wake_where_there_is_room(&mut self) {
        let Shared { peer, channels, short_of_room, awake, .. } = self;
        short_of_room.retain(|id| {
            let Some(channel) = channels.get_mut(id) else { return false };
            let wait = room(peer, *id, WAKE_BELOW) == Some(Room::Later);
            if !wait {
                channel.room.wake(awake);
            }
            wait && !channel.room.is_empty()
        });
    }

    /// Closes the connection: W3C's state at once, every waiting task woken.
    pub(crate) fn close(&mut self, now: Instant) {
        if self.fate != Fate::Open {
            return;
        }
        self.take_events(now);
        self.peer.close(now);
        self.take_events(now);
        self.end(Fate::Closed, || {
            Error::new(ErrorName::InvalidStateError, "the connection was closed before the operation settled")
        });
    }

    /// Driving the connection panicked: as closed, but the state machine is not asked anything any more.
    pub(crate) fn break_down(&mut self) {
        self.break_off("the connection failed internally");
    }

    /// The runtime that drove the connection has ended.
    pub(crate) fn desert(&mut self) {
        self.break_off("the runtime that drives the connection has ended");
    }

    fn break_off(&mut self, reason: &str) {
        if self.fate == Fate::Broken {
            return;
        }
        if self.fate == Fate::Open {
            let event = Event::ConnectionStateChange(PeerConnectionState::Closed);
            self.events.push(event, &mut self.awake);
        }
        self.end(Fate::Broken, || Error::new(ErrorName::OperationError, reason));
    }

    fn end(&mut self, fate: Fate, error: impl Fn() -> Error) {
        self.fate = fate;
        for slot in self.operations.values_mut() {
            if let Operation::Pending(waker) = slot {
                self.awake.extend(waker.take());
                *slot = Operation::Settled(Err(error()));
            }
        }
        self.end_media();
        self.end_transports();
        self.events.wake(&mut self.awake);
        self.short_of_room.clear();
        for channel in self.channels.values_mut() {
            channel.over = true;
            channel.events.wake(&mut self.awake);
            channel.room.wake(&mut self.awake);
        }
    }

    /// `InvalidStateError` once the connection is closed.
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        match self.fate {
            Fate::Open => Ok(()),
            Fate::Closed | Fate::Broken => {
                Err(Error::new(ErrorName::InvalidStateError, "the connection is closed"))
            }
        }
    }

    /// Begins an asynchronous call.
    pub(crate) fn begin(
        &mut self,
        start: impl FnOnce(&mut Self) -> Result<OperationId, Error>,
    ) -> Result<OperationId, Error> {
        self.check_open()?;
        let id = start(self)?;
        self.operations.insert(id, Operation::Pending(None));
        Ok(id)
    }

    /// How an asynchronous call ended.
    pub(crate) fn poll_operation(
        &mut self,
        id: OperationId,
        cx: &Context<'_>,
    ) -> Poll<Result<Outcome, Error>> {
        match self.operations.get_mut(&id) {
            Some(Operation::Pending(waker)) => {
                if !waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
                    self.awake.extend(waker.replace(cx.waker().clone()));
                }
                Poll::Pending
            }
            Some(Operation::Settled(result)) => {
                let result = result.clone();
                self.operations.remove(&id);
                if self.operations.is_empty() {
                    // An empty map keeps memory for the next eleven.
                    self.operations = BTreeMap::new();
                }
                Poll::Ready(result)
            }
            // It was ready before.
            None => Poll::Pending,
        }
    }

    /// The caller does not want to know any more. The operation goes on.
    pub(crate) fn forget_operation(&mut self, id: OperationId) {
        if let Some(Operation::Pending(waker)) = self.operations.remove(&id) {
            self.awake.extend(waker);
        }
    }

    /// The connection's next event; `None` when it is closed and everything was taken.
    pub(crate) fn poll_event(&mut self, place: &mut Place, cx: &Context<'_>) -> Poll<Option<Event>> {
        if let Some(event) = self.events.pop() {
            if matches!(event, Event::DataChannel(_)) {
                self.unseen_channels -= 1;
            }
            return Poll::Ready(Some(event));
        }
        if self.fate != Fate::Open {
            return Poll::Ready(None);
        }
        self.events.wait(place, cx.waker(), &mut self.awake);
        Poll::Pending
    }

    /// Whether events of the connection wait.
    pub(crate) fn has_events(&self) -> bool {
        self.events.len() > 0
    }

    /// The connection's next event.
    pub(crate) fn pop_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// A reader of the connection's events is gone.
    pub(crate) fn leave_events(&mut self, place: &mut Place) {
        self.events.leave(place, &mut self.awake);
    }

    /// Keeps queues for a channel from now on.
    pub(crate) fn adopt_channel(&mut self, id: ChannelId) -> bool {
        let Some(view) = self.peer.channel(id) else { return false };
        self.channels.entry(id).or_insert_with(|| {
            Box::new(Channel {
                events: EventQueue::default(),
                room: WaitList::default(),
                low_queued: false,
                owed: 0,
                over: false,
                view,
            })
        });
        true
    }

    /// The channel's attributes.
    pub(crate) fn channel_view(&self, id: ChannelId) -> Option<ChannelView> {
        let gone = || {
            let channel = self.channels.get(&id)?;
            Some(ChannelView { ready_state: DataChannelState::Closed, ..channel.view.clone() })
        };
        if self.fate == Fate::Broken { gone() } else { self.peer.channel(id).or_else(gone) }
    }

    /// The channel's state.
    pub(crate) fn ready_state(&self, id: ChannelId) -> DataChannelState {
        let known = if self.fate == Fate::Broken { None } else { self.peer.channel_ready_state(id) };
        known.unwrap_or(DataChannelState::Closed)
    }

    /// The bytes in the channel's buffer; `None` if it is long gone.
    pub(crate) fn buffered_amount(&self, id: ChannelId) -> Option<usize> {
        if self.fate == Fate::Broken { None } else { self.peer.channel_buffered_amount(id) }
    }

    /// The channel's next event; `None` after its last one. The flag asks for the worker: room was granted.
    pub(crate) fn poll_channel_event(
        &mut self,
        id: ChannelId,
        place: &mut Place,
        cx: &Context<'_>,
    ) -> (Poll<Option<ChannelEvent>>, bool) {
        let step = grant_step(self.channels.len());
        let Some(channel) = self.channels.get_mut(&id) else { return (Poll::Ready(None), false) };
        let Some(event) = channel.events.pop() else {
            if channel.over {
                return (Poll::Ready(None), false);
            }
            channel.events.wait(place, cx.waker(), &mut self.awake);
            return (Poll::Pending, false);
        };
        let mut granted = false;
        match &event {
            ChannelEvent::Message(payload) => {
                channel.owed += payload.cost();
                if self.fate == Fate::Open && channel.owed >= step {
                    let bytes = std::mem::take(&mut channel.owed);
                    self.peer.channel_grant(clock::now(), id, bytes);
                    granted = true;
                }
            }
            ChannelEvent::BufferedAmountLow => channel.low_queued = false,
            _ => {}
        }
        (Poll::Ready(Some(event)), granted)
    }

    /// A reader of the channel's events is gone.
    pub(crate) fn leave_channel_events(&mut self, id: ChannelId, place: &mut Place) {
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.events.leave(place, &mut self.awake);
        }
    }

    /// Whether the channel is open with room in its buffer.
    pub(crate) fn poll_ready(
        &mut self,
        id: ChannelId,
        place: &mut Place,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let room = if self.fate == Fate::Open { room(&self.peer, id, READY_BELOW) } else { None };
        let (Some(room), Some(channel)) = (room, self.channels.get_mut(&id)) else {
            return Poll::Ready(Err(Error::new(ErrorName::InvalidStateError, "the channel is closed")));
        };
        if room == Room::Now {
            return Poll::Ready(Ok(()));
        }
        channel.room.enter(place, cx.waker(), &mut self.awake);
        if !self.short_of_room.contains(&id) {
            self.short_of_room.push(id);
        }
        Poll::Pending
    }

    /// Who waited for room does not any more.
    pub(crate) fn leave_room(&mut self, id: ChannelId, place: &mut Place) {
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.room.leave(place, &mut self.awake);
        }
    }

    /// The last handle of a channel was dropped: nobody can read it any more, so it closes.
    pub(crate) fn release_channel(&mut self, now: Instant, id: ChannelId) {
        let Some(mut channel) = self.channels.remove(&id) else { return };
        channel.events.wake(&mut self.awake);
        channel.room.wake(&mut self.awake);
        if self.fate != Fate::Open {
            return;
        }
        self.peer.channel_close(now, id);
        // What was taken and what was left unread: the stream must not wait for it.
        let mut owed = channel.owed;
        while let Some(event) = channel.events.pop() {
            if let ChannelEvent::Message(payload) = event {
                owed += payload.cost();
            }
        }
        if owed > 0 {
            self.peer.channel_grant(now, id, owed);
        }
    }
}

/// When a message may go into a channel's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Now,
    Later,
}

/// The room of a channel below so many buffered bytes; `None` if it closes or is closed.
fn room(peer: &PeerConnection, id: ChannelId, below: usize) -> Option<Room> {
    match peer.channel_ready_state(id)? {
        DataChannelState::Open if peer.channel_buffered_amount(id)? < below => Some(Room::Now),
        DataChannelState::Open | DataChannelState::Connecting => Some(Room::Later),
        DataChannelState::Closing | DataChannelState::Closed => None,
    }
}

/// What every handle of a connection shares. The last one that is dropped closes the connection.
pub(crate) struct Handle {
    connection: Arc<Connection>,
}

impl Handle {
    pub(crate) fn new(connection: Arc<Connection>) -> Arc<Self> {
        Arc::new(Handle { connection })
    }

    #[cfg(test)]
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl std::ops::Deref for Handle {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.connection.close();
    }
}

#[cfg(test)]
mod tests;
