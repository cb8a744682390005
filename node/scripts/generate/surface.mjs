/**
 * What the package exposes: the specifications whose IDL it takes, and what of them it leaves out.
 *
 * A member that is not implemented is left out, so that scripts can detect it; nothing here pretends.
 */

/** Specifications in `@webref/idl`. */
export const specifications = [
  'webrtc',
  'webrtc-priority',
  'webrtc-svc',
  'webrtc-identity',
  'mediacapture-streams',
  'mst-content-hint',
];

/** `Interface` or `Interface.member` of an interface or a dictionary. */
export const leftOut = {
  // An identity provider is a web page in a realm of its own, which Node.js cannot give it.
  RTCIdentityProviderGlobalScope: 'no identity providers',
  RTCIdentityProviderRegistrar: 'no identity providers',
  RTCIdentityProvider: 'no identity providers',
  'RTCError.httpRequestStatusCode': 'no identity providers',
  'RTCErrorInit.httpRequestStatusCode': 'no identity providers',
  'MediaStreamConstraints.peerIdentity': 'no isolated streams',
  // A preference that no encoder follows yet.
  'RTCRtpSendParameters.degradationPreference': 'no encoders',
  // `visavis/global` installs navigator.mediaDevices.
  Navigator: 'belongs to the platform',
  CameraDevicePermissionDescriptor: 'no permissions',
};

/** Values that enumerations have beside those of their IDL. */
export const furtherValues = {
  // It had this once. Scripts still pass it, and it is refused by name.
  RTCRtcpMuxPolicy: ['negotiate'],
  // Of webrtc-identity, which cannot say so: there are no partial enumerations.
  RTCErrorDetailType: ['idp-load-failure'],
};

/** How the exceptions of this package are built: their name, and where their attributes come from. */
export const exceptions = {
  RTCError: { name: 'OperationError', attributes: 'init' },
  OverconstrainedError: { name: 'OverconstrainedError', attributes: 'arguments' },
};

/** Interfaces of Node.js that our IDL names. */
export const platform = ['Blob', 'Event', 'EventTarget', 'DOMException'];
