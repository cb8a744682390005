// Two connections of this process, and what tests do with them.
import { RTCPeerConnection } from '../js/generated/index.mjs';

/** The next event of that type. */
export function once(target, type) {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}

/** Resolves when `condition()` holds; it is asked again at each event of that type. */
export async function until(target, type, condition) {
  while (!condition()) await once(target, type);
}

/** A connection that also finds its peer where there is no network. It is closed when the test is over. */
export function connection(t, configuration = {}) {
  const pc = new RTCPeerConnection({ includeLoopback: true, ...configuration });
  t.after(() => pc.close());
  return pc;
}

/** Two connections that hand each other their candidates. */
export function pair(t, configuration) {
  const [a, b] = [connection(t, configuration), connection(t, configuration)];
  trickle(a, b);
  trickle(b, a);
  return [a, b];
}

/** Candidates wait for the description that they belong to. */
export function trickle(from, to) {
  const early = [];
  const add = (candidate) => to.addIceCandidate(candidate);
  from.addEventListener('icecandidate', ({ candidate }) => {
    if (to.remoteDescription) add(candidate);
    else early.push(candidate);
  });
  to.addEventListener('signalingstatechange', () => {
    if (to.remoteDescription) early.splice(0).forEach(add);
  });
}

export async function negotiate(a, b) {
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
}

/** An open channel, seen from both sides. */
export async function openChannels(t, init = {}, configuration) {
  const [a, b] = pair(t, configuration);
  const channel = a.createDataChannel('chat', init);
  const opened = once(channel, 'open');
  const arrived = init.negotiated ? once(b.createDataChannel('chat', init), 'open') : once(b, 'datachannel');
  await negotiate(a, b);
  await opened;
  const event = await arrived;
  return { a, b, channel, other: event.channel ?? event.target };
}

/** Collects so many messages. */
export function messages(channel, count) {
  return new Promise((resolve) => {
    const list = [];
    channel.onmessage = ({ data }) => {
      if (list.push(data) === count) resolve(list);
    };
  });
}
