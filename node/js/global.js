'use strict';

/** Makes the interfaces globals, and `navigator.mediaDevices` what it is in a browser. */

const { mediaDevices, ...interfaces } = require('./index.js');

for (const [name, value] of Object.entries(interfaces)) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

if (typeof globalThis.navigator === 'undefined') {
  // Node.js before 21 has none.
  class Navigator {}
  Object.defineProperty(Navigator.prototype, Symbol.toStringTag, { value: 'Navigator', configurable: true });
  const navigator = new Navigator();
  Object.defineProperty(globalThis, 'navigator', { get: () => navigator, configurable: true, enumerable: true });
}
Object.defineProperty(Object.getPrototypeOf(globalThis.navigator), 'mediaDevices', {
  get() {
    return mediaDevices;
  },
  configurable: true,
  enumerable: true,
});
