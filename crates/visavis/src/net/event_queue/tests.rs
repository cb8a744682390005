use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use super::*;

#[derive(Default)]
struct Count(AtomicUsize);

impl Count {
    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

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
    let (mut queue, mut awake, mut place) = (EventQueue::default(), Awake::new(), Place::default());
    queue.wait(&mut place, &waker, &mut awake);
    queue.wait(&mut place, &waker, &mut awake);
    queue.push(1, &mut awake);
    queue.push(2, &mut awake);
    wake_all(&mut awake);
    assert_eq!(count.get(), 1);
    assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some(1), Some(2), None));
}

#[test]
fn a_waiter_that_moved_to_another_task_is_woken_there() {
    let (old, new) = (Arc::new(Count::default()), Arc::new(Count::default()));
    let (mut list, mut awake, mut place) = (WaitList::default(), Awake::new(), Place::default());
    list.enter(&mut place, &Waker::from(Arc::clone(&old)), &mut awake);
    list.enter(&mut place, &Waker::from(Arc::clone(&new)), &mut awake);
    awake.clear();
    list.wake(&mut awake);
    wake_all(&mut awake);
    assert_eq!((old.get(), new.get()), (0, 1));
}

#[test]
fn many_waiters_all_wait_until_there_is_something() {
    let counts: Vec<_> = (0..1000).map(|_| Arc::new(Count::default())).collect();
    let (mut list, mut awake) = (WaitList::default(), Awake::new());
    let mut places = Vec::new();
    for count in &counts {
        let mut place = Place::default();
        list.enter(&mut place, &Waker::from(Arc::clone(count)), &mut awake);
        places.push(place);
    }
    // Entering wakes nobody: else they would keep each other awake.
    assert!(awake.is_empty());
    for place in places.iter_mut().step_by(2) {
        list.leave(place, &mut awake);
    }
    awake.clear();
    list.wake(&mut awake);
    wake_all(&mut awake);
    assert!(counts.iter().enumerate().all(|(number, count)| count.get() == number % 2));
    assert!(list.is_empty());
}
