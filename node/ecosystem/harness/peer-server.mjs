// A PeerServer in a process of its own: it has timers that nothing stops.
import { PeerServer } from 'peer';

PeerServer({ host: '127.0.0.1', port: 0, path: '/' }, (server) => process.send({ port: server.address().port }));
