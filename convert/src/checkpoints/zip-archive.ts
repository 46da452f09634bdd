import { type ByteSource, bytesSource, checkRange, crc32, SignwaveError } from '@signwave/format';
import { inflateStart } from './inflate.js';
import { MAX_COMPRESSION_RATIO, MAX_KEPT_INFLATED_BYTES, MAX_REPEATED_INFLATION, RATIO_FREE_BYTES } from './limits.js';
import { quote } from './quote.js';
import { type Directory, type DirectoryRecord, damagedZip, holdsEnd, readDirectory } from './zip-directory.js';

const LOCAL_HEADER_SIGNATURE = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
/** The longest name and the longest extra field, 65,535 bytes each, that can follow a local header. */
const MAX_HEADER_TAIL_BYTES = 2 * 65_535;
const METHOD_STORE = 0;
const METHOD_DEFLATE = 8;
/** Flags of an entry: encrypted; patched data; strong encryption; a local header whose fields are hidden. */
const REFUSED_FLAGS = 0x0001 | 0x0020 | 0x0040 | 0x2000;
/** Absolute paths, drive letters and parent folders. */
const LEADS_OUT = /^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)/;
/** Content that is checked one part at a time. */
const CHUNK_BYTES = 2 ** 22;
/** Small reads are served from a window of the file, so that listing thousands of small entries doesn't take thousands of system calls. */
const MIN_WINDOW_BYTES = 2 ** 10;
const MAX_WINDOW_BYTES = 2 ** 16;

/** An entry of the directory, with the bytes of the file that belong to it. */
interface Entry {
  readonly record: DirectoryRecord;
  /** One past its local header, its data and whatever lies between the data and the next entry. */
  endBytes: number;
  /** Whether all of its content has matched its CRC-32. */
  isChecked: boolean;
}

/**
 * A zip archive whose directory has been checked as a whole: no duplicate or unsafe names, nothing encrypted or hidden, no
 * two entries over the same bytes, no absurd compression. Entries are read one by one, by range, and content is
 * checked against its CRC-32 before it is believed.
 */
export class ZipArchive {
  readonly #source: ByteSource;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #deflatedContentBytes: number;
  /** The contents that were inflated last, the newest at the end. */
  readonly #inflated = new Map<string, Uint8Array>();
  #inflatedBytes = 0;

  private constructor(source: ByteSource, entries: ReadonlyMap<string, Entry>) {
    this.#source = source;
    this.#entries = entries;
    this.#deflatedContentBytes = [...entries.values()]
      .filter(({ record }) => record.method === METHOD_DEFLATE)
      .reduce((sum, { record }) => sum + record.sizeBytes, 0);
  }

  /** @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` for a damaged or hostile archive, `E_IO` if the source fails. */
  static async open(file: ByteSource): Promise<ZipArchive> {
    const source = windowed(file);
    const entries = new Map<string, Entry>();
    const directory = await readDirectory(source);
    for (const record of directory.records) {
      const { name } = record;
      if (entries.has(name))
        throw damagedZip(source.name, `two entries are named ${quote(name)}; PyTorch never writes that`);
      checkRecord(source.name, record);
      if (!name.endsWith('/')) entries.set(name, { record, endBytes: 0, isChecked: false });
    }
    setExtents(source.name, [...entries.values()], directory.startBytes);
    await refuseOtherEnds(source, directory);
    return new ZipArchive(source, entries);
  }

  /** Name of the file, for messages. */
  get sourceName(): string {
    return this.#source.name;
  }

