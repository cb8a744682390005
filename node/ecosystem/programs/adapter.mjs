// webrtc-adapter, and what it found.
import adapter from 'webrtc-adapter';
import { operations } from './surface.mjs';

globalThis.program = {
  ...operations,
  browser: () => ({ browser: adapter.browserDetails.browser, version: adapter.browserDetails.version }),
};
