import { ARCHITECTURES, architectureId, RECIPE_NAMES } from '@signwave/convert';
import type { RasterImage } from '@signwave/runtime';
import { answerCalls } from '@signwave/runtime/internals';
import { rasterOf } from '@signwave/runtime/web';
import { openModel } from './open.js';
import type { PageWorker } from './protocol.js';
import { verifyModel } from './verify.js';

answerCalls<PageWorker>(
  globalThis as never,
  {
    open: openModel,
    choices: () => ({ architectures: ARCHITECTURES.map(architectureId).sort(), recipes: RECIPE_NAMES }),
    decode: rasterOf,
    verify: verifyModel,
    // With the ONNX exporter, which nobody needs before they compare.
    compare: async (...args) => (await import('./compare.js')).compareModel(...args),
  },
  (method, value) => (method === 'decode' ? [(value as RasterImage).data.buffer as ArrayBuffer] : []),
);
