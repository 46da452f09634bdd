import { type ByteSource, bytesSource, checkRange, crc32, SignwaveError } from '@signwave/format';
import { type Entry, ERR_UNSAFE_FILENAME, type FileEntry, Reader, Writer, ZipReader } from '@zip.js/zip.js';
import { MAX_COMPRESSION_RATIO, MAX_DIRECTORY_BYTES, MAX_ENTRIES, RATIO_FREE_BYTES } from './limits.js';
import { quote } from './quote.js';

const LOCAL_HEADER_SIGNATURE = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
/** The longest name and the longest extra field, 65,535 bytes each, that can follow a local header. */
const MAX_HEADER_TAIL_BYTES = 2 * 65_535;
/** The end record without a comment, and where it has the number of entries. */
const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const END_COUNT_OFFSET = 10;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_LOCATOR_BYTES = 20;
const METHOD_STORE = 0;
const METHOD_DEFLATE = 8;
/** Content that is checked one part at a time. */
const CHUNK_BYTES = 2 ** 22;

/** An entry of the central directory, with the bytes of the file that belong to it. */
interface ListedEntry {
  readonly record: FileEntry;
  /** The bytes of its local header, its data and whatever lies between the data and the next entry. */
  readonly startBytes: number;
  endBytes: number;
}

/**
 * A zip archive whose directory has been checked as a whole: no duplicate or unsafe names, nothing encrypted, no
 * two entries over the same bytes, no absurd compression. Entries are read one by one, by range, and each read is
 * checked against its CRC-32.
 *
 * zip.js reads the directory (with its zip64 and damage rules) and inflates. Stored entries, all that PyTorch
 * writes, are read directly: a stream for each would take 0.5 ms, and checkpoints have hundreds.
 */
export class ZipArchive {
  readonly #source: ByteSource;
  readonly #entries: ReadonlyMap<string, ListedEntry>;

  private constructor(source: ByteSource, entries: ReadonlyMap<string, ListedEntry>) {
    this.#source = source;
    this.#entries = entries;
  }

