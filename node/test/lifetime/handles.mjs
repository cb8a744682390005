import { connect } from './channels.mjs';

const log = [];
const { a, b, channel, other } = await connect();
process.on('uncaughtException', ({ message }) => log.push(`caught: ${message}`));
other.addEventListener('message', ({ data }) => {
  if (data !== '1') return;
  process.nextTick(() => {
    throw new Error('from a tick');
  });
  Promise.reject(new Error('from a promise'));
  throw new Error('from a listener');
});
other.addEventListener('message', ({ data }) => log.push(data === '1' ? 'second listener' : `message ${data}`));
channel.send('1');
channel.send('2');
other.addEventListener('message', ({ data }) => {
  if (data !== '2') return;
  // Exceptions are reported in turns of their own.
  setImmediate(() => {
    console.log(log.sort().join('\n'));
    a.close();
    b.close();
  });
});
