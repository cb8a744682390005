// An open connection keeps the process: a message comes, which nothing else waits for. Then both are closed.
import { connect } from './channels.mjs';

const { a, b, channel, other } = await connect();
other.onmessage = () => {
  console.log('closed');
  a.close();
  b.close();
};
channel.send('');
