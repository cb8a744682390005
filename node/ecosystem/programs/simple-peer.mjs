// simple-peer as its page for browsers says: its own build for them, and a `Peer` made of nothing but options.
import Peer from 'simple-peer/simplepeer.min.js';
import { operations } from './simple-peer-operations.mjs';

globalThis.program = operations(Peer);
