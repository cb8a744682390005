import { connect } from './channels.mjs';

const { channel, other } = await connect();
other.onmessage = () => {
  throw new Error('from a listener');
};
channel.send('');
