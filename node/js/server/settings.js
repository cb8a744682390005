'use strict';

/** What W3C leaves to browsers, as dictionaries: what is missing has the addon's default. */

const { X509Certificate } = require('node:crypto');
const t = require('../webidl/types.js');

/** A certificate in PEM or DER; its bytes in DER. */
const certificate = {
  kind: 'any',
  convert(value, what) {
    if (typeof value !== 'string' && !ArrayBuffer.isView(value)) {
      throw new TypeError(`${what} is neither a string (PEM) nor a Uint8Array or other view (DER).`);
    }
    const given = typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    try {
      return new Uint8Array(new X509Certificate(given).raw);
    } catch (cause) {
      throw new TypeError(`${what} is not a certificate.`, { cause });
    }
  },
};

const strings = t.sequence(t.DOMString);
const none = { initial: () => [] };
const port = t.integer(16, false, 'enforce');

t.defineDictionary('InterfaceFilter', null, [
  ['except', strings, none],
  ['only', strings, none],
]);

t.defineDictionary('AddressFilter', null, [
  ['allow', strings, none],
  ['deny', strings, none],
  ['publicOnly', t.boolean, { initial: () => false }],
]);

t.defineDictionary('ExternalAddress', null, [
  ['external', t.DOMString, { required: true }],
  ['internal', t.DOMString, {}],
  ['mode', t.enumeration('ExternalMode', ['replace', 'add']), { initial: () => 'replace' }],
]);

t.defineDictionary('PortRange', null, [
  ['max', port, { required: true }],
  ['min', port, { required: true }],
]);

t.defineDictionary('ConnectionSettings', null, [
  ['dscp', t.integer(8, false, 'enforce'), {}],
  ['dtlsInStun', t.boolean, {}],
  ['externalAddresses', t.sequence(t.dictionary('ExternalAddress')), {}],
  ['gatherContinually', t.boolean, {}],
  ['hideAddresses', t.boolean, {}],
  ['iceLite', t.boolean, {}],
  ['includeLoopback', t.boolean, {}],
  ['interfaces', t.dictionary('InterfaceFilter'), {}],
  ['ipVersions', t.enumeration('IpVersions', ['both', 'ipv4', 'ipv6']), {}],
  ['localAddresses', t.dictionary('AddressFilter'), {}],
  ['ports', t.dictionary('PortRange'), {}],
  ['remoteAddresses', t.dictionary('AddressFilter'), {}],
  ['renomination', t.boolean, {}],
  ['sctpInit', t.boolean, {}],
  ['tcp', t.enumeration('TcpPolicy', ['off', 'active']), {}],
  ['tlsRoots', t.sequence(certificate), {}],
]);

t.defineDictionary('EndpointInit', null, [
  ['addresses', strings, {}],
  ['port', port, {}],
  ['settings', t.dictionary('ConnectionSettings'), { initial: () => ({}) }],
  ['tcp', t.boolean, { initial: () => false }],
]);
