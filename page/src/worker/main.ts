import { ARCHITECTURES, architectureId, RECIPE_NAMES } from '@signwave/convert/first-load';
import type { RasterImage } from '@signwave/runtime';
import { answerCalls } from '@signwave/runtime/internals';
import { rasterOf } from '@signwave/runtime/web';
import { importTflite, openModel } from './open.js';
import type { PageWorker } from './protocol.js';

/** With the reference, which nobody needs before they have a model. */
const importVerification = () => import('./verify.js');

answerCalls<PageWorker>(
  globalThis as never,
  {
    open: async (...args) => {
      const opened = await openModel(...args);
      // Loaded behind the first model, so that they are there offline, too; a browser that can't load them now says so when they are needed.
      for (const load of [importVerification, importTflite]) load().catch(() => {});
      return opened;
    },
    choices: () => ({ architectures: ARCHITECTURES.map(architectureId).sort(), recipes: RECIPE_NAMES }),
    decode: rasterOf,
    verify: async (...args) => (await importVerification()).verifyModel(...args),
    // With the ONNX exporter, which nobody needs before they compare.
    compare: async (...args) => (await import('./compare.js')).compareModel(...args),
  },
  (method, value) => (method === 'decode' ? [(value as RasterImage).data.buffer as ArrayBuffer] : []),
);
