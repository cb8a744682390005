'use strict';

const { calling, toException } = require('./errors.js');
const { runTask } = require('./events/checkpoint.js');
const { fire, fireEvent } = require('./events/fire.js');
const { create, implement, interfaceOf } = require('./webidl/registry.js');

/** RTCSctpTransport's [[MaxBufferSize]] as the addon has it, for what waits here: 16 MiB. */
const MAX_BUFFER_SIZE = 16 * 1024 * 1024;

/** https://www.w3.org/TR/webrtc/#rtcdatachannel */
class DataChannel {
  #connection;
  #number;
  #id;
  #threshold;
  /** What was sent behind a Blob whose bytes are not there yet: `{ data, size }` or `{ close: true }`, in order. */
  #waiting = [];
  #waitingBytes = 0;
  #isClosing = false;
  /** Whether it was open when that was asked last; within a task, only calls that close something change it. */
  #isOpen = false;
  #closeCalls = 0;

  /** The object for a channel of the addon. */
  static of(connection, number) {
    const channel = new DataChannel();
    channel.#connection = connection;
    channel.#number = number;
    const view = connection.native.channel(number);
    channel.label = view.label;
    channel.ordered = view.ordered;
    channel.maxPacketLifeTime = view.maxPacketLifeTime ?? null;
    channel.maxRetransmits = view.maxRetransmits ?? null;
    channel.protocol = view.protocol;
    channel.negotiated = view.negotiated;
    channel.priority = view.priority;
    channel.binaryType = 'arraybuffer';
    channel.#id = view.id ?? null;
    channel.#threshold = view.bufferedAmountLowThreshold;
    create('RTCDataChannel', channel);
    return channel;
  }

  get id() {
    // Given to the channel with the DTLS role, and then it stays.
    this.#id ??= this.#connection.native.channel(this.#number)?.id ?? null;
    return this.#id;
  }

  get readyState() {
    const state = this.#connection.native.channelReadyState(this.#number) ?? 'closed';
    return this.#isClosing && state === 'open' ? 'closing' : state;
  }

  get bufferedAmount() {
    return (this.#connection.native.channelBufferedAmount(this.#number) ?? 0) + this.#waitingBytes;
  }

  get bufferedAmountLowThreshold() {
    return this.#threshold;
  }

  set bufferedAmountLowThreshold(threshold) {
    this.#threshold = threshold;
    calling(() => this.#connection.native.channelSetBufferedAmountLowThreshold(this.#number, threshold));
  }

  close() {
    this.#connection.closeCalls += 1;
    if (this.#waiting.length > 0) {
      this.#isClosing = true;
      this.#waiting.push({ close: true });
    } else {
      this.#closeNow();
    }
  }

  #closeNow() {
    this.#connection.touch();
    calling(() => this.#connection.native.channelClose(this.#number));
  }

  send(data) {
    if (this.#waiting.length > 0 || data instanceof Blob) this.#sendLater(data);
    else this.#sendNow(data);
  }

  #sendNow(data) {
    const { native } = this.#connection;
    try {
      if (typeof data === 'string') native.channelSendText(this.#number, data);
      else native.channelSendBinary(this.#number, bytesOf(data));
    } catch (error) {
      throw toException(error);
    }
  }

  /** The same checks, and the bytes as they are now, for when their turn comes. */
  #sendLater(data) {
    // webrtc-pc, send(), step 3.
    if (this.readyState !== 'open') throw new DOMException('The channel is not open.', 'InvalidStateError');
    const copy = typeof data === 'string' || data instanceof Blob ? data : bytesOf(data).slice();
    const size = typeof data === 'string' ? Buffer.byteLength(data) : (copy.size ?? copy.byteLength);
    // Step 5.
    const limit = this.#connection.native.sctp()?.maxMessageSize ?? Infinity;
    if (size > limit) throw new TypeError('The message is larger than maxMessageSize.');
    // Step 6.
    if (this.bufferedAmount + size > MAX_BUFFER_SIZE) {
      throw new DOMException('The send buffer is full.', 'OperationError');
    }
    this.#waiting.push({ data: copy, size });
    this.#waitingBytes += size;
    if (this.#waiting.length === 1) this.#sendWaiting();
  }

  async #sendWaiting() {
    while (this.#waiting.length > 0) {
      const { data, size, close } = this.#waiting[0];
      if (close) {
        this.#waiting = [];
        this.#closeNow();
        return;
      }
      let bytes = data;
      let failure = null;
      try {
        if (data instanceof Blob) bytes = new Uint8Array(await data.arrayBuffer());
        this.#sendNow(bytes);
      } catch (error) {
        failure = error;
      }
      this.#waiting.shift();
      this.#waitingBytes -= size;
      // The channel may be closed by now; then its messages are lost with it.
      if (failure && this.readyState === 'open') this.#failed(failure);
    }
  }

  #failed(failure) {
    const error = new (interfaceOf('RTCError'))({ errorDetail: 'data-channel-failure' }, failure.message);
    setImmediate(() => fireEvent(this.object, 'RTCErrorEvent', 'error', { error }));
  }

  // Events.

  /** Each message is a task of its own, and the last one's ends with the addon's. */
  receiveAll(messages) {
    this.#askWhetherOpen();
    const last = messages.length - 1;
    for (let index = 0; index < last; index += 1) runTask(receive, this, messages[index]);
    this.receive(messages[last]);
  }

  /** webrtc-pc, receiving messages on a data channel. */
  receive(message) {
    // Step 3: a listener may have closed it since the message came.
    if (this.#connection.closeCalls !== this.#closeCalls) this.#askWhetherOpen();
    if (!this.#isOpen) return;
    const data = this.binaryType === 'blob' && typeof message !== 'string' ? new Blob([message]) : message;
    this.object.dispatchEvent(new MessageEvent('message', { data }));
  }

  #askWhetherOpen() {
    this.#closeCalls = this.#connection.closeCalls;
    this.#isOpen = this.readyState === 'open';
  }

  fire(name) {
    fire(this.object, name.toLowerCase());
  }

  fail(error) {
    fireEvent(this.object, 'RTCErrorEvent', 'error', { error: toException(error) });
  }
}

function receive(channel, message) {
  channel.receive(message);
}

function bytesOf(data) {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}

implement('RTCDataChannel', DataChannel);

module.exports = { DataChannel };
