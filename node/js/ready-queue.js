'use strict';

/** Connections that have tasks, the one whose first task was queued first at the front: a binary heap. */
class ReadyQueue {
  #heap = [];

  get length() {
    return this.#heap.length;
  }

  /** @param order when its first task was queued; it stays the same until that is performed */
  push(connection, order) {
    const entry = { connection, order };
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent].order <= entry.order) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  shift() {
    const heap = this.#heap;
    const { connection } = heap[0];
    const last = heap.pop();
    if (heap.length > 0) this.#sink(last);
    return connection;
  }

  /** Puts an entry in the place of the first. */
  #sink(entry) {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].order < heap[child].order) child += 1;
      if (heap[child].order >= entry.order) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = entry;
  }
}

module.exports = { ReadyQueue };
