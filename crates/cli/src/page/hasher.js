// The worker that hashes what was sent and what came back, so that the page stays fluid. In: {side, piece} or
// {side, end: true}; out: {hashed: bytes} per piece, {side, digest} at the end.
import { Sha256 } from './sha256.js';

const sides = { sent: new Sha256(), echoed: new Sha256() };

self.onmessage = ({ data: { side, piece, end } }) => {
  if (end) {
    self.postMessage({ side, digest: sides[side].hex() });
  } else {
    sides[side].update(piece);
    self.postMessage({ hashed: piece.byteLength });
  }
};