  /** @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` for a damaged or hostile archive, `E_IO` if the source fails. */
  static async open(source: ByteSource): Promise<ZipArchive> {
    const entries = new Map<string, ListedEntry>();
    for (const record of await listRecords(source)) {
      const name = record.filename;
      if (entries.has(name)) throw damaged(source, `two entries are named ${quote(name)}; PyTorch never writes that`);
      if (record.directory) continue;
      checkRecord(source, record);
      entries.set(name, { record, startBytes: record.offset, endBytes: 0 });
    }
    setExtents(source, [...entries.values()]);
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

  /** Size in bytes of an entry's content, `undefined` if there is no such entry. */
  sizeBytes(name: string): number | undefined {
    return this.#entries.get(name)?.record.uncompressedSize;
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
    const entry = this.#entries.get(name);
    if (!entry) throw damaged(this.#source, `it has no entry ${quote(name)}`);
    const sizeBytes = entry.record.uncompressedSize;
    if (sizeBytes > maxBytes) {
      throw damaged(this.#source, `${quote(name)} has ${sizeBytes} bytes, more than the ${maxBytes} allowed`);
    }
    const content =
      entry.record.compressionMethod === METHOD_STORE ? await this.#readStored(entry) : await this.#inflate(entry);
    this.#checkCrc(entry, crc32(content));
    return content;
  }

  /**
   * An entry's content, to be read in parts. All of it is checked against its CRC-32 first, a part at a time.
   *
   * @param name an entry that exists.
   * @param maxInflatedBytes refuse compressed content larger than this: it is inflated in memory.
   * @throws {SignwaveError} as {@link read}.
   */
  async open(name: string, maxInflatedBytes: number): Promise<ByteSource> {
    const entry = this.#entries.get(name);
    if (entry?.record.compressionMethod !== METHOD_STORE || entry.record.uncompressedSize <= CHUNK_BYTES) {
      return bytesSource(await this.read(name, maxInflatedBytes), name);
    }
    const sizeBytes = entry.record.uncompressedSize;
    const dataStart = await this.#dataStart(entry);
    const read = (offsetBytes: number, lengthBytes: number): Promise<Uint8Array> => {
      checkRange(name, sizeBytes, offsetBytes, lengthBytes);
      return this.#source.read(dataStart + offsetBytes, lengthBytes);
    };
    let checksum = 0;
    for (let at = 0; at < sizeBytes; at += CHUNK_BYTES) {
      checksum = crc32(await read(at, Math.min(CHUNK_BYTES, sizeBytes - at)), checksum);
    }
    this.#checkCrc(entry, checksum);
    return { name, sizeBytes, read };
  }

  #checkCrc({ record }: ListedEntry, found: number): void {
    if (found === record.crc32) return;
    throw damaged(
      this.#source,
      `the CRC-32 of ${quote(record.filename)} doesn't match: its bytes were changed or damaged. (After ` +
        'torch.serialization.set_crc32_options(False) PyTorch writes wrong ones: save it again without.)',
    );
  }

  /**
   * Read the first bytes of an entry's content, which are not checked against its CRC-32.
   *
   * @param lengthBytes how many; fewer if the entry is shorter.
   */
  async readStart(name: string, lengthBytes: number): Promise<Uint8Array> {
    const entry = this.#entries.get(name);
    if (!entry) throw damaged(this.#source, `it has no entry ${quote(name)}`);
    const wantedBytes = Math.min(lengthBytes, entry.record.uncompressedSize);
    if (entry.record.compressionMethod === METHOD_STORE) return this.#readStored(entry, wantedBytes);
    const start = new StartWriter(wantedBytes);
    await entry.record.getData(start, { useWebWorkers: false, checkLocalFilename: true }).catch((error: unknown) => {
      if (!start.isFull) throw asDamage(this.#source, error);
    });
    return start.content;
  }

  /** @param contentBytes how many from the start of the content. */
  async #readStored(
    { record, startBytes, endBytes }: ListedEntry,
    contentBytes = record.compressedSize,
  ): Promise<Uint8Array> {
    const leftOutBytes = record.compressedSize - contentBytes;
    const bytes = await this.#source.read(startBytes, endBytes - startBytes - leftOutBytes);
    const dataStart = this.#headerBytes(record, bytes);
    if (dataStart + contentBytes > bytes.length) throw this.#tooLong(record);
    return bytes.subarray(dataStart, dataStart + contentBytes);
  }

  /** Where in the file a stored entry's content begins. */
  async #dataStart({ record, startBytes, endBytes }: ListedEntry): Promise<number> {
    const headerBytes = Math.min(endBytes - startBytes, LOCAL_HEADER_BYTES + record.rawFilename.length);
    const dataStart = this.#headerBytes(record, await this.#source.read(startBytes, headerBytes));
    if (startBytes + dataStart + record.compressedSize > endBytes) throw this.#tooLong(record);
    return startBytes + dataStart;
  }

  /** Check a stored entry's local header. @param bytes of the file from its start. @returns size of the header. */
  #headerBytes(record: FileEntry, bytes: Uint8Array): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const nameBytes = view.getUint16(26, true);
    const localName = bytes.subarray(LOCAL_HEADER_BYTES, LOCAL_HEADER_BYTES + nameBytes);
    if (
      view.getUint32(0, true) !== LOCAL_HEADER_SIGNATURE ||
      view.getUint16(8, true) !== METHOD_STORE ||
      localName.length !== record.rawFilename.length ||
      localName.some((byte, i) => byte !== record.rawFilename[i])
    ) {
      throw damaged(this.#source, `directory and local header disagree about ${quote(record.filename)}`);
    }
    return LOCAL_HEADER_BYTES + nameBytes + view.getUint16(28, true);
  }

  #tooLong(record: FileEntry): SignwaveError {
    return damaged(this.#source, `${quote(record.filename)} reaches into the next entry or past the end`);
  }

  async #inflate({ record }: ListedEntry): Promise<Uint8Array> {
    try {
      return await record.getData(new ExactWriter(record.uncompressedSize), {
        useWebWorkers: false,
        checkLocalFilename: true,
      });
    } catch (error) {
      throw asDamage(this.#source, error);
    }
  }
}

/** All records of the central directory, in its order. */
async function listRecords(source: ByteSource): Promise<FileEntry[]> {
  const reader = new ZipReader(new SourceReader(source, await hasZip64End(source)), {
    filenameValidation: 'strict',
    useWebWorkers: false,
  });
  const records: Entry[] = [];
  try {
    for await (const record of reader.getEntriesGenerator()) {
      records.push(record);
      if (records.length > MAX_ENTRIES) throw damaged(source, `it has more than ${MAX_ENTRIES} entries`);
    }
  } catch (error) {
    throw asDamage(source, error);
  }
  return records as FileEntry[];
}

/** Check what one record says about its entry. */
function checkRecord(source: ByteSource, record: FileEntry): void {
  const { compressedSize, uncompressedSize, compressionMethod } = record;
  const name = quote(record.filename);
  if (record.encrypted) throw damaged(source, `${name} is encrypted; PyTorch never writes that`);
  if (compressionMethod !== METHOD_STORE && compressionMethod !== METHOD_DEFLATE) {
    throw damaged(source, `${name} is packed by zip method ${compressionMethod}; only 0 (stored) and 8 are read`);
  }
  if (compressionMethod === METHOD_STORE && compressedSize !== uncompressedSize) {
    throw damaged(source, `${name} is stored, yet has ${compressedSize} bytes here and ${uncompressedSize} outside`);
  }
  if (uncompressedSize > RATIO_FREE_BYTES && uncompressedSize > MAX_COMPRESSION_RATIO * compressedSize) {
    throw damaged(
      source,
      `${name} claims to inflate from ${compressedSize} to ${uncompressedSize} bytes, more than ` +
        `${MAX_COMPRESSION_RATIO} times: a zip bomb?`,
    );
  }
}

/** Give each entry the bytes up to the next one, and refuse entries that overlap or leave the file. */
function setExtents(source: ByteSource, entries: ListedEntry[]): void {
  entries.sort((a, b) => a.startBytes - b.startBytes);
  for (const [i, entry] of entries.entries()) {
    const { record, startBytes } = entry;
    const limitBytes = entries[i + 1]?.startBytes ?? source.sizeBytes;
    const leastBytes = LOCAL_HEADER_BYTES + record.rawFilename.length + record.compressedSize;
    if (startBytes < 0 || startBytes + leastBytes > limitBytes) {
      const obstacle = i + 1 < entries.length ? `overlaps ${quote(entries[i + 1]!.record.filename)}` : 'is cut short';
      throw damaged(source, `${quote(record.filename)} (${leastBytes} bytes at ${startBytes}) ${obstacle}`);
    }
    entry.endBytes = Math.min(limitBytes, startBytes + leastBytes + MAX_HEADER_TAIL_BYTES);
  }
}

/** Whether the file ends as PyTorch's do, with the locator of a zip64 end record and an end record without a comment. */
async function hasZip64End(source: ByteSource): Promise<boolean> {
  const lengthBytes = ZIP64_LOCATOR_BYTES + END_BYTES;
  if (source.sizeBytes < lengthBytes) return false;
  const end = await source.read(source.sizeBytes - lengthBytes, lengthBytes);
  const view = new DataView(end.buffer, end.byteOffset, end.length);
  return (
    view.getUint32(0, true) === ZIP64_LOCATOR_SIGNATURE && view.getUint32(ZIP64_LOCATOR_BYTES, true) === END_SIGNATURE
  );
}

/**
 * zip.js's view of a {@link ByteSource}: like in a file, a read beyond the end gives what there is.
 *
 * PyTorch writes zip64 end records (76 bytes) even where nothing needs them. zip.js ignores them then and takes the directory to end 76
 * bytes later than it does. If one of its records begins 76 bytes after the first, as for `data.pkl` in a folder of 21 characters (the
 * file's stem), zip.js mistakes that record for the first. So this shows it 0xffff as the number of entries, which means: look into the
 * zip64 record, as Python's zipfile does.
 */
class SourceReader extends Reader<ByteSource> {
  readonly #source: ByteSource;
  /** Where the end record's number of entries is hidden; beyond the end if it isn't hidden. */
  readonly #hiddenCountBytes: number;

  constructor(source: ByteSource, hasZip64: boolean) {
    super(source);
    this.#source = source;
    this.size = source.sizeBytes;
    this.#hiddenCountBytes = hasZip64 ? this.size - END_BYTES + END_COUNT_OFFSET : this.size;
  }

  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    const startBytes = Math.max(0, Math.min(index, this.size));
    const lengthBytes = Math.max(0, Math.min(length, this.size - startBytes));
    if (lengthBytes > MAX_DIRECTORY_BYTES) {
      throw damaged(this.#source, `its directory has ${lengthBytes} bytes, more than ${MAX_DIRECTORY_BYTES}`);
    }
    const bytes = await this.#source.read(startBytes, lengthBytes);
    const countAt = this.#hiddenCountBytes - startBytes;
    return countAt < lengthBytes ? bytes.slice().fill(0xff, Math.max(0, countAt), Math.max(0, countAt + 2)) : bytes;
  }
}

/** Collects exactly the number of bytes that the directory promised; one more is an error as soon as it arrives. */
class ExactWriter extends Writer<Uint8Array> {
  readonly #content: Uint8Array;
  #filledBytes = 0;

  constructor(sizeBytes: number) {
    super();
    this.#content = new Uint8Array(sizeBytes);
  }

  override async writeUint8Array(chunk: Uint8Array): Promise<void> {
    if (this.#filledBytes + chunk.length > this.#content.length) throw new Error('more data than it declares');
    this.#content.set(chunk, this.#filledBytes);
    this.#filledBytes += chunk.length;
  }

  override async getData(): Promise<Uint8Array> {
    if (this.#filledBytes !== this.#content.length) throw new Error('less data than it declares');
    return this.#content;
  }
}

/** Takes the first bytes, then stops the flow by an error. */
class StartWriter extends Writer<Uint8Array> {
  readonly content: Uint8Array;
  #filledBytes = 0;

  constructor(sizeBytes: number) {
    super();
    this.content = new Uint8Array(sizeBytes);
  }

  get isFull(): boolean {
    return this.#filledBytes === this.content.length;
  }

  override async writeUint8Array(chunk: Uint8Array): Promise<void> {
    const part = chunk.subarray(0, this.content.length - this.#filledBytes);
    this.content.set(part, this.#filledBytes);
    this.#filledBytes += part.length;
    if (this.isFull) throw new Error('enough');
  }

  override async getData(): Promise<Uint8Array> {
    return this.content;
  }
}

function damaged(source: ByteSource, what: string, options?: ErrorOptions): SignwaveError {
  return new SignwaveError('E_CHECKPOINT_STRUCTURE', `${source.name} is a damaged zip archive: ${what}`, options);
}

/** Words an error of zip.js; our own errors (a limit, a failing source) pass unchanged. */
function asDamage(source: ByteSource, error: unknown): SignwaveError {
  if (error instanceof SignwaveError) return error;
  const { message, filename } = error as Error & { filename?: string };
  if (message === ERR_UNSAFE_FILENAME) {
    return damaged(source, `an entry is named ${quote(filename ?? '')}, which leads out of the archive`);
  }
  return damaged(source, `${message}. Was it cut short? Compare its size or SHA-256`, { cause: error });
}
