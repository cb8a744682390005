// What visavis adds of its own: nothing that a script would meet by accident.
partial dictionary RTCConfiguration {
  // Also gather candidates of the loopback interface, for peers on one machine.
  boolean includeLoopback = false;
};
