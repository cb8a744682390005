// Connects, floods both ways, and ends in one rude way: node victim.mjs LAYER WAY. Whatever the way, the exit code is 0.
// The layer is the addon by itself, or the classes around it.
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const [layer, way] = isMainThread ? process.argv.slice(2) : workerData;
const inWorker = way.startsWith('worker-');

/** Ends that can `send(bytes or text)`, have room or not, and `close()`; `onevent` is called when something comes. */
const layers = {
  async addon() {
    const { connected } = await import('../native/loop.mjs');
    return (await connected()).map((end) => {
      const { connection, channel } = end;
      const isOpen = () => connection.channelReadyState(channel) === 'open';
      return {
        hasRoom: () => isOpen() && connection.channelBufferedAmount(channel) < 1 << 20,
        send(data) {
          if (typeof data === 'string') connection.channelSendText(channel, data);
          else connection.channelSendBinary(channel, data);
        },
        offer: () => end.promise(connection.createOffer()),
        close: () => connection.close(),
        set onevent(listener) {
          end.onchannel = listener;
        },
      };
    });
  },

  async classes() {
    const { connect } = await import('../lifetime/channels.mjs');
    const { a, b, channel, other } = await connect();
    return [[a, channel], [b, other]].map(([connection, channel]) => ({
      hasRoom: () => channel.readyState === 'open' && channel.bufferedAmount < 1 << 20,
      send: (data) => channel.send(data),
      offer: () => connection.createOffer(),
      close: () => connection.close(),
      set onevent(listener) {
        channel.onmessage = channel.onbufferedamountlow = channel.onclose = listener;
      },
    }));
  },
};

/** Both ends send as much as the buffers take, as long as there is room, whenever something comes. Holds no end. */
async function flood(onEvent) {
  const ends = await layers[layer]();
  const bytes = new Uint8Array(1200);
  const fill = (end) => {
    while (end.hasRoom()) {
      end.send(bytes);
      end.send('x'.repeat(100));
    }
  };
  let events = 0;
  for (const end of ends) {
    end.onevent = () => {
      fill(end);
      onEvent(++events, ends);
    };
    fill(end);
  }
  return ends.map((end) => new WeakRef(end));
}

/** After how many events: not always the same moment. */
const when = 20 + Math.floor(Math.random() * 200);

const ways = {
  /** In the middle of a handler. */
  exit: () => flood((events) => events >= when && process.exit(0)),

  /** A handler throws what nobody catches. */
  throw: () => {
    process.on('uncaughtException', (error) => process.exit(error.message === 'rude' ? 0 : 3));
    return flood((events) => {
      if (events >= when) throw new Error('rude');
    });
  },

  /** A signal. */
  sigterm: () => {
    process.on('SIGTERM', () => process.exit(0));
    return flood((events) => events === when && process.kill(process.pid, 'SIGTERM'));
  },

  /** Closed, and used on; then nothing is left that would keep the process alive. */
  close: () =>
    flood((events, ends) => {
      if (events !== when) return;
      for (const end of ends) {
        end.close();
        try {
          end.send(new Uint8Array(10));
          process.exit(3);
        } catch (error) {
          if (error.name !== 'InvalidStateError') throw error;
        }
        end.offer().catch(() => {});
        end.close();
      }
    }),

  /** Nobody refers to the connections any more: they are collected under traffic, or never. */
  collect: async () => {
    const ends = [];
    const alive = await flood((events, both) => {
      if (events === when) ends.push(...both);
    });
    const { peer } = await import('../native/loop.mjs');
    const collect = () => {
      for (let i = 0; i < 20; i++) peer().connection.createDataChannel('x', {});
      globalThis.gc();
      if (ends.length === 0 && alive.some((end) => end.deref())) return setImmediate(collect);
      ends.forEach((end) => end.close());
      globalThis.gc();
    };
    collect();
  },

  /** The environment is torn down under traffic; the process goes on. */
  'worker-terminate': () => flood((events) => events === when && parentPort.postMessage('terminate')),

  /** The same, by its own hand. */
  'worker-exit': () => flood((events) => events >= when && process.exit(0)),

  /** The process ends while a worker is at it. */
  'worker-orphan': () => flood((events) => events === when && parentPort.postMessage('exit')),
};

if (isMainThread && inWorker) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: [layer, way] });
  worker.on('message', async (message) => {
    if (message === 'exit') process.exit(0);
    await worker.terminate();
    // What is left of it goes on a little.
    setTimeout(() => {}, 20);
  });
  worker.on('error', (error) => {
    throw error;
  });
} else {
  await ways[way]();
}
