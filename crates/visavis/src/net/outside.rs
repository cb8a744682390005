//! The other way to perform a connection's W3C tasks: not by its worker, but on the event loop of a language binding.
//! Everything below tasks (sockets, timers, acknowledgements, sending) stays with the worker and waits for nobody.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;
use std::time::Instant;

use peer::{ChannelEvent, ChannelId, Event, TaskCounts};

use crate::net::connection::{Fate, Shared, grant_step};

/// The process's clock of tasks: it ticks when tasks are queued.
static TICKS: AtomicU64 = AtomicU64::new(0);

/// Tasks that were queued at the same time.
struct Queued {
    count: usize,
    tick: u64,
}

/// When tasks were queued that are performed in that order.
#[derive(Default)]
struct Backlog {
    /// Never more of them than tasks.
    queued: VecDeque<Queued>,
    /// The sum of their counts.
    count: usize,
}

/// What a connection keeps for the event loop that performs its tasks.
pub(crate) struct Outside {
    /// Woken when there is a task, once until the loop has found that there is none.
    waker: Waker,
    is_told: bool,
    /// Bytes of messages that the loop took and that were not granted again yet, less than a step for each channel.
    owed: BTreeMap<ChannelId, usize>,
    /// What calls have queued, which is performed before what has happened; each in its own order.
    calls: Backlog,
    events: Backlog,
}

impl Outside {
    pub(crate) fn new(waker: Waker) -> Self {
        let (calls, events) = Default::default();
        Outside { waker, is_told: false, owed: BTreeMap::new(), calls, events }
    }

    fn note(&mut self, counts: TaskCounts) {
        self.calls.note(counts.calls);
        self.events.note(counts.events);
    }

    /// When the first of the tasks that wait was queued, if they are counted.
    fn first(&self) -> Option<u64> {
        self.calls.first().into_iter().chain(self.events.first()).min()
    }
}

impl Backlog {
    fn first(&self) -> Option<u64> {
        self.queued.front().map(|first| first.tick)
    }

    /// Takes note that so many tasks wait now: further ones were queued just now, and those that are gone were the
    /// first.
    fn note(&mut self, count: usize) {
        if count == self.count {
            return;
        }
        let more = count.saturating_sub(self.count);
        if more > 0 {
            match self.queued.back_mut() {
                // Nothing was queued elsewhere in between.
                Some(last) if last.tick + 1 == TICKS.load(Ordering::Relaxed) => last.count += more,
                _ => {
                    let tick = TICKS.fetch_add(1, Ordering::Relaxed);
                    self.queued.push_back(Queued { count: more, tick });
                }
            }
        }
        let mut less = self.count.saturating_sub(count);
        while less > 0
            && let Some(first) = self.queued.front_mut()
        {
            let gone = less.min(first.count);
            first.count -= gone;
            less -= gone;
            if first.count == 0 {
                self.queued.pop_front();
            }
        }
        self.count = count;
    }
}

/// What a task left when the loop had performed it.
pub(crate) struct Performed {
    /// Its events in order.
    pub(crate) events: Vec<Event>,
    /// What [`Shared::loop_order`] says now.
    pub(crate) next: Option<u64>,
    /// The worker is to look at the connection.
    pub(crate) concerns_worker: bool,
}

impl Shared {
    /// Whether tasks are somebody else's to perform.
    pub(crate) fn has_loop(&self) -> bool {
        self.outside.is_some()
    }

    /// Takes note of when tasks were queued.
    pub(crate) fn note_tasks(&mut self) {
        let counts = self.peer.task_counts();
        if let Some(outside) = &mut self.outside {
            outside.note(counts);
        }
    }

    /// Wakes the loop if there is a task that it does not know of.
    pub(crate) fn tell_loop(&mut self) {
        self.note_tasks();
        let has_task = self.has_loop_task();
        if let Some(outside) = self.outside.as_mut().filter(|outside| has_task && !outside.is_told) {
            outside.is_told = true;
            self.awake.push(outside.waker.clone());
        }
    }

    /// When the first task that waits was queued, on a clock of the process. `None` if there is none: then the loop is
    /// woken for the next.
    pub(crate) fn loop_order(&mut self) -> Option<u64> {
        let has_task = self.has_loop_task();
        let outside = self.outside.as_mut()?;
        outside.is_told &= has_task;
        // Some are not counted; they come before all others.
        has_task.then(|| outside.first().unwrap_or(0))
    }

    fn has_loop_task(&self) -> bool {
        match self.fate {
            Fate::Open | Fate::Closed => self.peer.has_task(),
            // That it broke is all that there is to say.
            Fate::Broken => self.has_events(),
        }
    }

    /// Performs one task. `None` if there is none: then the loop is woken for the next.
    pub(crate) fn run_loop_task(&mut self, now: Instant) -> Option<Performed> {
        let before = self.peer.task_counts();
        // A run of messages ends where tasks of others come in between.
        let messages = self
            .outside
            .as_ref()
            .and_then(|outside| outside.events.queued.front())
            .map_or(1, |first| first.count);
        let ran = match self.fate {
            Fate::Open | Fate::Closed => self.peer.run_task_within(now, messages),
            Fate::Broken => self.has_events(),
        };
        let counts = self.peer.task_counts();
        if let Some(outside) = &mut self.outside {
            if !ran {
                outside.is_told = false;
                return None;
            }
            // What the task itself queued is new.
            let left = before.without_next();
            outside.calls.note(left.calls.min(counts.calls));
            outside.events.note(left.events.min(counts.events));
            outside.note(counts);
        }
        let mut events = Vec::new();
        let mut granted = false;
        let mut is_run = true;
        while let Some(event) = self.next_loop_event() {
            match &event {
                Event::Channel(id, event @ ChannelEvent::Message(_)) => {
                    granted |= self.settle_account(now, *id, event);
                }
                Event::Channel(id, event) => {
                    self.settle_account(now, *id, event);
                    is_run = false;
                }
                _ => is_run = false,
            }
            events.push(event);
        }
        // Tasks also send: what an applied description begins, for one. Messages only give room back.
        let concerns_worker = granted || !is_run || events.is_empty();
        Some(Performed { events, next: self.loop_order(), concerns_worker })
    }

    /// Settles the promise of a call that has its result already. `None` if there is none.
    pub(crate) fn run_loop_microtask(&mut self, now: Instant) -> Option<Vec<Event>> {
        let ran = matches!(self.fate, Fate::Open | Fate::Closed) && self.peer.run_microtask(now);
        ran.then(|| std::iter::from_fn(|| self.next_loop_event()).collect())
    }

    fn next_loop_event(&mut self) -> Option<Event> {
        match self.fate {
            Fate::Open | Fate::Closed => self.peer.poll_event(),
            Fate::Broken => self.pop_event(),
        }
    }

    /// The loop takes messages in the order of their tasks and when it is done with the last ones: then there is room
    /// for others.
    fn settle_account(&mut self, now: Instant, id: ChannelId, event: &ChannelEvent) -> bool {
        let Some(outside) = &mut self.outside else { return false };
        let step = grant_step(outside.owed.len());
        match event {
            ChannelEvent::Message(payload) => {
                let owed = outside.owed.entry(id).or_default();
                *owed += payload.cost();
                if *owed < step {
                    return false;
                }
                let bytes = std::mem::take(owed);
                self.peer.channel_grant(now, id, bytes);
                true
            }
            ChannelEvent::Close => {
                outside.owed.remove(&id);
                false
            }
            _ => false,
        }
    }
}
