// `visavis/server`: one port for many connections, and what W3C leaves to browsers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createRequire } from 'node:module';
import test from 'node:test';
import { Endpoint, createPeerConnection } from 'visavis/server';
import { RTCPeerConnection } from '../js/generated/index.mjs';
import { connection, messages, negotiate, once, trickle, until } from './pair.mjs';

const LOOPBACK = { addresses: ['127.0.0.1:0'] };

/** A certificate authority that nobody has. */
const AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUGXJQ+aajQC+1gOMh3P9QZbrj2sIwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyNjIxMzY1OVoYDzIxMjYxMTAyMjEz
NjU5WjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQVg8GazRz+JS2gBNYdw2SIIz4gsEUuXyDpTxZoYDDEyhpqHczeFO9B4woiI9If
aj8gnAhld8Nm+mvtiDNBkdYHo1MwUTAdBgNVHQ4EFgQUDDZWsl4M+Z+b2dab6h4Q
O/DzLXAwHwYDVR0jBBgwFoAUDDZWsl4M+Z+b2dab6h4QO/DzLXAwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAjpSPafemKBQ6i87Mc8yLA+x9QyHQ
UzE25zprjfQ3VK8CIGSYgddTImFYdTpWlMsJO2+J18Te8ELNUmvjr/Ja6KHX
-----END CERTIFICATE-----`;

function endpoint(t, init = LOOPBACK) {
  const made = new Endpoint(init);
  t.after(() => made.close());
  return made;
}

/** All candidates of a fresh connection, when gathering is over. */
async function candidates(t, pc) {
  t.after(() => pc.close());
  pc.createDataChannel('');
  await pc.setLocalDescription();
  const found = [];
  for (;;) {
    const { candidate } = await once(pc, 'icecandidate');
    if (candidate === null) return found;
    // The end of a generation is an event, too.
    if (candidate.candidate !== '') found.push(candidate);
  }
}

test('many connections share the port of an endpoint', async (t) => {
  const server = endpoint(t);
  const [{ address, family, port }] = server.localAddresses;
  assert.deepEqual([address, family, port > 0], ['127.0.0.1', 'IPv4', true]);
  const clients = await Promise.all(
    ['one', 'two', 'three'].map(async (name) => {
      const client = connection(t);
      const served = server.createPeerConnection();
      assert.ok(served instanceof RTCPeerConnection);
      served.ondatachannel = ({ channel }) => (channel.onmessage = ({ data }) => channel.send(`${data} is here`));
      trickle(client, served);
      trickle(served, client);
      const channel = client.createDataChannel(name);
      channel.onopen = () => channel.send(name);
      const answered = messages(channel, 1);
      await negotiate(client, served);
      assert.deepEqual(await answered, [`${name} is here`]);
      const { remote } = client.sctp.transport.iceTransport.getSelectedCandidatePair();
      assert.equal(remote.port, port);
      return client;
    }),
  );
  assert.equal(server.connections, clients.length);
});

test('an endpoint that is closed closes its connections and makes no others', async (t) => {
  const server = endpoint(t);
  const served = server.createPeerConnection();
  const client = connection(t);
  trickle(client, served);
  trickle(served, client);
  const channel = client.createDataChannel('');
  await negotiate(client, served);
  await until(channel, 'open', () => channel.readyState === 'open');
  const closed = once(channel, 'close');
  server.close();
  await closed;
  assert.equal(served.connectionState, 'closed');
  assert.throws(() => server.createPeerConnection(), { name: 'InvalidStateError' });
});

test('an endpoint that is closed does not keep the process alive', () => {
  const script = `
    import { Endpoint } from 'visavis/server';
    const endpoint = new Endpoint({ addresses: ['127.0.0.1:0'] });
    const connection = endpoint.createPeerConnection();
    connection.createDataChannel('');
    await connection.setLocalDescription();
    endpoint.close();
    console.log(connection.connectionState);
  `;
  const options = { cwd: new URL('.', import.meta.url), encoding: 'utf8', timeout: 20_000 };
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], options);
  assert.deepEqual([status, stdout], [0, 'closed\n']);
});

test('an endpoint listens for TCP where it is asked to', async (t) => {
  const server = endpoint(t, { ...LOOPBACK, tcp: true });
  const found = await candidates(t, server.createPeerConnection());
  assert.deepEqual(found.map(({ protocol, tcpType }) => [protocol, tcpType]).sort(), [
    ['tcp', 'passive'],
    ['udp', null],
  ]);
  assert.deepEqual(new Set(found.map(({ port }) => port)), new Set([server.localAddresses[0].port]));
});

test('a port that is taken is an error as of other sockets', async (t) => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => socket.close());
  await new Promise((resolve) => socket.once('listening', resolve));
  const { port } = socket.address();
  assert.throws(() => new Endpoint({ addresses: [`127.0.0.1:${port}`] }), (error) => {
    assert.deepEqual([error.constructor, error.code, error.syscall], [Error, 'EADDRINUSE', 'bind']);
    return true;
  });
});

test('an endpoint and its connections say what cannot be', (t) => {
  for (const init of [
    { port: 65_536 },
    { port: -1 },
    { addresses: [] },
    { addresses: '127.0.0.1:0' },
    { addresses: ['localhost:0'] },
    { addresses: ['127.0.0.1'] },
    { addresses: ['127.0.0.1:0'], port: 1 },
    { addresses: Array(17).fill('127.0.0.1:0') },
    { ...LOOPBACK, settings: { ports: { min: 1, max: 2 } } },
    { ...LOOPBACK, settings: { dscp: 64 } },
    { ...LOOPBACK, settings: 'none' },
    1,
  ]) {
    assert.throws(() => new Endpoint(init), TypeError, JSON.stringify(init));
  }
  assert.throws(() => Endpoint(LOOPBACK), TypeError);
  const server = endpoint(t);
  assert.throws(() => server.createPeerConnection({ bundlePolicy: 'any' }), TypeError);
  assert.throws(() => server.createPeerConnection({ iceServers: [{ urls: 'http://a' }] }), { name: 'SyntaxError' });
});

test('settings are converted as WebIDL converts dictionaries', (t) => {
  for (const settings of [
    { ports: { min: 1 } },
    { ports: { min: 0, max: 1 } },
    { ports: { min: 2, max: 1 } },
    { ports: [1, 2] },
    { dscp: 64 },
    { dscp: -1 },
    { tcp: 'passive' },
    { tcp: true },
    { ipVersions: 'ipv5' },
    { externalAddresses: { external: '203.0.113.1' } },
    { externalAddresses: [{}] },
    { externalAddresses: [{ external: 'example.org' }] },
    { externalAddresses: [{ external: '203.0.113.1', internal: '::1' }] },
    { externalAddresses: [{ external: '203.0.113.1', mode: 'both' }] },
    { remoteAddresses: { deny: ['10.0.0.0/33'] } },
    { localAddresses: { allow: '10.0.0.0/8' } },
    { interfaces: { only: 'eth0' } },
    { tlsRoots: ['no certificate'] },
    { tlsRoots: [new Uint8Array(3)] },
    { tlsRoots: [7] },
    'none',
  ]) {
    assert.throws(() => createPeerConnection({}, settings), TypeError, JSON.stringify(settings));
  }
  assert.throws(() => createPeerConnection({ bundlePolicy: 'any' }), TypeError);
  const all = {
    dscp: '8',
    dtlsInStun: 0,
    externalAddresses: new Set([{ external: '203.0.113.1' }]),
    gatherContinually: undefined,
    interfaces: null,
    tlsRoots: [AUTHORITY, Buffer.from(AUTHORITY)],
    unknown: 1,
  };
  const pc = createPeerConnection({ bundlePolicy: 'max-compat' }, all);
  t.after(() => pc.close());
  assert.ok(pc instanceof RTCPeerConnection);
  assert.equal(pc.getConfiguration().bundlePolicy, 'max-compat');
});

test('only who asks for it says that nominations may be more than one', async (t) => {
  for (const renomination of [true, false, undefined]) {
    const pc = createPeerConnection({}, { renomination });
    t.after(() => pc.close());
    pc.createDataChannel('x');
    const { sdp } = await pc.createOffer();
    assert.equal(sdp.includes('\r\na=ice-options:trickle ice2 renomination\r\n'), renomination === true);
  }
});

test('settings decide what is gathered', async (t) => {
  const only = { includeLoopback: true, localAddresses: { allow: ['127.0.0.0/8'], deny: ['0.0.0.0/0', '::/0'] } };
  const loopback = await candidates(t, createPeerConnection({}, only));
  assert.deepEqual(new Set(loopback.map(({ address, type }) => `${type} ${address}`)), new Set(['host 127.0.0.1']));

  const ports = { min: 41_000, max: 41_400 };
  const ranged = await candidates(t, createPeerConnection({}, { ...only, ports, tcp: 'off' }));
  assert.ok(ranged.length > 0 && ranged.every(({ port }) => port >= ports.min && port <= ports.max));

  const external = [{ external: '203.0.113.1' }];
  const outside = await candidates(t, createPeerConnection({}, { ...only, externalAddresses: external, tcp: 'off' }));
  assert.deepEqual(outside.map(({ address }) => address), ['203.0.113.1']);

  const interfaces = { except: ['*'] };
  assert.deepEqual(await candidates(t, createPeerConnection({}, { ...only, interfaces })), []);
});

test('a lite agent says so', async (t) => {
  const pc = createPeerConnection({}, { iceLite: true });
  t.after(() => pc.close());
  pc.createDataChannel('');
  assert.match((await pc.createOffer()).sdp, /^a=ice-lite\r$/m);
});

test('the standard constructor takes no settings', (t) => {
  const pc = new RTCPeerConnection({}, { iceLite: true, get dscp() { throw new Error('looked at'); } });
  t.after(() => pc.close());
  assert.equal(RTCPeerConnection.length, 0);
});

test('import and require give the same objects', () => {
  const required = createRequire(import.meta.url)('visavis/server');
  assert.deepEqual(Object.keys(required).sort(), ['Endpoint', 'createPeerConnection']);
  assert.equal(required.Endpoint, Endpoint);
});
