import { ARCHITECTURES, architectureId } from '@signwave/convert';
import type { SignwaveError } from '@signwave/runtime';
import { fitImage } from './fit.js';
import { openModel } from './open.js';
import type { Lab, LabAnswer, LabRequest } from './protocol.js';
import { verifyModel } from './verify.js';

const lab: { readonly [Name in keyof Lab]: (...args: Parameters<Lab[Name]>) => unknown } = {
  open: openModel,
  architectures: () => ARCHITECTURES.map(architectureId).sort(),
  fit: fitImage,
  verify: verifyModel,
  // With the ONNX exporter, which nobody needs before they compare.
  compare: async (...args) => (await import('./compare.js')).compareModel(...args),
};

self.addEventListener('message', async ({ data: { id, method, args } }: MessageEvent<LabRequest>) => {
  let answer: LabAnswer;
  try {
    answer = { id, value: await (lab[method] as (...args: readonly unknown[]) => unknown)(...args) };
  } catch (error) {
    const { code, message } = error as SignwaveError;
    answer = { id, error: { code, message } };
  }
  self.postMessage(answer);
});
