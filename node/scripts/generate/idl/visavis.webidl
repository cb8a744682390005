// Ours: nothing that a script would meet by accident.
partial dictionary RTCConfiguration {
  // Also gather candidates of the loopback interface, for peers on one machine.
  boolean includeLoopback = false;
};

// webrtc-extensions has it; the package that the other definitions come from does not yet.
partial dictionary RTCConfiguration {
  boolean alwaysNegotiateDataChannels = false;
};

// What the specification once had, and browsers still have.
partial interface RTCRtpTransceiver {
  readonly attribute boolean stopped;
};
