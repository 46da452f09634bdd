import { ARCHITECTURES, architectureId, RECIPE_NAMES } from '@signwave/convert';
import type { RasterImage, SignwaveError } from '@signwave/runtime';
import { rasterOf } from '@signwave/runtime/web';
import { openModel } from './open.js';
import type { Lab, LabAnswer, LabRequest } from './protocol.js';
import { verifyModel } from './verify.js';

const lab: { readonly [Name in keyof Lab]: (...args: Parameters<Lab[Name]>) => unknown } = {
  open: openModel,
  choices: () => ({ architectures: ARCHITECTURES.map(architectureId).sort(), recipes: RECIPE_NAMES }),
  decode: rasterOf,
  verify: verifyModel,
  // Loaded only to compare: it brings the ONNX exporter along.
  compare: async (...args) => (await import('./compare.js')).compareModel(...args),
};

self.addEventListener('message', async ({ data: { id, method, args } }: MessageEvent<LabRequest>) => {
  let answer: LabAnswer;
  const transfer: Transferable[] = [];
  try {
    const value = await (lab[method] as (...args: readonly unknown[]) => unknown)(...args);
    if (method === 'decode') transfer.push((value as RasterImage).data.buffer as ArrayBuffer);
    answer = { id, value };
  } catch (error) {
    const { code, message } = error as SignwaveError;
    answer = { id, error: { code, message } };
  }
  self.postMessage(answer, { transfer });
});
