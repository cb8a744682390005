// The interfaces are those of the platform: TypeScript's own declarations of the DOM describe them, so code that was
// written for browsers compiles unchanged.

/// <reference lib="dom" />

/** https://www.w3.org/TR/mediacapture-streams/#devicechangeevent */
declare class DeviceChangeEvent_ extends Event {
  constructor(type: string, eventInitDict?: EventInit & { devices?: MediaDeviceInfo[] });
  readonly devices: readonly MediaDeviceInfo[];
  readonly userInsertedDevices: readonly MediaDeviceInfo[];
}

/** https://www.w3.org/TR/webrtc/#rtcicecandidatepair: TypeScript has its members, but no class. */
declare const RTCIceCandidatePair_: { readonly prototype: RTCIceCandidatePair_; new (): never };
type RTCIceCandidatePair_ = globalThis.RTCIceCandidatePair;

/** https://www.w3.org/TR/webrtc-identity/#rtcidentityassertion */
declare class RTCIdentityAssertion_ {
  constructor(idp: string, name: string);
  idp: string;
  name: string;
}

declare const InputDeviceInfo_: typeof globalThis.InputDeviceInfo;
type InputDeviceInfo_ = globalThis.InputDeviceInfo;
declare const MediaDeviceInfo_: typeof globalThis.MediaDeviceInfo;
type MediaDeviceInfo_ = globalThis.MediaDeviceInfo;
declare const MediaDevices_: typeof globalThis.MediaDevices;
type MediaDevices_ = globalThis.MediaDevices;
declare const MediaStream_: typeof globalThis.MediaStream;
type MediaStream_ = globalThis.MediaStream;
declare const MediaStreamTrack_: typeof globalThis.MediaStreamTrack;
type MediaStreamTrack_ = globalThis.MediaStreamTrack;
declare const MediaStreamTrackEvent_: typeof globalThis.MediaStreamTrackEvent;
type MediaStreamTrackEvent_ = globalThis.MediaStreamTrackEvent;
declare const OverconstrainedError_: typeof globalThis.OverconstrainedError;
type OverconstrainedError_ = globalThis.OverconstrainedError;
declare const RTCCertificate_: typeof globalThis.RTCCertificate;
type RTCCertificate_ = globalThis.RTCCertificate;
declare const RTCDTMFSender_: typeof globalThis.RTCDTMFSender;
type RTCDTMFSender_ = globalThis.RTCDTMFSender;
declare const RTCDTMFToneChangeEvent_: typeof globalThis.RTCDTMFToneChangeEvent;
type RTCDTMFToneChangeEvent_ = globalThis.RTCDTMFToneChangeEvent;
declare const RTCDataChannel_: typeof globalThis.RTCDataChannel;
type RTCDataChannel_ = globalThis.RTCDataChannel;
declare const RTCDataChannelEvent_: typeof globalThis.RTCDataChannelEvent;
type RTCDataChannelEvent_ = globalThis.RTCDataChannelEvent;
declare const RTCDtlsTransport_: typeof globalThis.RTCDtlsTransport;
type RTCDtlsTransport_ = globalThis.RTCDtlsTransport;
declare const RTCError_: typeof globalThis.RTCError;
type RTCError_ = globalThis.RTCError;
declare const RTCErrorEvent_: typeof globalThis.RTCErrorEvent;
type RTCErrorEvent_ = globalThis.RTCErrorEvent;
declare const RTCIceCandidate_: typeof globalThis.RTCIceCandidate;
type RTCIceCandidate_ = globalThis.RTCIceCandidate;
declare const RTCIceTransport_: typeof globalThis.RTCIceTransport;
type RTCIceTransport_ = globalThis.RTCIceTransport;
declare const RTCPeerConnection_: typeof globalThis.RTCPeerConnection;
type RTCPeerConnection_ = globalThis.RTCPeerConnection;
declare const RTCPeerConnectionIceErrorEvent_: typeof globalThis.RTCPeerConnectionIceErrorEvent;
type RTCPeerConnectionIceErrorEvent_ = globalThis.RTCPeerConnectionIceErrorEvent;
declare const RTCPeerConnectionIceEvent_: typeof globalThis.RTCPeerConnectionIceEvent;
type RTCPeerConnectionIceEvent_ = globalThis.RTCPeerConnectionIceEvent;
declare const RTCRtpReceiver_: typeof globalThis.RTCRtpReceiver;
type RTCRtpReceiver_ = globalThis.RTCRtpReceiver;
declare const RTCRtpSender_: typeof globalThis.RTCRtpSender;
type RTCRtpSender_ = globalThis.RTCRtpSender;
declare const RTCRtpTransceiver_: typeof globalThis.RTCRtpTransceiver;
type RTCRtpTransceiver_ = globalThis.RTCRtpTransceiver;
declare const RTCSctpTransport_: typeof globalThis.RTCSctpTransport;
type RTCSctpTransport_ = globalThis.RTCSctpTransport;
declare const RTCSessionDescription_: typeof globalThis.RTCSessionDescription;
type RTCSessionDescription_ = globalThis.RTCSessionDescription;
declare const RTCStatsReport_: typeof globalThis.RTCStatsReport;
type RTCStatsReport_ = globalThis.RTCStatsReport;
declare const RTCTrackEvent_: typeof globalThis.RTCTrackEvent;
type RTCTrackEvent_ = globalThis.RTCTrackEvent;

export {
  DeviceChangeEvent_ as DeviceChangeEvent,
  InputDeviceInfo_ as InputDeviceInfo,
  MediaDeviceInfo_ as MediaDeviceInfo,
  MediaDevices_ as MediaDevices,
  MediaStream_ as MediaStream,
  MediaStreamTrack_ as MediaStreamTrack,
  MediaStreamTrackEvent_ as MediaStreamTrackEvent,
  OverconstrainedError_ as OverconstrainedError,
  RTCCertificate_ as RTCCertificate,
  RTCDTMFSender_ as RTCDTMFSender,
  RTCDTMFToneChangeEvent_ as RTCDTMFToneChangeEvent,
  RTCDataChannel_ as RTCDataChannel,
  RTCDataChannelEvent_ as RTCDataChannelEvent,
  RTCDtlsTransport_ as RTCDtlsTransport,
  RTCError_ as RTCError,
  RTCErrorEvent_ as RTCErrorEvent,
  RTCIceCandidate_ as RTCIceCandidate,
  RTCIceCandidatePair_ as RTCIceCandidatePair,
  RTCIceTransport_ as RTCIceTransport,
  RTCIdentityAssertion_ as RTCIdentityAssertion,
  RTCPeerConnection_ as RTCPeerConnection,
  RTCPeerConnectionIceErrorEvent_ as RTCPeerConnectionIceErrorEvent,
  RTCPeerConnectionIceEvent_ as RTCPeerConnectionIceEvent,
  RTCRtpReceiver_ as RTCRtpReceiver,
  RTCRtpSender_ as RTCRtpSender,
  RTCRtpTransceiver_ as RTCRtpTransceiver,
  RTCSctpTransport_ as RTCSctpTransport,
  RTCSessionDescription_ as RTCSessionDescription,
  RTCStatsReport_ as RTCStatsReport,
  RTCTrackEvent_ as RTCTrackEvent,
};

/** What browsers have as `navigator.mediaDevices`: one synthetic microphone and one synthetic camera. */
export declare const mediaDevices: MediaDevices;