  /** Names of all files in the archive, in directory order. */
  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** The same names in the order in which the entries lie in the file, which is the quickest to read them. */
  get namesInFileOrder(): readonly string[] {
    const entries = [...this.#entries.values()].sort((a, b) => a.record.startBytes - b.record.startBytes);
    return entries.map(({ record }) => record.name);
  }

  /** Size in bytes of an entry's content, `undefined` if there is no such entry. */
  sizeBytes(name: string): number | undefined {
    return this.#entries.get(name)?.record.sizeBytes;
  }

  /**
   * Read an entry's content.
   *
   * @param name an entry that exists ({@link sizeBytes} isn't `undefined`).
   * @param maxBytes refuse content larger than this, before anything is read.
   * @returns the content; it may share memory with the source.
   * @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` if it's too large, damaged or fails its CRC-32; `E_IO`.
   */
  async read(name: string, maxBytes: number): Promise<Uint8Array> {
    const { sizeBytes, read } = await this.open(name, maxBytes, maxBytes);
    return read(0, sizeBytes);
  }

  /**
   * An entry's content, to be read in parts. All of it is checked against its CRC-32 first, a part at a time; once for each archive.
   *
   * @param name an entry that exists.
   * @param maxInflatedBytes refuse compressed content larger than this: it is inflated in memory.
   * @param maxBytes refuse any content larger than this.
   * @throws {SignwaveError} as {@link read}.
   */
  async open(name: string, maxInflatedBytes: number, maxBytes = Number.POSITIVE_INFINITY): Promise<ByteSource> {
    const entry = this.#entryOf(name);
    const { method, sizeBytes } = entry.record;
    const limit = method === METHOD_STORE ? maxBytes : Math.min(maxBytes, maxInflatedBytes);
    if (sizeBytes > limit) throw this.#damaged(`${quote(name)} has ${sizeBytes} bytes, more than the ${limit} allowed`);
    if (method !== METHOD_STORE) return bytesSource(await this.#inflate(entry), name);
    const dataStart = await this.#dataStart(entry);
    const read = (offsetBytes: number, lengthBytes: number): Promise<Uint8Array> => {
      checkRange(name, sizeBytes, offsetBytes, lengthBytes);
      return this.#source.read(dataStart + offsetBytes, lengthBytes);
    };
    if (sizeBytes <= CHUNK_BYTES) {
      const content = await read(0, sizeBytes);
      if (!entry.isChecked) this.#checkCrc(entry, crc32(content));
      return bytesSource(content, name);
    }
    if (!entry.isChecked) {
      let checksum = 0;
      for (let at = 0; at < sizeBytes; at += CHUNK_BYTES) {
        checksum = crc32(await read(at, Math.min(CHUNK_BYTES, sizeBytes - at)), checksum);
      }
      this.#checkCrc(entry, checksum);
    }
    return { name, sizeBytes, read };
  }

  /**
   * Read the first bytes of an entry's content, which are not checked against its CRC-32.
   *
   * @param lengthBytes how many; fewer if the entry is shorter.
   */
  async readStart(name: string, lengthBytes: number): Promise<Uint8Array> {
    const entry = this.#entryOf(name);
    const wantedBytes = Math.min(lengthBytes, entry.record.sizeBytes);
    if (entry.record.method !== METHOD_STORE) return this.#inflateStart(entry, wantedBytes);
    return this.#source.read(await this.#dataStart(entry), wantedBytes);
  }

  #entryOf(name: string): Entry {
    return this.#entries.get(name) ?? this.#fail(`it has no entry ${quote(name)}`);
  }

  #checkCrc(entry: Entry, found: number): void {
    if (found === entry.record.crc32) entry.isChecked = true;
    else {
      this.#fail(
        `the CRC-32 of ${quote(entry.record.name)} doesn't match: its bytes were changed or damaged. (After ` +
          'torch.serialization.set_crc32_options(False) PyTorch writes wrong ones: save it again without.)',
      );
    }
  }

  /** Checks an entry's local header. @returns where in the file its data begin. */
  async #dataStart({ record, endBytes }: Entry): Promise<number> {
    const { name, nameBytes, startBytes, method, compressedBytes } = record;
    const bytes = await this.#source.read(startBytes, LOCAL_HEADER_BYTES + nameBytes.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (
      view.getUint32(0, true) !== LOCAL_HEADER_SIGNATURE ||
      (view.getUint16(6, true) & REFUSED_FLAGS) !== 0 ||
      view.getUint16(8, true) !== method ||
      view.getUint16(26, true) !== nameBytes.length ||
      nameBytes.some((byte, i) => byte !== bytes[LOCAL_HEADER_BYTES + i])
    ) {
      this.#fail(`directory and local header disagree about ${quote(name)}`);
    }
    const dataStart = startBytes + bytes.length + view.getUint16(28, true);
    if (dataStart + compressedBytes > endBytes)
      this.#fail(`${quote(name)} reaches into the next entry or past the end`);
    return dataStart;
  }

  /** The whole content of a deflated entry. What was inflated last is kept: many tensors may lie in one entry. */
  async #inflate(entry: Entry): Promise<Uint8Array> {
    const { name, sizeBytes } = entry.record;
    const kept = this.#inflated.get(name);
    if (kept) return kept;
    this.#inflatedBytes += sizeBytes;
    if (this.#inflatedBytes > MAX_REPEATED_INFLATION * this.#deflatedContentBytes) {
      this.#fail(
        `${quote(name)} and others would be inflated again and again; save the checkpoint without compression`,
      );
    }
    const content = await this.#inflateStart(entry, sizeBytes);
    this.#checkCrc(entry, crc32(content));
    this.#inflated.set(name, content);
    let keptBytes = [...this.#inflated.values()].reduce((sum, { length }) => sum + length, 0);
    for (const [oldest, { length }] of this.#inflated) {
      if (keptBytes <= MAX_KEPT_INFLATED_BYTES || oldest === name) break;
      this.#inflated.delete(oldest);
      keptBytes -= length;
    }
    return content;
  }

  async #inflateStart(entry: Entry, wantedBytes: number): Promise<Uint8Array> {
    const { compressedBytes, sizeBytes } = entry.record;
    const dataStart = await this.#dataStart(entry);
    const read = (offsetBytes: number, lengthBytes: number) => this.#source.read(dataStart + offsetBytes, lengthBytes);
    try {
      return await inflateStart(read, compressedBytes, sizeBytes, wantedBytes);
    } catch (cause) {
      if (cause instanceof SignwaveError) throw cause;
      const { message } = cause as Error;
      throw damagedZip(this.sourceName, `${quote(entry.record.name)} can't be inflated: ${message}`, { cause });
    }
  }

  #damaged(what: string): SignwaveError {
    return damagedZip(this.sourceName, what);
  }

  #fail(what: string): never {
    throw this.#damaged(what);
  }
}

