// AudioContext as the tests' helpers use it: a source of audio tracks without a prompt. The tone is that of the
// implementation's own microphone; each destination has a track of its own, as in a browser.

class Node {
  constructor(context) {
    this.context = context;
  }
  connect(destination) {
    return destination;
  }
  disconnect() {}
}

class OscillatorNode extends Node {
  type = 'sine';
  start() {}
  stop() {}
}

class MediaStreamAudioDestinationNode extends Node {
  constructor(context, microphone) {
    super(context);
    this.stream = new MediaStream([microphone.clone()]);
  }
}

/** The interfaces; none of them if the implementation brings no microphone. */
export async function audioInterfaces() {
  let microphone;
  try {
    [microphone] = (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks();
  } catch {
    return {};
  }
  class AudioContext extends EventTarget {
    state = 'running';
    sampleRate = 48_000;
    createOscillator() {
      return new OscillatorNode(this);
    }
    createMediaStreamDestination() {
      return new MediaStreamAudioDestinationNode(this, microphone);
    }
    async resume() {}
    async close() {
      this.state = 'closed';
    }
  }
  return { AudioContext, OscillatorNode, MediaStreamAudioDestinationNode };
}
