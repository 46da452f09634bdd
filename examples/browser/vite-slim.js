// As vite.js, with the engine's WebAssembly as files that Vite packs: less JavaScript, and files that browsers keep. Only one of the two is fetched.
import { createWorkerModel } from '@signwave/runtime/slim/web';
import RuntimeWorker from '@signwave/runtime/slim/worker?worker';
import scalar from '@signwave/runtime/wasm/scalar.wasm?url';
import simd from '@signwave/runtime/wasm/simd.wasm?url';
import modelAddress from './model.sgnw?url';

const model = await createWorkerModel(modelAddress, {
  createWorker: () => new RuntimeWorker(),
  wasm: { simd, scalar },
});

document.querySelector('video').addEventListener('click', async ({ target }) => {
  const predictions = await model.classify(target);
  console.table(predictions);
});
