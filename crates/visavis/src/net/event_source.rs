//! The events of an object that has a lock of its own. It is taken last: nothing is locked under it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use crate::net::event_queue::{Awake, EventQueue, Place};

/// As many events wait for a reader; then the oldest makes room. Most programs read only few objects' events, and a
/// remote peer must not fill the memory through the others.
const KEPT: usize = 256;

/// Where an object's events come from.
pub(crate) struct EventSource<T> {
    slots: Mutex<Slots<T>>,
}

struct Slots<T> {
    queue: EventQueue<T>,
    /// No more events come.
    is_over: bool,
}

impl<T> Default for EventSource<T> {
    fn default() -> Self {
        EventSource { slots: Mutex::new(Slots { queue: EventQueue::default(), is_over: false }) }
    }
}

impl<T> EventSource<T> {
    fn lock(&self) -> MutexGuard<'_, Slots<T>> {
        // Nothing that could panic halfway is done under it.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event. Whom it wakes is to be woken without a lock.
    pub(crate) fn push(&self, event: T, awake: &mut Awake) {
        let mut slots = self.lock();
        if slots.is_over {
            return;
        }
        if slots.queue.len() >= KEPT {
            slots.queue.pop();
        }
        slots.queue.push(event, awake);
    }

    /// No more events come.
    pub(crate) fn end(&self, awake: &mut Awake) {
        let mut slots = self.lock();
        slots.is_over = true;
        slots.queue.wake(awake);
    }

    /// The next event, if it is there.
    pub(crate) fn pop(&self) -> Option<T> {
        self.lock().queue.pop()
    }

    /// The next event; `None` after the last.
    pub(crate) fn poll(&self, place: &mut Place, cx: &Context<'_>) -> Poll<Option<T>> {
        let mut awake = Awake::new();
        let mut slots = self.lock();
        let polled = match slots.queue.pop() {
            Some(event) => Poll::Ready(Some(event)),
            None if slots.is_over => Poll::Ready(None),
            None => {
                slots.queue.wait(place, cx.waker(), &mut awake);
                Poll::Pending
            }
        };
        drop(slots);
        drop(awake);
        polled
    }

    /// A reader does not wait any more.
    pub(crate) fn leave(&self, place: &mut Place) {
        let mut awake = Awake::new();
        self.lock().queue.leave(place, &mut awake);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn push_and_wake(source: &EventSource<usize>, event: usize) {
        let mut awake = Awake::new();
        source.push(event, &mut awake);
        awake.into_iter().for_each(Waker::wake);
    }

    #[test]
    fn the_newest_events_are_kept_and_readers_are_woken() {
        let source = EventSource::default();
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let cx = Context::from_waker(&waker);
        let mut place = Place::default();
        assert_eq!(source.poll(&mut place, &cx), Poll::Pending);
        for event in 0..KEPT + 10 {
            push_and_wake(&source, event);
        }
        assert_eq!(count.0.load(Ordering::Relaxed), 1, "once for one wait");
        assert_eq!(source.poll(&mut place, &cx), Poll::Ready(Some(10)));
        assert_eq!(std::iter::from_fn(|| source.pop()).last(), Some(KEPT + 9));
        assert_eq!(source.poll(&mut place, &cx), Poll::Pending);
        let mut awake = Awake::new();
        source.end(&mut awake);
        assert_eq!(awake.len(), 1);
        push_and_wake(&source, 0);
        assert_eq!(source.poll(&mut place, &cx), Poll::Ready(None), "nothing comes after the end");
    }
}
