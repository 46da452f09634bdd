import { SignwaveError } from '@signwave/format';

/** This is far above any sound model, and an `ArrayBuffer` can hold it. */
const MAX_MODEL_BYTES = 2 ** 30;

/** Check the size of a file before it is read into memory. @throws {SignwaveError} `E_IO` above 1 GiB. */
export function checkModelSize(name: string, sizeBytes: number): void {
  if (sizeBytes <= MAX_MODEL_BYTES) return;
  throw new SignwaveError(
    'E_IO',
    `${name} is larger than ${MAX_MODEL_BYTES} bytes, which no model is. A checkpoint has to be converted first`,
  );
}

/** How many bytes a server says that it will send; undefined if it doesn't say so, or compresses the file. */
export function announcedBytes({ headers }: Response): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? undefined : Number(length);
}
