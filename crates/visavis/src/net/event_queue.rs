//! Events that wait for their reader, and readers that wait for events.

use std::collections::VecDeque;
use std::task::Waker;

/// Tasks to wake, collected under a connection's lock and woken after it is released: waking, and even
/// dropping, a waker may run any code, also code that takes the lock.
pub(crate) type Awake = Vec<Waker>;

/// Who waits for something. Each waiter has a place of its own and gives it back when it goes, so the list is
/// as long as there are waiters.
#[derive(Default)]
pub(crate) struct WaitList {
    /// In the order of their numbers.
    waiting: Vec<(u64, Waker)>,
    last: u64,
}

/// A waiter's place in a [`WaitList`]; no place while it does not wait.
#[derive(Default)]
pub(crate) struct Place(Option<u64>);

impl Place {
    /// Whether the waiter may be in the list. It is not any more if it was woken.
    pub(crate) fn is_taken(&self) -> bool {
        self.0.is_some()
    }
}

impl WaitList {
    /// Has the waiter woken once.
    pub(crate) fn enter(&mut self, place: &mut Place, waker: &Waker, awake: &mut Awake) {
        let known = place.0.and_then(|number| self.find(number)).and_then(|at| self.waiting.get_mut(at));
        match known {
            Some((_, known)) if known.will_wake(waker) => {}
            Some((_, known)) => awake.push(std::mem::replace(known, waker.clone())),
            None => {
                self.last += 1;
                *place = Place(Some(self.last));
                self.waiting.push((self.last, waker.clone()));
            }
        }
    }

    /// The waiter does not wait any more.
    pub(crate) fn leave(&mut self, place: &mut Place, awake: &mut Awake) {
        if let Some(at) = place.0.take().and_then(|number| self.find(number)) {
            awake.push(self.waiting.remove(at).1);
        }
    }

    pub(crate) fn wake(&mut self, awake: &mut Awake) {
        awake.extend(self.waiting.drain(..).map(|(_, waker)| waker));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn find(&self, number: u64) -> Option<usize> {
        self.waiting.binary_search_by_key(&number, |(number, _)| *number).ok()
    }
}

/// Bytes that a queue keeps while it is empty: a channel's events, one at a time, need no other.
const MAX_KEPT: usize = 512;

/// Events in order, each for one reader. Whoever fills it sees to its bound.
pub(crate) struct EventQueue<T> {
    queue: VecDeque<T>,
    readers: WaitList,
}

impl<T> Default for EventQueue<T> {
    fn default() -> Self {
        EventQueue { queue: VecDeque::new(), readers: WaitList::default() }
    }
}

impl<T> EventQueue<T> {
    pub(crate) fn push(&mut self, event: T, awake: &mut Awake) {
        self.queue.push_back(event);
        self.readers.wake(awake);
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let event = self.queue.pop_front();
        // What a burst or a set-up took is not kept for the connection's life.
        if self.queue.is_empty() && self.queue.capacity() * size_of::<T>() > MAX_KEPT {
            self.queue = VecDeque::new();
        }
        event
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// The newest event of those that wait and are like this.
    pub(crate) fn newest(&mut self, is_like: impl Fn(&T) -> bool) -> Option<&mut T> {
        self.queue.iter_mut().rev().find(|event| is_like(event))
    }

    pub(crate) fn wait(&mut self, place: &mut Place, waker: &Waker, awake: &mut Awake) {
        self.readers.enter(place, waker, awake);
    }

    pub(crate) fn leave(&mut self, place: &mut Place, awake: &mut Awake) {
        self.readers.leave(place, awake);
    }

    pub(crate) fn wake(&mut self, awake: &mut Awake) {
        self.readers.wake(awake);
    }
}

#[cfg(test)]
mod tests;
