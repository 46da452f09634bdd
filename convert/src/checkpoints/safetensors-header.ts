// safetensors-header.ts — the header of a safetensors file, checked before a byte of its data is believed.
//
//   byte 0                 8                    8 + headerBytes                     end of file
//        u64 headerBytes   JSON, UTF-8, one     data: tensors without holes or overlaps, up to the end,
//        (little-endian)   object, then spaces  little-endian, row-major, not necessarily aligned
//
//   { "__metadata__": { string: string }, name: { "dtype": "F32", "shape": [2, 3], "data_offsets": [start, end] } }

import { type ByteSource, SignwaveError } from '@signwave/format';
import { isArray, isObject, JsonError, type JsonObject, type JsonValue, parseJson } from './json.js';
import { MAX_AXES, MAX_SAFETENSORS_HEADER_BYTES, MAX_TENSORS } from './limits.js';
import { quote } from './quote.js';

const LENGTH_BYTES = 8;
const METADATA_KEY = '__metadata__';

/** What a header says about a tensor. */
export interface SafetensorsEntry {
  readonly name: string;
  /** As written, such as "F32". Whether the type is known and fits shape and bytes isn't checked yet. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Byte offset within the data. */
  readonly startBytes: number;
  readonly endBytes: number;
}

/** @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE`, `E_IO` */
export async function readHeaderText(source: ByteSource): Promise<{ text: string; dataStartBytes: number }> {
  const { name, sizeBytes } = source;
  if (sizeBytes < LENGTH_BYTES) throw damaged(name, `it has ${sizeBytes} bytes, and the length of its header takes 8`);
  const lengthField = await source.read(0, LENGTH_BYTES);
  const claimed = new DataView(lengthField.buffer, lengthField.byteOffset).getBigUint64(0, true);
  if (claimed > MAX_SAFETENSORS_HEADER_BYTES) {
    throw damaged(name, `its header claims ${claimed} bytes; the format allows ${MAX_SAFETENSORS_HEADER_BYTES}`);
  }
  const headerBytes = Number(claimed);
  if (headerBytes > sizeBytes - LENGTH_BYTES) {
    throw damaged(
      name,
      `its header claims ${headerBytes} bytes, the file has ${sizeBytes}. Was it cut short? Compare its size or SHA-256`,
    );
  }
  const header = await source.read(LENGTH_BYTES, headerBytes);
  if (header[0] !== 0x7b) throw damaged(name, 'its header doesn’t begin with "{"');
  return { text: utf8(header, name), dataStartBytes: LENGTH_BYTES + headerBytes };
}

/**
 * Parse a header, and check that its tensors fill the data one after the other.
 *
 * @param dataBytes size of what follows the header.
 * @returns tensors in the order of the data.
 * @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE`
 */
export function parseSafetensorsHeader(
  text: string,
  dataBytes: number,
  sourceName: string,
): { readonly entries: readonly SafetensorsEntry[]; readonly metadata: ReadonlyMap<string, string> } {
  const header = parseObject(text, `${sourceName}: its header`);
  const metadata = parseMetadata(header.get(METADATA_KEY), sourceName);
  const entries: SafetensorsEntry[] = [];
  for (const [name, value] of header) {
    if (name === METADATA_KEY) continue;
    if (entries.length === MAX_TENSORS) throw damaged(sourceName, `it has more than ${MAX_TENSORS} tensors`);
    entries.push(parseEntry(name, value, sourceName));
  }
  entries.sort((a, b) => a.startBytes - b.startBytes || a.endBytes - b.endBytes);
  checkExtents(entries, dataBytes, sourceName);
  return { entries, metadata };
}

/** Parse JSON that has to be an object. @param what of which file, for the message. */
export function parseObject(text: string, what: string): JsonObject {
  let value: JsonValue;
  try {
    value = parseJson(text);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new SignwaveError('E_CHECKPOINT_STRUCTURE', `${what} is not the JSON that is read here: ${cause.message}`, {
      cause,
    });
  }
  if (isObject(value)) return value;
  throw new SignwaveError('E_CHECKPOINT_STRUCTURE', `${what} is no JSON object`);
}

function parseMetadata(value: JsonValue | undefined, sourceName: string): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (value === undefined) return metadata;
  if (!isObject(value)) throw damaged(sourceName, `${METADATA_KEY} is no object`);
  for (const [key, text] of value) {
    if (typeof text !== 'string') throw damaged(sourceName, `${METADATA_KEY} has ${quote(key)}, which is no string`);
    metadata.set(key, text);
  }
  return metadata;
}

function parseEntry(name: string, value: JsonValue, sourceName: string): SafetensorsEntry {
  const refuse = (what: string): never => {
    throw damaged(sourceName, `tensor ${quote(name)} ${what}`);
  };
  if (!isObject(value)) return refuse('is described by no object');
  const dtype = value.get('dtype');
  const shape = sizes(value.get('shape'));
  const offsets = sizes(value.get('data_offsets'));
  if (typeof dtype !== 'string') return refuse('has a "dtype" that is no string');
  if (!shape) return refuse('has a "shape" that is no list of sizes');
  if (shape.length > MAX_AXES) return refuse(`has ${shape.length} axes, more than ${MAX_AXES}`);
  if (offsets?.length !== 2) return refuse('has "data_offsets" that are not two sizes');
  const [startBytes, endBytes] = offsets as [number, number];
  if (endBytes < startBytes) return refuse(`has data from ${startBytes} back to ${endBytes}`);
  return { name, dtype, shape, startBytes, endBytes };
}

/** A whole number from 0 up that a number holds exactly; `undefined` for anything else. */
function sizes(value: JsonValue | undefined): readonly number[] | undefined {
  if (!isArray(value)) return undefined;
  const isSize = (item: JsonValue): boolean =>
    typeof item === 'bigint' && item >= 0n && item <= BigInt(Number.MAX_SAFE_INTEGER);
  return value.every(isSize) ? value.map(Number) : undefined;
}

/** @param entries sorted by where their data begin. */
function checkExtents(entries: readonly SafetensorsEntry[], dataBytes: number, sourceName: string): void {
  let reachedBytes = 0;
  for (const [i, { name, startBytes, endBytes }] of entries.entries()) {
    if (endBytes > dataBytes) {
      throw damaged(
        sourceName,
        `tensor ${quote(name)} has data up to byte ${endBytes}, and there are ${dataBytes}. Was it cut short? Compare its size or SHA-256`,
      );
    }
    if (startBytes < reachedBytes) {
      throw damaged(sourceName, `tensors ${quote(entries[i - 1]!.name)} and ${quote(name)} overlap`);
    }
    if (startBytes > reachedBytes) {
      throw damaged(
        sourceName,
        `bytes ${reachedBytes}..${startBytes} of the data, before ${quote(name)}, belong to no tensor`,
      );
    }
    reachedBytes = endBytes;
  }
  if (reachedBytes < dataBytes) {
    throw damaged(sourceName, `bytes ${reachedBytes}..${dataBytes} of the data, at the end, belong to no tensor`);
  }
}

/** @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` */
export function utf8(bytes: Uint8Array, sourceName: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SignwaveError('E_CHECKPOINT_STRUCTURE', `${sourceName}: its JSON is not UTF-8`, { cause });
  }
}

function damaged(sourceName: string, what: string): SignwaveError {
  return new SignwaveError('E_CHECKPOINT_STRUCTURE', `${sourceName} is a damaged safetensors file: ${what}`);
}
