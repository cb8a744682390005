// simple-peer over webrtc-adapter, as pages load both.
import adapter from 'webrtc-adapter';
import Peer from 'simple-peer/simplepeer.min.js';
import { operations } from './simple-peer-operations.mjs';

globalThis.program = { ...operations(Peer), browser: () => adapter.browserDetails };
