// libdatachannel in its own package for Node.js: both ends in one process.   node libdatachannel.mjs SCENARIO
import nodeDataChannel from 'node-datachannel';

import { measure, work } from './figures.mjs';

const [scenario] = process.argv.slice(2);

/** A channel of the package in the little of W3C's interface that the work needs. */
class Channel {
  #channel;

  constructor(channel) {
    this.#channel = channel;
    channel.onMessage((data) => this.onmessage?.({ data }));
    channel.onBufferedAmountLow(() => this.onbufferedamountlow?.());
  }

  set bufferedAmountLowThreshold(bytes) {
    this.#channel.setBufferedAmountLowThreshold(bytes);
  }

  get bufferedAmount() {
    return this.#channel.bufferedAmount();
  }

  send(data) {
    this.#channel.sendMessageBinary(data);
  }
}

function connect(reliable) {
  const [a, b] = ['a', 'b'].map((name) => new nodeDataChannel.PeerConnection(name, { iceServers: [], bindAddress: '127.0.0.1' }));
  for (const [one, other] of [[a, b], [b, a]]) {
    one.onLocalDescription((sdp, type) => other.setRemoteDescription(sdp, type));
    one.onLocalCandidate((candidate, mid) => other.addRemoteCandidate(candidate, mid));
  }
  return new Promise((resolve) => {
    const channel = a.createDataChannel('bench', reliable ? {} : { unordered: true, maxRetransmits: 0 });
    const ends = {};
    const opened = () => ends.near && ends.far && resolve([ends.near, ends.far]);
    channel.onOpen(() => {
      ends.near = new Channel(channel);
      opened();
    });
    b.onDataChannel((far) => {
      ends.far = new Channel(far);
      opened();
    });
  });
}

await measure(scenario, async (kind, ...rest) => {
  const [near, far] = await connect(kind !== 'unreliable');
  return work(near, far, kind, ...rest);
});
process.exit(0);
