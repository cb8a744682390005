//! How much there is to be done on an event loop.

/// The tasks of a connection that wait, by the order in which they are performed: microtasks, then what calls have
/// queued, then what has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// Promises that are settled before anything else.
    pub microtasks: usize,
    /// Steps of calls.
    pub calls: usize,
    /// Things that have happened; each message is one.
    pub events: usize,
}

impl TaskCounts {
    /// What is left when the next one has been performed.
    pub fn without_next(mut self) -> Self {
        let next = [&mut self.microtasks, &mut self.calls, &mut self.events];
        if let Some(count) = next.into_iter().find(|count| **count > 0) {
            *count -= 1;
        }
        self
    }
}