/** Check what one record says about its entry. */
function checkRecord(sourceName: string, record: DirectoryRecord): void {
  const { compressedBytes, sizeBytes, method, flags } = record;
  const name = quote(record.name);
  const refuse = (what: string): never => {
    throw damagedZip(sourceName, what);
  };
  if (LEADS_OUT.test(record.name)) refuse(`an entry is named ${name}, which leads out of the archive`);
  if ((flags & REFUSED_FLAGS) !== 0) refuse(`${name} is encrypted or a patch; PyTorch never writes that`);
  if (method !== METHOD_STORE && method !== METHOD_DEFLATE) {
    refuse(`${name} is packed by zip method ${method}; only 0 (stored) and 8 are read`);
  }
  if (method === METHOD_STORE && compressedBytes !== sizeBytes) {
    refuse(`${name} is stored, yet has ${compressedBytes} bytes here and ${sizeBytes} outside`);
  }
  if (sizeBytes > RATIO_FREE_BYTES && sizeBytes > MAX_COMPRESSION_RATIO * compressedBytes) {
    refuse(
      `${name} claims to inflate from ${compressedBytes} to ${sizeBytes} bytes, more than ` +
        `${MAX_COMPRESSION_RATIO} times: a zip bomb?`,
    );
  }
}

/** Give each entry the bytes up to the next one, and refuse entries that overlap or leave the file. */
function setExtents(sourceName: string, entries: Entry[], directoryStart: number): void {
  entries.sort((a, b) => a.record.startBytes - b.record.startBytes);
  for (const [i, entry] of entries.entries()) {
    const { name, startBytes } = entry.record;
    const next = entries[i + 1]?.record;
    const limitBytes = next?.startBytes ?? directoryStart;
    const endBytes = leastEnd(entry.record);
    if (endBytes > limitBytes) {
      const obstacle = next ? `overlaps ${quote(next.name)}` : 'reaches into the directory: it is cut short';
      throw damagedZip(sourceName, `${quote(name)} (${endBytes - startBytes} bytes at ${startBytes}) ${obstacle}`);
    }
    entry.endBytes = Math.min(limitBytes, endBytes + MAX_HEADER_TAIL_BYTES);
  }
}

/**
 * Refuse an archive that has another one before its entries, or the end of another one behind them: a reader that finds that end sees other
 * entries.
 */
async function refuseOtherEnds(source: ByteSource, { records, startBytes }: Directory): Promise<void> {
  if (records.length === 0) return;
  let firstBytes = startBytes;
  let lastBytes = 0;
  for (const record of records) {
    firstBytes = Math.min(firstBytes, record.startBytes);
    lastBytes = Math.max(lastBytes, leastEnd(record));
  }
  const restBytes = startBytes - lastBytes;
  const rest = restBytes <= MAX_HEADER_TAIL_BYTES ? await source.read(lastBytes, Math.max(0, restBytes)) : undefined;
  if (firstBytes === 0 && rest && !holdsEnd(rest)) return;
  throw damagedZip(
    source.name,
    'it has bytes that belong to no entry, as if it were several archives: no telling which counts',
  );
}

/** One past the entry's data, if its local header has no extra field. */
function leastEnd({ startBytes, nameBytes, compressedBytes }: DirectoryRecord): number {
  return startBytes + LOCAL_HEADER_BYTES + nameBytes.length + compressedBytes;
}

/** A source whose small reads come from a window. It gets larger while reads follow each other, up to {@link MAX_WINDOW_BYTES}. */
function windowed(source: ByteSource): ByteSource {
  const { name, sizeBytes } = source;
  let start = 0;
  let window: Uint8Array = new Uint8Array(0);
  let windowBytes = MIN_WINDOW_BYTES;
  const read = async (offsetBytes: number, lengthBytes: number): Promise<Uint8Array> => {
    if (lengthBytes > MAX_WINDOW_BYTES) return source.read(offsetBytes, lengthBytes);
    checkRange(name, sizeBytes, offsetBytes, lengthBytes);
    const end = start + window.length;
    if (offsetBytes < start || offsetBytes + lengthBytes > end) {
      const follows = offsetBytes >= start && offsetBytes <= end + MIN_WINDOW_BYTES;
      windowBytes = follows ? Math.min(2 * windowBytes, MAX_WINDOW_BYTES) : MIN_WINDOW_BYTES;
      const wantedBytes = Math.max(lengthBytes, Math.min(windowBytes, sizeBytes - offsetBytes));
      window = await source.read(offsetBytes, wantedBytes);
      start = offsetBytes;
      return window.subarray(0, lengthBytes);
    }
    return window.subarray(offsetBytes - start, offsetBytes - start + lengthBytes);
  };
  return { name, sizeBytes, read };
}
