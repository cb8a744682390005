// `visavis/legacy` adds what browsers had before transceivers. Scripts of today need none of it.

/// <reference lib="dom" />

export {};

declare global {
  interface MediaStreamEvent extends Event {
    readonly stream: MediaStream;
  }

  interface RTCPeerConnection {
    /** @deprecated `addTrack()` */
    addStream(stream: MediaStream): void;
    /** @deprecated `removeTrack()` */
    removeStream(stream: MediaStream): void;
    /** @deprecated `getSenders()` */
    getLocalStreams(): MediaStream[];
    /** @deprecated `getReceivers()` */
    getRemoteStreams(): MediaStream[];
    /** @deprecated `RTCRtpSender.dtmf` */
    createDTMFSender(track: MediaStreamTrack): RTCDTMFSender;
    /** @deprecated `ontrack` */
    onaddstream: ((this: RTCPeerConnection, event: MediaStreamEvent) => unknown) | null;
    /** @deprecated `MediaStream.onremovetrack` */
    onremovestream: ((this: RTCPeerConnection, event: MediaStreamEvent) => unknown) | null;
  }
}
