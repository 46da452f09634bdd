import { convertTflite, readTflite } from '@signwave/convert';
import { blobSource, writeModel } from '@signwave/format';
import type { DroppedFiles } from './dropped-files.js';
import { described, packedName, sha256, WRITER } from './opened.js';
import type { OpenedModel, OpenOptions } from './protocol.js';

/**
 * Converts a `.tflite` of Larq Compute Engine.
 *
 * @throws {SignwaveError} as `readTflite`, `convertTflite` and `writeModel`.
 */
export async function openTflite({ main, labels }: DroppedFiles, options: OpenOptions): Promise<OpenedModel> {
  const startMs = performance.now();
  const tflite = await readTflite(blobSource(main, main.name));
  const sourceSha256 = await sha256([main]);
  const { model, notes } = convertTflite(tflite, {
    writer: WRITER,
    name: main.name.replace(/\.[^.]*$/, ''),
    ...(sourceSha256 !== undefined && { sourceSha256 }),
    ...(options.preprocess !== undefined && { preprocess: options.preprocess }),
    ...(labels && { labels: labels.names }),
  });
  const bytes = new Uint8Array(writeModel(model));
  const converted = { ms: performance.now() - startMs, checkpointBytes: main.size };
  return { ...described(model, bytes, packedName(main.name), notes), converted };
}
