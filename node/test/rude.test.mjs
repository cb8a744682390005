// Whatever a program does, the process ends as the program says: no crash, no hang. `npm run rude -- 1000` for more.
import assert from 'node:assert/strict';
import test from 'node:test';
import { LAYERS, WAYS, rude } from './rude/run.mjs';

for (const layer of LAYERS) {
  for (const way of WAYS) {
    test(`ends well: ${layer}, ${way}`, async () => assert.equal(await rude(layer, way), null));
  }
}
