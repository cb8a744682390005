// y-webrtc: one document in a room.
import * as Y from 'yjs';
import { WebrtcProvider } from 'y-webrtc';

const doc = new Y.Doc();
let provider;

/** Resolves as soon as `holds`, which is looked at with every event `name` of `target`. */
function until(target, name, holds) {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds()) return;
      target.off(name, look);
      resolve();
    };
    target.on(name, look);
    look();
  });
}

globalThis.program = {
  /** Joins, and resolves when everyone in the room may know. */
  async join({ room, signaling, password, options }) {
    provider = new WebrtcProvider(room, doc, { signaling: [signaling], password, peerOpts: { config: { iceServers: [] } }, ...options });
    provider.on('synced', ({ synced }) => emit({ type: 'synced', synced }));
    provider.on('peers', ({ webrtcPeers, removed }) => {
      if (removed.length > 0) emit({ type: 'left', others: webrtcPeers.length });
    });
    const [server] = provider.signalingConns;
    await until(server, 'connect', () => server.connected);
  },
  insert({ at, text }) {
    doc.getText('text').insert(at, text);
  },
  set({ key, value }) {
    doc.getMap('map').set(key, value);
  },
  async text(length) {
    const text = doc.getText('text');
    await until(doc, 'update', () => text.length >= length);
    return text.toString();
  },
  async map(size) {
    const map = doc.getMap('map');
    await until(doc, 'update', () => map.size >= size);
    return map.toJSON();
  },
  present(user) {
    provider.awareness.setLocalState({ user });
  },
  async users(count) {
    const users = () => [...provider.awareness.getStates().values()].map((state) => state.user).filter(Boolean).sort();
    await until(provider.awareness, 'change', () => users().length === count);
    return users();
  },
  leave() {
    provider.disconnect();
  },
};
