// In a project with Vite: npm install @signwave/runtime, model.sgnw in src/. The worker is a file of the package that Vite packs too.
import { createWorkerModel } from '@signwave/runtime/web';
import RuntimeWorker from '@signwave/runtime/worker?worker';
import modelAddress from './model.sgnw?url';

const model = await createWorkerModel(modelAddress, { createWorker: () => new RuntimeWorker() });

document.querySelector('video').addEventListener('click', async ({ target }) => {
  const predictions = await model.classify(target);
  console.table(predictions);
});
