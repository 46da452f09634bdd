import type { InputNode, Model } from '@signwave/format';
import { summarize } from '@signwave/lab/first-load';
import type { OpenedModel } from './protocol.js';

/** The program that converts, as models name it. */
export const WRITER = 'signwave web';

/** What the page shows of a model. @param bytes of its file. */
export function described(
  model: Model,
  bytes: Uint8Array<ArrayBuffer>,
  fileName: string,
  notes: readonly string[],
): OpenedModel {
  const { architecture, method } = model.info;
  const [{ height, width, channels }] = model.graph.nodes as readonly [InputNode];
  return {
    bytes,
    fileName,
    architecture: `${method} ${architecture}`,
    input: `${height} × ${width} × ${channels}`,
    notes,
    summary: summarize(model, bytes),
  };
}

/** What a packed model is called, made of `source`. */
export const packedName = (source: string): string => `${source.replace(/(\.pth)?\.[^.]*$/, '')}.sgnw`;

/**
 * The SHA-256 of several files, one after the other. Browsers offer it only on pages from https or localhost; elsewhere the model has none.
 */
export async function sha256(files: readonly File[]): Promise<string | undefined> {
  if (!crypto.subtle) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await new Blob([...files]).arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
