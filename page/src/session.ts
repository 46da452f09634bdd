import { randomInput } from '@signwave/lab/first-load';
import type { Prediction, RasterImage, StepProfile } from '@signwave/runtime';
import { createWorkerModel, type WorkerModel } from '@signwave/runtime/web';
import type { OpenedModel, Switches } from './worker/protocol.js';

/** Browsers' clocks have steps of up to 1 ms; with this many runs they are fine enough for a mean. */
const PROFILE_REPEATS = 300;

/** The open model, in its worker. */
export interface Session {
  readonly opened: OpenedModel;
  readonly model: WorkerModel;
  readonly switches: Switches;
}

export async function startSession(opened: OpenedModel, switches: Switches): Promise<Session> {
  const model = await createWorkerModel(opened.bytes.slice(), {
    name: opened.fileName,
    ...switches,
    createWorker: () => new Worker('model-worker.js', { type: 'module' }),
  });
  return { opened, model, switches };
}

export interface Classified {
  readonly predictions: readonly Prediction[];
  /** From the decoded image to the classes: sending it to the worker, resizing, running, and sending the result back. */
  readonly ms: number;
}

/** @param image of any size; a camera's bitmap is transferred to the worker, pixels are copied. */
export async function classify({ model }: Session, image: RasterImage | ImageBitmap): Promise<Classified> {
  const startMs = performance.now();
  const isBitmap = !('channels' in image);
  const predictions = await model.classify(image, { topK: Math.min(5, model.outputs), transfer: isBitmap });
  return { predictions, ms: performance.now() - startMs };
}

export async function profile({ model }: Session): Promise<StepProfile[]> {
  return model.profile(randomInput(model.input, 1), { repeats: PROFILE_REPEATS });
}
