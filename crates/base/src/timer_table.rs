//! Every timer a named variant.

use std::fmt;
use std::time::Instant;

/// The names of a layer's timers: a fieldless enum whose variants count up from 0.
///
/// ```
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// enum Timer {
///     Retransmit,
///     Keepalive,
/// }
/// impl base::TimerName<2> for Timer {
///     const ALL: [Self; 2] = [Timer::Retransmit, Timer::Keepalive];
///     fn index(self) -> usize {
///         self as usize
///     }
/// }
/// ```
pub trait TimerName<const N: usize>: Copy {
    /// Every name, in the order of [`index`](TimerName::index).
    const ALL: [Self; N];
    /// The name's place in [`ALL`](TimerName::ALL).
    fn index(self) -> usize;
}

/// One optional deadline for each timer name.
#[derive(Clone)]
pub struct TimerTable<T, const N: usize> {
    deadlines: [Option<Instant>; N],
    names: std::marker::PhantomData<T>,
}

impl<T: TimerName<N>, const N: usize> TimerTable<T, N> {
    /// A table with nothing set.
    pub fn new() -> Self {
        TimerTable { deadlines: [None; N], names: std::marker::PhantomData }
    }

    /// Sets (or moves) a timer.
    pub fn set(&mut self, timer: T, deadline: Instant) {
        self.deadlines[timer.index()] = Some(deadline);
    }

    /// Stops a timer.
    pub fn stop(&mut self, timer: T) {
        self.deadlines[timer.index()] = None;
    }

    /// When a timer is due, if it runs.
    pub fn get(&self, timer: T) -> Option<Instant> {
        self.deadlines[timer.index()]
    }

    /// The earliest deadline.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.iter().flatten().min().copied()
    }

    /// Stops and returns the earliest timer that is due at `now`. Call until `None`.
    pub fn pop_expired(&mut self, now: Instant) -> Option<T> {
        let due = T::ALL
            .into_iter()
            .filter_map(|timer| self.get(timer).map(|deadline| (deadline, timer)))
            .filter(|(deadline, _)| *deadline <= now)
            .min_by_key(|(deadline, _)| *deadline)?;
        self.stop(due.1);
        Some(due.1)
    }
}

impl<T: TimerName<N>, const N: usize> Default for TimerTable<T, N> {
    fn default() -> Self {
        TimerTable::new()
    }
}

impl<T: TimerName<N> + fmt::Debug, const N: usize> fmt::Debug for TimerTable<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(T::ALL.into_iter().filter_map(|timer| self.get(timer).map(|deadline| (timer, deadline))))
            .finish()
    }
}
