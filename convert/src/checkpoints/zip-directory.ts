// zip-directory.ts — the directory of a zip archive, read so that no two readers could see different entries in it.
//
//   entries | directory: a record for each entry | zip64 end record, locator (PyTorch always writes them) | end record, comment
//
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3 and 4.5. An archive is read from its end: the end record says where
// the directory is and how many records it has. What a sloppy reader believes of it can hide entries, so all of it has to agree here.

import { type ByteSource, SignwaveError } from '@signwave/format';
import { MAX_DIRECTORY_BYTES, MAX_ENTRIES } from './limits.js';

/** What the directory says about an entry. */
export interface DirectoryRecord {
  readonly name: string;
  /** The name as it is stored, to be compared with the entry's local header. */
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  /** 0 is stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  /** Where its local header begins. */
  readonly startBytes: number;
}

export interface Directory {
  /** In the directory's order. */
  readonly records: readonly DirectoryRecord[];
  /** Where the directory begins; all entries lie before it. */
  readonly startBytes: number;
}

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_END_SIGNATURE = 0x06064b50;
const ZIP64_END_BYTES = 56;
const RECORD_SIGNATURE = 0x02014b50;
const RECORD_BYTES = 46;
const ZIP64_EXTRA = 1;
/** A field of 16 or 32 bits that has its value elsewhere, in 64 bits. */
const SATURATED_16 = 0xffff;
const SATURATED_32 = 0xffff_ffff;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Where the directory is, and how many records it has. */
interface End {
  readonly records: number;
  readonly startBytes: number;
  readonly sizeBytes: number;
}

/** @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` for a damaged directory, or one that hides something; `E_IO` if the source fails. */
export async function readDirectory(source: ByteSource): Promise<Directory> {
  const fail = (what: string): never => {
    throw damagedZip(source.name, what);
  };
  const { records: count, startBytes, sizeBytes } = await readEnd(source, fail);
  const bytes = await source.read(startBytes, sizeBytes);
  const view = viewOf(bytes);
  const records: DirectoryRecord[] = [];
  let at = 0;
  while (records.length < count) {
    if (at + RECORD_BYTES > sizeBytes || view.getUint32(at, true) !== RECORD_SIGNATURE) {
      fail(`its directory has no record ${records.length + 1}, and its end says that there are ${count}`);
    }
    const nameStart = at + RECORD_BYTES;
    const extraStart = nameStart + view.getUint16(at + 28, true);
    const extraEnd = extraStart + view.getUint16(at + 30, true);
    const end = extraEnd + view.getUint16(at + 32, true);
    if (end > sizeBytes) fail(`record ${records.length + 1} of its directory is cut short`);
    const wide = zip64Values(view, extraStart, extraEnd);
    const sized = (offset: number): number => {
      const narrow = view.getUint32(at + offset, true);
      return narrow === SATURATED_32 ? wide() : narrow;
    };
    const nameBytes = bytes.subarray(nameStart, extraStart);
    // The order of the 64-bit values is that of these three.
    const uncompressed = sized(24);
    const compressedBytes = sized(20);
    const entryStart = sized(42);
    const name = textOf(nameBytes);
    if (![uncompressed, compressedBytes, entryStart].every(Number.isSafeInteger)) {
      fail(
        `record ${records.length + 1} of its directory has a size or an offset of 64 bits that is missing or too large`,
      );
    }
    records.push({
      name,
      nameBytes,
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc32: view.getUint32(at + 16, true),
      compressedBytes,
      sizeBytes: uncompressed,
      startBytes: entryStart,
    });
    at = end;
  }
  if (at !== sizeBytes)
    fail(`its end says that it has ${count} entries, but its directory goes on after them: they would be hidden`);
  return { records, startBytes };
}

