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
  Object.defineProperty(globalThis, 'Navigator', { value: Navigator, writable: true, configurable: true });
  const navigator = new Navigator();
  Object.defineProperty(globalThis, 'navigator', { get: () => navigator, configurable: true, enumerable: true });
}

// Where browsers have it; on the object itself where somebody put a plain one in its place.
const prototype = Object.getPrototypeOf(globalThis.navigator);
Object.defineProperty(prototype === Object.prototype ? globalThis.navigator : prototype, 'mediaDevices', {
  get() {
    return mediaDevices;
  },
  configurable: true,
  enumerable: true,
});
