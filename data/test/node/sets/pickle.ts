// Writes pickles as CIFAR's Python version has them, opcode by opcode: tests need no Python.

/** How strings are stored: by Python 2, which has bytes for text, by Python 3 that had read such a file, or as text. */
export type PickleStyle = 'python 2' | 'python 3 bytes' | 'python 3 text';

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const raw = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));

const long = (value: number): Buffer => raw('J', u32(value));

function bytesOf(value: Uint8Array, style: PickleStyle): Buffer {
  if (style === 'python 2') return raw('T', u32(value.length), value);
  return raw('B', u32(value.length), value);
}

function text(value: string, style: PickleStyle): Buffer {
  if (style === 'python 3 text') return raw('X', u32(value.length), value);
  return raw(style === 'python 2' ? 'U' : 'C', Uint8Array.of(value.length), value);
}

/** An array uint8 of NumPy. */
function array(shape: readonly number[], data: Uint8Array, style: PickleStyle, type = 'u1'): Buffer {
  const module = style === 'python 3 text' ? 'numpy._core.multiarray' : 'numpy.core.multiarray';
  const dims = raw('(', ...shape.map(long), 't');
  const dtype = raw(
    'cnumpy\ndtype\n',
    text(type, style),
    'K\0K\x01\x87R(K\x03',
    text('|', style),
    'NNN',
    long(2 ** 32 - 1),
    long(2 ** 32 - 1),
    'K\0tb',
  );
  return raw(
    `c${module}\n_reconstruct\ncnumpy\nndarray\n`,
    'K\0\x85',
    text('b', style),
    '\x87R',
    '(K\x01',
    dims,
    dtype,
    '\x89',
    bytesOf(data, style),
    'tb',
  );
}

const list = (items: readonly Buffer[]): Buffer => raw('](', ...items, 'e');

function dict(entries: Readonly<Record<string, Buffer>>, style: PickleStyle): Buffer {
  return raw('\x80\x02}(', ...Object.entries(entries).flatMap(([key, value]) => [text(key, style), value]), 'u.');
}

/** A batch: planes (count, 3072), and labels under `labelsKey`. */
export function pickledBatch(
  planes: Uint8Array,
  labels: readonly number[],
  {
    style = 'python 2',
    labelsKey = 'labels',
    row = 3072,
    type = 'u1',
  }: { style?: PickleStyle; labelsKey?: string; row?: number; type?: string } = {},
): Buffer {
  const data = array([planes.length / row, row], planes, style, type);
  return dict({ batch_label: text('testing batch 1 of 1', style), [labelsKey]: list(labels.map(long)), data }, style);
}

export function pickledNames(key: string, names: readonly string[], style: PickleStyle = 'python 2'): Buffer {
  return dict({ num_vis: long(3072), [key]: list(names.map((name) => text(name, style))) }, style);
}

/** A pickle that asks for a call. */
export const pickledCall = (module: string, name: string): Buffer =>
  raw(`\x80\x02c${module}\n${name}\n`, 'U\x02id\x85R.');
