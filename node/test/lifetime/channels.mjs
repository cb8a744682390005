import { RTCPeerConnection } from '../../js/generated/index.mjs';
import { negotiate, once, trickle } from '../pair.mjs';

/** Two connections and an open channel between them. */
export async function connect() {
  const [a, b] = [0, 1].map(() => new RTCPeerConnection({ includeLoopback: true }));
  trickle(a, b);
  trickle(b, a);
  const channel = a.createDataChannel('');
  const opened = once(channel, 'open');
  const arrived = once(b, 'datachannel');
  await negotiate(a, b);
  await opened;
  return { a, b, channel, other: (await arrived).channel };
}
