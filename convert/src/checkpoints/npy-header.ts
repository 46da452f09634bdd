// npy-header.ts — the beginning of an .npy file: github.com/numpy/numpy, numpy/lib/format.py.
//
//   "\x93NUMPY", version (major, minor), length of the header (u16, from version 2 u32), the header, the elements
//
// The header is a Python dict literal: {'descr': '<f4', 'fortran_order': False, 'shape': (100, 10), }
// It is read by a grammar of just that, never evaluated:
//
//   header = "{" (pair ("," pair)* ","?)? "}"      pair  = string ":" value
//   value  = string | "True" | "False" | tuple     tuple = "(" (integer ("," integer)* ","?)? ")"
//          | "[" anything "]": the fields of records

import { sniffKind, visible } from '@signwave/format';

const MAGIC = '\x93NUMPY';
/** NumPy's own reader allows 10,000 characters; headers of plain arrays have some 100. */
const MAX_HEADER_BYTES = 65_535;

/** Stands for the element type of a structured array. */
const RECORDS = 'records (structured dtype)';

/** What an `.npy` header says. */
export interface NpyHeader {
  /** Element type in NumPy's notation, to be shown in messages, too: `<f4`, `|u1`; {@link RECORDS} if an element has several numbers. */
  readonly descr: string;
  /** Whether columns come first instead of rows. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

type Value = string | boolean | readonly number[];

/** Strings without escapes, integers (Python 2 wrote 3L), words, punctuation. */
const TOKEN = /\s*(?:'([^'\\]*)'|"([^"\\]*)"|(\d+)L?|([A-Za-z]+)|([{}():,[\]]))/y;
const KEYS = 'descr, fortran_order, shape';

/**
 * Read the beginning of an `.npy` file.
 *
 * @param bytes the file, or its first part.
 * @returns the header, and where the elements start.
 * @throws {Error} saying what was found and what was expected; the caller adds the file's name.
 */
export function readNpyHeader(bytes: Uint8Array): { header: NpyHeader; dataOffset: number } {
  if (latin1(bytes.subarray(0, MAGIC.length)) !== MAGIC) {
    throw new Error(`it is ${sniffKind(bytes)}, expected a NumPy array (.npy)`);
  }
  const [major, minor] = [bytes[6], bytes[7]];
  if (major === undefined || minor !== 0 || major < 1 || major > 3) {
    throw new Error(`its format version is ${major}.${minor}, expected 1.0, 2.0 or 3.0`);
  }
  const lengthBytes = major === 1 ? 2 : 4;
  const start = MAGIC.length + 2 + lengthBytes;
  if (bytes.length < start) throw new Error(`it's cut short: it ends in the header, at byte ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerBytes = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new Error(`its header claims ${headerBytes} bytes, more than the limit of ${MAX_HEADER_BYTES}`);
  }
  const dataOffset = start + headerBytes;
  if (dataOffset > bytes.length) {
    throw new Error(`it's cut short: the header needs bytes up to ${dataOffset}, but it ends at ${bytes.length}`);
  }
  try {
    return { header: parseNpyHeader(latin1(bytes.subarray(start, dataOffset))), dataOffset };
  } catch (cause) {
    throw new Error(visible((cause as Error).message), { cause });
  }
}

/** Decodes one character for each byte. */
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

/**
 * Read the text of a header, from "{" to "}" with white space around it.
 *
 * @throws {Error} saying what was found and what was expected; the caller adds the file's name.
 */
function parseNpyHeader(text: string): NpyHeader {
  const tokens = tokenize(text);
  let at = 0;

  const found = (): string => (at < tokens.length ? `"${tokens[at]!.text}"` : 'its end');
  const take = (text: string): boolean => {
    const matches = tokens[at]?.kind === 'mark' && tokens[at]!.text === text;
    if (matches) at++;
    return matches;
  };
  const expect = (text: string): void => {
    if (!take(text)) throw new Error(`the header has ${found()} where "${text}" is expected`);
  };
  const string = (what: string): string => {
    if (tokens[at]?.kind !== 'string') throw new Error(`the header has ${found()} where ${what} is expected`);
    return tokens[at++]!.text;
  };
  /** Items up to the mark `close`, separated by commas; a comma may follow the last. */
  const list = (close: string, item: () => void): void => {
    while (!take(close)) {
      item();
      if (!take(',')) {
        expect(close);
        return;
      }
    }
  };
  const integer = (): number => {
    const value = Number(tokens[at]?.kind === 'integer' ? tokens[at]!.text : Number.NaN);
    if (!Number.isSafeInteger(value)) throw new Error(`the header has ${found()} where a dimension is expected`);
    at++;
    return value;
  };
  const value = (): Value => {
    const token = tokens[at];
    if (token?.kind === 'word' && (token.text === 'True' || token.text === 'False'))
      return tokens[at++]!.text === 'True';
    if (take('(')) {
      const shape: number[] = [];
      list(')', () => shape.push(integer()));
      return shape;
    }
    if (take('[')) {
      skipList();
      return RECORDS;
    }
    return string('a string, True, False or a tuple');
  };

  /** Skip a list whose "[" has been read: the names and types of records. */
  const skipList = (): void => {
    for (let open = 1; open > 0; at++) {
      if (at >= tokens.length) throw new Error('the header has its end where "]" is expected');
      if (tokens[at]!.kind === 'mark') open += tokens[at]!.text === '[' ? 1 : tokens[at]!.text === ']' ? -1 : 0;
    }
  };

  const values = new Map<string, Value>();
  expect('{');
  list('}', () => {
    const key = string('a key');
    expect(':');
    if (values.has(key)) throw new Error(`the header has the key "${key}" twice`);
    values.set(key, value());
  });
  if (at < tokens.length) throw new Error(`the header goes on with ${found()} after its dict`);
  return headerOf(values);
}

function headerOf(values: ReadonlyMap<string, Value>): NpyHeader {
  const descr = values.get('descr');
  const fortranOrder = values.get('fortran_order');
  const shape = values.get('shape');
  if (values.size !== 3 || typeof descr !== 'string' || typeof fortranOrder !== 'boolean' || !Array.isArray(shape)) {
    const keys = [...values.keys()].join(', ') || 'none';
    throw new Error(`the header needs the keys ${KEYS} (a string, True or False, a tuple); it has: ${keys}`);
  }
  return { descr: visible(descr), fortranOrder, shape };
}

interface Token {
  readonly kind: 'string' | 'integer' | 'word' | 'mark';
  readonly text: string;
}

function tokenize(text: string): Token[] {
  const end = text.trimEnd().length;
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match)
      throw new Error(
        `the header isn't a Python dict of plain values: ${JSON.stringify(text.slice(start, start + 20))}`,
      );
    const [, single, double, integer, word, mark] = match;
    if (integer !== undefined) tokens.push({ kind: 'integer', text: integer });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
    else tokens.push({ kind: 'string', text: (single ?? double)! });
  }
  return tokens;
}
