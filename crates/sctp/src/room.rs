//! Giving back what bursts took.

use std::collections::VecDeque;

/// An empty queue keeps room for so many, a batch of packets: on a short path all has arrived between two batches, and to
/// make room anew for each would cost the sender a quarter of its time.
const MAX_KEPT: usize = 64;

/// Gives back what a queue took that is empty now, beyond a little.
pub(crate) fn give_back<T>(queue: &mut VecDeque<T>) {
    if queue.is_empty() && queue.capacity() > MAX_KEPT {
        *queue = VecDeque::new();
    }
}
