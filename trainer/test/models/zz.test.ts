import { test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { AuthorsRun } from './authors-run.js';
import sides from './authors-sides.json' with { type: 'json' };
import { AUTHORS_STEPS, readNpz } from './authors-steps.js';
import { DoubtfulValues } from './doubtful-values.js';
test('x', async () => {
  const a = await readNpz(AUTHORS_STEPS!);
  const seen: Record<string, Float32Array[]> = {};
  for (const name of ['wasm', 'tensorflow', 'tensorflow-composed'] as const) {
    const b = await chooseBackend({ force: name === 'wasm' ? 'wasm' : 'tensorflow' });
    const tf = b.tf;
    const d = new DoubtfulValues(tf, 1e-5);
    const run = new AuthorsRun(name === 'tensorflow' ? b : { tf }, a, 2, d);
    const list: Float32Array[] = seen[name] = [];
    const raw = tf.getBackend();
    d.begin(new Map(Object.entries(sides[2][0]!)) as never);
    const q = d.quantizer;
    const orig = (d as unknown as { tf: { clipByValue: Function } }).tf.clipByValue;
    const net = run.network;
    // capture hardtanh inputs
    const clip = d.tf.clipByValue;
    tf.tidy(() => { const proxied = d.tf as never as Record<string, unknown>; void proxied; void q; void orig; void clip;
      const logits = net.forward(run.images, true); list.push(Float32Array.from(logits.dataSync())); });
    console.log(name, raw, d.found.length, Array.from(list[0]!.slice(0, 10), (x) => x.toFixed(5)).join(' '));
    const f = d.found.map((x) => `${x.key}(${x.distance.toExponential(1)},${(sides[2][0] as never)[x.key] ?? '-'})`);
    console.log(f.filter((x) => /^[sh](0|1|2|3|4):/.test(x)).join(' '));
  }
  const want = a.get('stage2/step1/logits')!.data;
  console.log(Array.from(want.slice(0, 10), (x) => x.toFixed(5)).join(' '));
}, 200000);
