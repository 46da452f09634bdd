import { createWorkerModel } from './signwave/web.js';

const [input, progress, output] = ['input', 'progress', 'output'].map((name) => document.querySelector(name));
const model = await createWorkerModel('model.sgnw', {
  cache: 'models',
  onProgress: ({ loadedBytes, totalBytes = loadedBytes }) => {
    progress.value = loadedBytes / totalBytes;
  },
});
progress.hidden = true;

// Offline from the second visit on. Only pages from https or localhost have it.
navigator.serviceWorker?.register('service-worker.js');

input.addEventListener('change', async () => {
  try {
    const [best] = await model.classify(input.files[0]);
    output.textContent = `${best.label}, ${(100 * best.probability).toFixed(1)} %`;
  } catch ({ message }) {
    output.textContent = message;
  }
});
