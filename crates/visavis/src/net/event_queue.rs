//! Events that wait for their reader, and readers that wait for events.

use std::collections::VecDeque;
use std::task::Waker;

use crate::net::counters::COUNTERS;

/// Tasks to wake, collected under a connection's lock and woken after it is released: waking, and even
/// dropping, a waker may run any code, also code that takes the lock.
pub(crate) type Awake = Vec<Waker>;

/// Who waits for something.
///
/// A waiter that was dropped stays in the list until the next wake. More than [`WaitList::MAX`] wake one
/// another: each that still lives enters itself again.
#[derive(Default)]
pub(crate) struct WaitList(Vec<Waker>);

impl WaitList {
    /// More tasks than ever wait for the same thing in earnest.
    const MAX: usize = 64;

    pub(crate) fn enter(&mut self, waker: &Waker, awake: &mut Awake) {
        if self.0.iter().any(|waiting| waiting.will_wake(waker)) {
            return;
        }
        if self.0.len() >= Self::MAX {
            self.wake(awake);
        }
        self.0.push(waker.clone());
    }

    pub(crate) fn wake(&mut self, awake: &mut Awake) {
        awake.append(&mut self.0);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Events in order, each for one reader.
pub(crate) struct EventQueue<T> {
    queue: VecDeque<T>,
    waiting: WaitList,
}

impl<T> Default for EventQueue<T> {
    fn default() -> Self {
        EventQueue { queue: VecDeque::new(), waiting: WaitList::default() }
    }
}

impl<T> EventQueue<T> {
    /// What a program that never reads its events may hold of them. Only a peer that provokes events without
    /// end gets here.
    pub(crate) const MAX: usize = 65_536;

    /// Appends an event of a kind that has a bound of its own.
    pub(crate) fn push(&mut self, event: T, awake: &mut Awake) {
        self.queue.push_back(event);
        self.waiting.wake(awake);
    }

    /// Appends an event; drops it if [`MAX`](EventQueue::MAX) wait already.
    pub(crate) fn push_bounded(&mut self, event: T, awake: &mut Awake) {
        if self.queue.len() >= Self::MAX {
            COUNTERS.events_dropped.add(1);
            return;
        }
        self.push(event, awake);
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let event = self.queue.pop_front();
        // A burst should not keep its memory for the connection's life.
        if self.queue.is_empty() && self.queue.capacity() > 1024 {
            self.queue = VecDeque::new();
        }
        event
    }

    pub(crate) fn wait(&mut self, waker: &Waker, awake: &mut Awake) {
        self.waiting.enter(waker, awake);
    }

    pub(crate) fn wake(&mut self, awake: &mut Awake) {
        self.waiting.wake(awake);
    }
}

#[cfg(test)]
mod tests;
