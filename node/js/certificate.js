'use strict';

const native = require('./native.js');
const { calling } = require('./errors.js');
const { create, implOf, implement } = require('./webidl/registry.js');
const t = require('./webidl/types.js');

/** webrtc-pc: certificates without an expiry of the application's live for 30 days, and none longer than a year. */
const LIFETIME = 30 * 24 * 3600 * 1000;
const LONGEST_LIFETIME = 365 * 24 * 3600 * 1000;

/** https://www.w3.org/TR/webrtc/#rtccertificate-interface */
class Certificate {
  constructor(certificate) {
    this.native = certificate;
  }

  get expires() {
    return Math.floor(this.native.expires());
  }

  getFingerprints() {
    return this.native.fingerprints();
  }

  static nativeOf(certificate) {
    return implOf('RTCCertificate', certificate).native;
  }
}

const expiration = t.dictionary('RTCCertificateExpiration');
t.defineDictionary('RTCCertificateExpiration', null, [['expires', t.integer(64, false, 'enforce'), {}]]);

/** https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-generatecertificate */
async function generateCertificate(given) {
  const what = "Failed to execute 'generateCertificate' on 'RTCPeerConnection': parameter 1";
  const isObject = typeof given !== 'string';
  // Steps 2 and 3.
  const { expires } = isObject ? expiration.convert(given, what) : {};
  const lifetime = expires === undefined ? LIFETIME : Math.min(expires, LONGEST_LIFETIME);
  // Steps 4 to 6: normalize an algorithm, for generateKey.
  const algorithm = isObject ? normalize(given, what) : { name: given };
  const request = { ...algorithm, expires: lifetime };
  const isSlow = calling(() => native.isSlowToGenerate(request));
  const certificate = isSlow ? await aside(request) : calling(() => native.generateCertificate(request));
  return create('RTCCertificate', new Certificate(certificate));
}

/** RSA takes a tenth of a second, or seconds: the event loop goes on meanwhile. */
async function aside(request) {
  try {
    return await native.generateCertificateAside(request);
  } catch ({ message }) {
    throw new DOMException(message, 'OperationError');
  }
}

function normalize(given, what) {
  if (given.name === undefined) throw new TypeError(`${what} lacks the member 'name'.`);
  const algorithm = { name: t.DOMString.convert(given.name, what) };
  if (given.namedCurve !== undefined) algorithm.namedCurve = t.DOMString.convert(given.namedCurve, what);
  if (given.modulusLength !== undefined) {
    algorithm.modulusLength = t.integer(32, false, 'enforce').convert(given.modulusLength, what);
  }
  if (given.publicExponent !== undefined) {
    if (!(given.publicExponent instanceof Uint8Array)) throw new TypeError(`${what}: publicExponent is no Uint8Array.`);
    algorithm.publicExponent = given.publicExponent;
  }
  if (given.hash !== undefined) {
    const { hash } = given;
    algorithm.hash = t.DOMString.convert(t.isObject(hash) ? hash.name : hash, what);
  }
  return algorithm;
}

implement('RTCCertificate', Certificate);

module.exports = { Certificate, generateCertificate };
