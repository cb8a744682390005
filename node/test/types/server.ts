// A program that says which sockets its connections have.
import { Endpoint, createPeerConnection } from 'visavis/server';
import type { ConnectionSettings } from 'visavis/server';

const settings: ConnectionSettings = {
  externalAddresses: [{ external: '203.0.113.1', mode: 'add' }],
  remoteAddresses: { publicOnly: true, allow: ['10.0.0.0/8'] },
  interfaces: { except: ['docker*'] },
  ipVersions: 'ipv4',
  tlsRoots: [new Uint8Array(1), 'PEM'],
};
const connection: RTCPeerConnection = createPeerConnection({ bundlePolicy: 'max-bundle' }, { ...settings, ports: { min: 5000, max: 5010 } });
const endpoint = new Endpoint({ port: 3478, tcp: true, settings });
const { address, port } = endpoint.localAddresses[0]!;
endpoint.createPeerConnection().ondatachannel = ({ channel }) => channel.send(`${address}:${port}`);
// @ts-expect-error: a range has two ends
createPeerConnection({}, { ports: { min: 1 } });
// @ts-expect-error: connections of an endpoint have its port
new Endpoint({ settings: { ports: { min: 1, max: 2 } } });
connection.close();
endpoint.close();
