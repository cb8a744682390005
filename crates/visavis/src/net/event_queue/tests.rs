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

fn wake_all(awake: &mut Awake) {
    awake.drain(..).for_each(Waker::wake);
}

#[test]
fn a_waiter_is_woken_once_for_what_it_waited_for() {
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let (mut queue, mut awake) = (EventQueue::default(), Awake::new());
    queue.wait(&waker, &mut awake);
    queue.wait(&waker, &mut awake);
    queue.push(1, &mut awake);
    queue.push(2, &mut awake);
    wake_all(&mut awake);
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some(1), Some(2), None));
}

#[test]
fn waiters_that_are_gone_do_not_pile_up() {
    let (mut list, mut awake) = (WaitList::default(), Awake::new());
    for _ in 0..10 * WaitList::MAX {
        list.enter(&Waker::from(Arc::new(Count::default())), &mut awake);
        assert!(list.0.len() <= WaitList::MAX);
        wake_all(&mut awake);
    }
}

#[test]
fn a_full_queue_keeps_the_first() {
    let (mut queue, mut awake) = (EventQueue::default(), Awake::new());
    for number in 0..EventQueue::<usize>::MAX + 1 {
        queue.push_bounded(number, &mut awake);
    }
    assert_eq!(queue.pop(), Some(0));
    assert_eq!(queue.queue.len(), EventQueue::<usize>::MAX - 1);
}
