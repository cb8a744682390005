// https://w3c.github.io/webrtc-extensions/
partial interface RTCRtpTransceiver {
  undefined setHeaderExtensionsToNegotiate(sequence<RTCRtpHeaderExtensionCapability> extensions);
  sequence<RTCRtpHeaderExtensionCapability> getHeaderExtensionsToNegotiate();
  sequence<RTCRtpHeaderExtensionCapability> getNegotiatedHeaderExtensions();
};

partial dictionary RTCRtpHeaderExtensionCapability {
  RTCRtpTransceiverDirection direction;
};

dictionary RTCResolutionRestriction {
  [EnforceRange] unsigned long maxWidth;
  [EnforceRange] unsigned long maxHeight;
};

partial dictionary RTCRtpEncodingParameters {
  RTCResolutionRestriction scaleResolutionDownTo;
  boolean adaptivePtime = false;
};

dictionary RTCEncodingOptions {
  boolean keyFrame = false;
};

partial dictionary RTCSetParameterOptions {
  sequence<RTCEncodingOptions> encodingOptions = [];
};
