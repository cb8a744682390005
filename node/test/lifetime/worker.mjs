import { parentPort } from 'node:worker_threads';
import { connect } from './channels.mjs';

const { channel, other } = await connect();
other.onmessage = ({ data }) => parentPort.postMessage(data);
channel.send('hello');
// And now as much as it takes to be in the middle of something when the end comes.
channel.onbufferedamountlow = () => channel.send(new Uint8Array(10_000));
channel.send(new Uint8Array(10_000));