async function readEnd(source: ByteSource, fail: (what: string) => never): Promise<End> {
  const tailBytes = Math.min(source.sizeBytes, END_BYTES + MAX_COMMENT_BYTES + ZIP64_LOCATOR_BYTES);
  const tailStart = source.sizeBytes - tailBytes;
  const view = viewOf(await source.read(tailStart, tailBytes));
  const at = lastEnd(view);
  if (at === undefined) return fail('it has no end record. Was it cut short? Compare its size or SHA-256');
  for (let other = at - 1; other >= 0; other--) {
    if (view.getUint32(other, true) !== END_SIGNATURE) continue;
    const reach = other + END_BYTES + view.getUint16(other + 20, true);
    if (reach >= at + END_BYTES)
      fail('it has two end records, one in the comment of the other: no telling which entries count');
  }
  const narrow = {
    records: view.getUint16(at + 10, true),
    sizeBytes: view.getUint32(at + 12, true),
    startBytes: view.getUint32(at + 16, true),
  };
  const [disk, diskOfDirectory, recordsHere] = [4, 6, 8].map((field) => view.getUint16(at + field, true));
  const isOneFile = [disk, diskOfDirectory].every((number) => number === 0 || number === SATURATED_16);
  if (!isOneFile || recordsHere !== narrow.records) {
    fail('it is a part of an archive in several files');
  }
  const endStart = tailStart + at;
  const hasLocator =
    at >= ZIP64_LOCATOR_BYTES && view.getUint32(at - ZIP64_LOCATOR_BYTES, true) === ZIP64_LOCATOR_SIGNATURE;
  const locatorStart = endStart - ZIP64_LOCATOR_BYTES;
  const wideStart = hasLocator ? Number(view.getBigUint64(at - ZIP64_LOCATOR_BYTES + 8, true)) : undefined;
  const end = wideStart === undefined ? narrow : await readZip64End(source, wideStart, locatorStart, narrow, fail);
  if (end.records > MAX_ENTRIES) fail(`it has more than ${MAX_ENTRIES} entries`);
  if (end.sizeBytes > MAX_DIRECTORY_BYTES) {
    fail(`its directory has ${end.sizeBytes} bytes, more than ${MAX_DIRECTORY_BYTES}`);
  }
  if (end.startBytes + end.sizeBytes !== (wideStart ?? endStart)) {
    fail(
      `its directory should take bytes ${end.startBytes} to ${end.startBytes + end.sizeBytes}, but its end begins at ${wideStart ?? endStart}. Was it cut short? Compare its size or SHA-256`,
    );
  }
  return end;
}

/** Where the last end record begins that has room for itself. */
function lastEnd(view: DataView): number | undefined {
  for (let at = view.byteLength - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  }
  return undefined;
}

/** Whether an end record may begin somewhere in these bytes. */
export function holdsEnd(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  for (let at = 0; at + 4 <= bytes.length; at++) if (view.getUint32(at, true) === END_SIGNATURE) return true;
  return false;
}

/** Reads the zip64 end record, which has to lie between directory and locator and say what the end record says, where that says something. */
async function readZip64End(
  source: ByteSource,
  startBytes: number,
  locatorStart: number,
  narrow: End,
  fail: (what: string) => never,
): Promise<End> {
  if (!(startBytes + ZIP64_END_BYTES <= locatorStart)) fail('its zip64 end record lies outside');
  const view = viewOf(await source.read(startBytes, ZIP64_END_BYTES));
  const value = (offset: number): number => Number(view.getBigUint64(offset, true));
  if (view.getUint32(0, true) !== ZIP64_END_SIGNATURE || startBytes + 12 + value(4) !== locatorStart) {
    fail('its zip64 end record isn’t where its locator says');
  }
  const wide = { records: value(32), sizeBytes: value(40), startBytes: value(48) };
  const agrees = (narrow: number, wide: number, saturated: number) => narrow === wide || narrow === saturated;
  if (
    value(24) !== wide.records ||
    !agrees(narrow.records, wide.records, SATURATED_16) ||
    !agrees(narrow.sizeBytes, wide.sizeBytes, SATURATED_32) ||
    !agrees(narrow.startBytes, wide.startBytes, SATURATED_32)
  ) {
    fail('its two end records disagree about its directory: no telling which entries count');
  }
  return wide;
}

/** The values of a zip64 extra field, one after the other; NaN if there are no more. */
function zip64Values(view: DataView, startBytes: number, endBytes: number): () => number {
  let [at, end] = [startBytes, startBytes];
  for (let field = startBytes; field + 4 <= endBytes; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== ZIP64_EXTRA) continue;
    at = field + 4;
    end = Math.min(endBytes, at + view.getUint16(field + 2, true));
    break;
  }
  return () => {
    at += 8;
    return at > end ? Number.NaN : Number(view.getBigUint64(at - 8, true));
  };
}

/** A name is UTF-8, or else of an encoding that nobody knows: one character for each byte. */
function textOf(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return String.fromCharCode(...bytes);
  }
}

export function damagedZip(sourceName: string, what: string, options?: ErrorOptions): SignwaveError {
  return new SignwaveError('E_CHECKPOINT_STRUCTURE', `${sourceName} is a damaged zip archive: ${what}`, options);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
