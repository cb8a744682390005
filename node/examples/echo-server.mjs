// An echo server for many browsers on one UDP port, which is also its port for TCP where UDP does not pass. Open the page
// that it serves in as many tabs as you like.
//
//   node examples/echo-server.mjs [HTTP_PORT] [UDP_PORT] [EXTERNAL_ADDRESS]
//
// On a machine in a cloud the external address is the one by which the world knows it.
import { createServer } from 'node:http';
import { Endpoint } from 'visavis/server';

const [httpPort = 8080, port = 0, external] = process.argv.slice(2);
const MAX_OFFER = 64 * 1024;

const endpoint = new Endpoint({
  port,
  tcp: true,
  settings: {
    includeLoopback: true,
    externalAddresses: external ? [{ external }] : [],
    // For the world, add `remoteAddresses: { publicOnly: true }`: then no offer makes it knock at doors of its own network.
  },
});

/** The server's end for one client: its answer, with all candidates. */
async function answer(offer) {
  const pc = endpoint.createPeerConnection();
  pc.ondatachannel = ({ channel }) => {
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }) => channel.send(data);
  };
  // Who goes without a word is gone for good.
  pc.onconnectionstatechange = () => pc.connectionState === 'failed' && pc.close();
  try {
    await pc.setRemoteDescription(offer);
    await pc.setLocalDescription();
    while (pc.iceGatheringState !== 'complete') {
      await new Promise((resolve) => pc.addEventListener('icegatheringstatechange', resolve, { once: true }));
    }
    return pc.localDescription;
  } catch (error) {
    pc.close();
    throw error;
  }
}

async function body(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    if ((text += chunk).length > MAX_OFFER) throw new RangeError('The offer is too long.');
  }
  return text;
}

const page = `<!doctype html><title>Echo</title><form><input autofocus><button>Send</button></form><pre></pre>
<script type="module">
  const [form, input, log] = ['form', 'input', 'pre'].map((name) => document.querySelector(name));
  const show = (line) => (log.textContent += line + '\\n');
  const pc = new RTCPeerConnection();
  const channel = pc.createDataChannel('echo');
  channel.onopen = () => show('connected');
  channel.onclose = () => show('closed');
  channel.onmessage = ({ data }) => show(data);
  form.onsubmit = (event) => (event.preventDefault(), channel.send(input.value), form.reset());
  await pc.setLocalDescription();
  const response = await fetch('/offer', { method: 'POST', body: JSON.stringify(pc.localDescription) });
  await pc.setRemoteDescription(await response.json());
</script>`;

const server = createServer(async (request, response) => {
  try {
    if (request.method === 'POST' && request.url === '/offer') {
      const description = await answer(JSON.parse(await body(request)));
      response.setHeader('content-type', 'application/json').end(JSON.stringify(description));
    } else {
      response.setHeader('content-type', 'text/html').end(page);
    }
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
});

server.listen(httpPort, () => {
  console.log(`http://localhost:${server.address().port}/, and port ${endpoint.localAddresses[0].port} for data`);
});
