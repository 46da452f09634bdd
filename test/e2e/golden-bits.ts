import { decodeNpy } from '@signwave/lab';
import { openFileSource } from '@signwave/lab/node';
import { ZipArchive } from '../../convert/src/checkpoints/zip-archive.js';

const MAX_ENTRY_BYTES = 2 ** 24;

/**
 * Reads the bits that PyTorch computed from an `.npz` archive, which has uint8 (images, bytes) for each binary convolution.
 *
 * @returns for each module name, in the archive's order, a function that gives the bytes of an image.
 */
export async function readGoldenBits(path: string): Promise<Map<string, (image: number) => Uint8Array>> {
  const source = await openFileSource(path);
  try {
    const archive = await ZipArchive.open(source);
    const bits = new Map<string, (image: number) => Uint8Array>();
    for (const entry of archive.names) {
      const { data, shape } = decodeNpy(await archive.read(entry, MAX_ENTRY_BYTES), entry, {
        types: ['|u1'],
        shape: [null, null],
      });
      const bytes = shape[1]!;
      bits.set(entry.replace(/\.npy$/, ''), (image) => data.subarray(image * bytes, (image + 1) * bytes));
    }
    return bits;
  } finally {
    await source.close();
  }
}
