//! Giving back what bursts took.

use std::collections::VecDeque;

/// An empty queue keeps room for so many: more come in bursts, and then it costs little to make it.
const MAX_KEPT: usize = 16;

/// Gives back what a queue took that is empty now, beyond a little.
pub(crate) fn give_back<T>(queue: &mut VecDeque<T>) {
    if queue.is_empty() && queue.capacity() > MAX_KEPT {
        *queue = VecDeque::new();
    }
}
