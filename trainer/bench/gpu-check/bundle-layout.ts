import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

/** What a bundle may take. */
export const MAX_BYTES = 60 * 2 ** 20;
export const MANIFEST = 'manifest.json';

/** Files of a bundle. `gpu-check.sh` unpacks Node by the first two and starts the program. */
export const FILES = {
  xz: 'bin/xz',
  node: 'node.xz',
  program: 'check.mjs',
  dataWorker: 'data-worker.mjs',
  dawn: 'dawn.node.xz',
  images: 'images.xz',
  labels: 'labels.bin',
  gradients: 'reference.bin',
  loss: 'reference.json',
} as const;

const MANIFEST_SCHEMA = v.object({
  schema: v.literal(1),
  commit: v.string(),
  trainImages: v.number(),
  testImages: v.number(),
  files: v.array(
    v.object({
      path: v.string(),
      bytes: v.number(),
      sha256: v.string(),
      /** What the file is made of. */
      from: v.string(),
      licence: v.string(),
    }),
  ),
});
export type Manifest = v.InferOutput<typeof MANIFEST_SCHEMA>;

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Add up what a bundle takes, in bytes. @throws {Error} if it is more than {@link MAX_BYTES}. */
export function verifySize(files: Manifest['files']): number {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= MAX_BYTES) return total;
  throw new Error(
    `the bundle has ${total} bytes, expected at most ${MAX_BYTES}: a higher --level or fewer --train-images make it smaller`,
  );
}

/** Read a bundle's list of files and compare each file with it. @throws {Error} naming the first that is missing or changed. */
export function readManifest(bundle: string): Manifest {
  const manifest = v.parse(MANIFEST_SCHEMA, JSON.parse(readFileSync(join(bundle, MANIFEST), 'utf8')));
  for (const file of manifest.files) {
    const bytes = readFileSync(join(bundle, file.path));
    const found = sha256(bytes);
    if (found !== file.sha256) {
      throw new Error(
        `${file.path} of the bundle has SHA-256 ${found}, expected ${file.sha256}: it was changed or cut; make the bundle again by node trainer/scripts/gpu-bundle.mjs`,
      );
    }
  }
  return manifest;
}
