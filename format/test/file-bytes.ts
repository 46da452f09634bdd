// Finds positions in the bytes of a sound file by the accessors that flatc generated, independently of the reader.
import { crc32, type Model, readModel, SignwaveError } from '@signwave/format';
import * as flatbuffers from 'flatbuffers';
import * as file from './generated/signwave.js';

export interface Table {
  bb: flatbuffers.ByteBuffer | null;
  bb_pos: number;
}

export function rootOf(bytes: Uint8Array): file.Model {
  return file.Model.getRootAsModel(new flatbuffers.ByteBuffer(bytes));
}

/** The position of a field of a table. */
export function fieldAt({ bb, bb_pos: start }: Table, slot: number): number {
  return start + bb!.__offset(start, 4 + 2 * slot);
}

/** The position where the contents of a table's vector or string start. */
export function vectorAt(table: Table, slot: number): number {
  return table.bb!.__vector(fieldAt(table, slot));
}

/** Slots of `Model`, in the order of signwave.fbs. */
export const MODEL_SLOTS = {
  headerCrc32: 2,
  name: 3,
  omega0: 6,
  sourceSha256: 7,
  licence: 9,
  labels: 10,
  nodes: 12,
  tensors: 13,
  data: 14,
};

/** The positions of the header's checksum and of the header's end. */
export interface Header {
  readonly crcAt: number;
  readonly endAt: number;
}

export function headerOf(bytes: Uint8Array): Header {
  const root = rootOf(bytes);
  return { crcAt: fieldAt(root, MODEL_SLOTS.headerCrc32), endAt: vectorAt(root, MODEL_SLOTS.data) };
}

/** Corrects the checksum of a changed header, so that the change reaches deeper checks. */
export function seal(bytes: Uint8Array, { crcAt, endAt }: Header): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(crcAt, 0, true);
  view.setUint32(crcAt, crc32(bytes.subarray(0, endAt)), true);
  return bytes;
}

/** Copies a sound file, changes it, and corrects the header's checksum. */
export function sealed(bytes: Uint8Array, change: (view: DataView, root: file.Model) => void): Uint8Array {
  const copy = bytes.slice();
  const header = headerOf(copy);
  change(new DataView(copy.buffer), rootOf(copy));
  return seal(copy, header);
}

/** Reads a file. @returns the model, or the reader's refusal. Any other error is a bug and is thrown. */
export function tryRead(bytes: Uint8Array): Model | SignwaveError {
  try {
    return readModel(bytes, 'test.sgnw');
  } catch (error) {
    if (error instanceof SignwaveError) return error;
    throw error;
  }
}

export function refusal(bytes: Uint8Array): SignwaveError {
  const result = tryRead(bytes);
  if (result instanceof SignwaveError) return result;
  throw new Error('the file was read');
}
