import { readFileSync } from 'node:fs';

const RECORD_BYTES = 3073;
const PLANE_BYTES = 1024;

export interface CifarImage {
  readonly label: number;
  /** Bytes (32, 32, 3). */
  readonly bytes: Uint8Array;
}

/** Reads the first `count` images of a file in CIFAR-10's binary format. */
export function readCifarImages(path: string, count: number): CifarImage[] {
  const file = readFileSync(path);
  return Array.from({ length: count }, (_, index) => {
    const record = file.subarray(index * RECORD_BYTES, (index + 1) * RECORD_BYTES);
    const bytes = new Uint8Array(3 * PLANE_BYTES);
    for (let pixel = 0; pixel < PLANE_BYTES; pixel++) {
      for (let c = 0; c < 3; c++) bytes[pixel * 3 + c] = record[1 + c * PLANE_BYTES + pixel]!;
    }
    return { label: record[0]!, bytes };
  });
}
