import { createWorkerModel } from './signwave/web.js';

const [input, progress, output] = ['input', 'progress', 'output'].map((name) => document.querySelector(name));
const show = (text) => {
  output.textContent = text;
  progress.hidden = true;
};
const model = await createWorkerModel('model.sgnw', {
  cache: 'models',
  onProgress: ({ loadedBytes, totalBytes = loadedBytes }) => {
    progress.value = loadedBytes / totalBytes;
  },
}).catch((error) => {
  show(error.message);
  throw error;
});
progress.hidden = true;
input.disabled = false;

// Offline from the second visit on. Only pages from https or localhost have it.
navigator.serviceWorker?.register('service-worker.js');

input.addEventListener('change', async () => {
  const [image] = input.files;
  if (!image) return;
  try {
    const [best] = await model.classify(image);
    show(`${best.label}, ${(100 * best.probability).toFixed(1)} %`);
  } catch ({ message }) {
    show(message);
  }
});
