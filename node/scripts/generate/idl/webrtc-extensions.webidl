// https://w3c.github.io/webrtc-extensions/
partial interface RTCRtpTransceiver {
  undefined setHeaderExtensionsToNegotiate(sequence<RTCRtpHeaderExtensionCapability> extensions);
  sequence<RTCRtpHeaderExtensionCapability> getHeaderExtensionsToNegotiate();
  sequence<RTCRtpHeaderExtensionCapability> getNegotiatedHeaderExtensions();
};

partial dictionary RTCRtpHeaderExtensionCapability {
  RTCRtpTransceiverDirection direction = "sendrecv";
};

dictionary RTCResolutionRestriction {
  required unsigned long maxWidth;
  required unsigned long maxHeight;
};

partial dictionary RTCRtpEncodingParameters {
  RTCResolutionRestriction scaleResolutionDownTo;
  unsigned long ptime;
  boolean adaptivePtime = false;
};

dictionary RTCEncodingOptions {
  boolean keyFrame = false;
};

partial dictionary RTCSetParameterOptions {
  sequence<RTCEncodingOptions> encodingOptions = [];
};
