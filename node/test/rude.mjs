// npm run rude -- 1000: so many processes in all, every layer and rude way in turn, two at a time.
import { LAYERS, WAYS, rude } from './rude/run.mjs';

const count = Number(process.argv[2] ?? 100);
let next = 0;
let failed = 0;

async function lane() {
  while (next < count) {
    const number = next++;
    const wrong = await rude(LAYERS[Math.floor(number / WAYS.length) % LAYERS.length], WAYS[number % WAYS.length]);
    if (wrong) {
      failed++;
      console.log(`${number}: ${wrong}`);
    }
    if ((number + 1) % 100 === 0) console.log(`${number + 1} of ${count}`);
  }
}

await Promise.all([lane(), lane()]);
console.log(`${count - failed} ended well, ${failed} did not`);
process.exitCode = failed ? 1 : 0;
