import { type ErrorCode, FORMAT_VERSION, GraphBuilder, MAX_STRING_BYTES, writeModel } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import {
  fieldAt,
  headerOf,
  MODEL_SLOTS,
  refusal,
  rootOf,
  sealed,
  type Table,
  tryRead,
  vectorAt,
} from './file-bytes.js';
import * as file from './generated/signwave.js';
import { everyOperation, exampleModel } from './models.js';

const example = writeModel(exampleModel());
const every = writeModel(everyOperation());

/** Slots of tables, in the order of signwave.fbs. */
const NODE = { operationType: 0, operation: 1, back: 2, name: 3 };

function nodeOf(root: file.Model, op: file.Operation, skip = 0): file.Node {
  const nodes = Array.from({ length: root.nodesLength() }, (_, i) => root.nodes(i)!);
  return nodes.filter((node) => node.operationType() === op)[skip]!;
}

function operationOf<T extends Table>(root: file.Model, op: file.Operation, table: T): T {
  return nodeOf(root, op).operation(table) as T;
}

function vtableOf(view: DataView, { bb_pos: start }: Table): number {
  return start - view.getInt32(start, true);
}

/** Sets the offset of a field in its table; 0 makes it absent. */
function setSlot(view: DataView, table: Table, slot: number, offset: number): void {
  view.setUint16(vtableOf(view, table) + 4 + 2 * slot, offset, true);
}

type Change = (view: DataView, root: file.Model) => void;

function expectRefusal(bytes: Uint8Array, code: ErrorCode, message: RegExp): void {
  const error = refusal(bytes);
  expect(error.message).toMatch(message);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/^test\.sgnw/);
}

/** Points to the padding between the first two tensors, which looks like an empty string: a length of 0 and a zero byte. */
function pointLicenceIntoData(view: DataView, root: file.Model): void {
  const at = fieldAt(root, MODEL_SLOTS.licence);
  const paddingAt = vectorAt(root, MODEL_SLOTS.data) + root.tensors(1)!.offset() - 8;
  view.setUint32(at, paddingAt - at, true);
}

/** Changes the shape (6, 3, 2, 2) to (6, 3, 4, 1), which has as many elements. */
function foldChannelsIntoColumns(view: DataView, root: file.Model): void {
  const tensor = root.tensors(3)!;
  view.setUint32(tensor.bb_pos + 12, 1, true);
  view.setUint16(tensor.bb_pos + 18, 4, true);
}

describe('a damaged file', () => {
  test('is refused for any bit that flips, wherever it is', () => {
    for (let bit = 0; bit < example.length * 8; bit++) {
      const bytes = example.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      refusal(bytes);
    }
  });

  test('is refused for a flip in any byte of any table, vector and tensor', () => {
    for (let at = 0; at < every.length; at++) {
      const bytes = every.slice();
      bytes[at]! ^= 1 << ((at * 5) % 8);
      refusal(bytes);
    }
  });

  test.each([
    ['the example', example],
    ['every operation', every],
  ])('is refused wherever it is cut: %s', (_, whole) => {
    for (let length = 0; length < whole.length; length++) refusal(whole.slice(0, length));
  });

  test('is refused with a byte more', () => {
    expectRefusal(
      Uint8Array.of(...example, 0),
      'E_FORMAT_STRUCTURE',
      /Model.data ends at byte \d+, but the file has \d+ bytes/,
    );
  });

  test('says how much of it is missing', () => {
    expectRefusal(
      every.slice(0, -1),
      'E_FORMAT_STRUCTURE',
      /Model.data needs bytes \d+ to 2269, but the file has 2268 bytes.*cut short/,
    );
  });

  test('names its header if a checksum says that the header changed', () => {
    const bytes = example.slice();
    bytes[vectorAt(rootOf(bytes), MODEL_SLOTS.name)]! ^= 1;
    expectRefusal(bytes, 'E_FORMAT_CHECKSUM', /the header has CRC-32 [0-9a-f]{8}, the file says [0-9a-f]{8}/);
  });

  test('names the tensor whose checksum is wrong, and who uses it', () => {
    const bytes = example.slice();
    bytes[bytes.length - 1]! ^= 1;
    expectRefusal(bytes, 'E_FORMAT_CHECKSUM', /tensor 1 of node 3 \(affine\) has CRC-32/);
    const { endAt } = headerOf(bytes);
    bytes[endAt]! ^= 1;
    expectRefusal(bytes, 'E_FORMAT_CHECKSUM', /tensor 0 of node 2 \("fc", linear\) has CRC-32/);
  });
});

describe('a version', () => {
  const { minor } = FORMAT_VERSION;

  test.each([
    [0, 0, new RegExp(`version 0\\.0, this signwave reads 1\\.0 to 1\\.${minor}: convert the checkpoint again`)],
    [1, minor + 1, new RegExp(`version 1\\.${minor + 1}, .*install a newer signwave`)],
    [2, 0, /version 2\.0, .*install a newer signwave/],
    [255, 255, /version 255\.255/],
  ])('%i.%i is refused before anything else is looked at', (major, minor, message) => {
    // version_minor is 0, the default, so it isn't in the file: it gets the byte next to the major version.
    const bytes = example.slice();
    const root = rootOf(bytes);
    const view = new DataView(bytes.buffer);
    const majorAt = fieldAt(root, 0);
    const vtable = root.bb_pos - view.getInt32(root.bb_pos, true);
    view.setUint16(vtable + 4 + 2, majorAt - root.bb_pos - 1, true);
    view.setUint8(majorAt, major);
    view.setUint8(majorAt - 1, minor);
    expectRefusal(bytes, 'E_FORMAT_VERSION', message);
  });

  test('of another kind of root table is still told', () => {
    const bytes = example.slice();
    const root = rootOf(bytes);
    new DataView(bytes.buffer).setUint8(fieldAt(root, 0), 2);
    bytes.fill(0xff, vectorAt(root, MODEL_SLOTS.name));
    expectRefusal(bytes, 'E_FORMAT_VERSION', /version 2\.0/);
  });
});

describe('a file with the right checksums is refused for', () => {
  const cases: [what: string, code: ErrorCode, message: RegExp, Change][] = [
    ['a root that lies outside', 'E_FORMAT_STRUCTURE', /Model needs bytes/, (view) => view.setUint32(0, 2 ** 31, true)],
    ['a root offset of 0', 'E_FORMAT_STRUCTURE', /the offset of Model is 0/, (view) => view.setUint32(0, 0, true)],
    [
      'a root at an odd byte',
      'E_FORMAT_STRUCTURE',
      /Model starts at byte \d+, expected a multiple of 4/,
      (view) => view.setUint32(0, view.getUint32(0, true) + 1, true),
    ],
    [
      'a vtable before the file',
      'E_FORMAT_STRUCTURE',
      /the vtable of Model needs bytes -/,
      (view, root) => view.setInt32(root.bb_pos, 1 << 20, true),
    ],
    [
      'a vtable after the file',
      'E_FORMAT_STRUCTURE',
      /the vtable of Model needs bytes/,
      (view, root) => view.setInt32(root.bb_pos, -(1 << 20), true),
    ],
    [
      'a vtable of 3 bytes',
      'E_FORMAT_STRUCTURE',
      /the vtable of Model has 3 bytes/,
      (view, root) => view.setUint16(root.bb_pos - view.getInt32(root.bb_pos, true), 3, true),
    ],
    [
      'a table of 3 bytes',
      'E_FORMAT_STRUCTURE',
      /for a table of 3/,
      (view, root) => view.setUint16(root.bb_pos - view.getInt32(root.bb_pos, true) + 2, 3, true),
    ],
    [
      'a field outside its table',
      'E_FORMAT_STRUCTURE',
      /Model\.name lies outside its table/,
      (view, root) => setSlot(view, root, MODEL_SLOTS.name, 0x7ffc),
    ],
    [
      'a field on top of its vtable offset',
      'E_FORMAT_STRUCTURE',
      /Model\.name lies outside its table/,
      (view, root) => setSlot(view, root, MODEL_SLOTS.name, 2),
    ],
    [
      'a required field that is missing',
      'E_FORMAT_STRUCTURE',
      /Model\.name is missing/,
      (view, root) => setSlot(view, root, MODEL_SLOTS.name, 0),
    ],
    [
      'no checksum',
      'E_FORMAT_STRUCTURE',
      /Model\.headerCrc32 is missing/,
      (view, root) => setSlot(view, root, MODEL_SLOTS.headerCrc32, 0),
    ],
    [
      'no data',
      'E_FORMAT_STRUCTURE',
      /Model\.data is missing/,
      (view, root) => setSlot(view, root, MODEL_SLOTS.data, 0),
    ],
    [
      'an operation of type 0',
      'E_FORMAT_STRUCTURE',
      /operation has type 0, expected 1 to \d+/,
      (view, root) => view.setUint8(fieldAt(root.nodes(1)!, NODE.operationType), 0),
    ],
    [
      'a bool of 2',
      'E_FORMAT_STRUCTURE',
      /ceilMode is 2, expected 0 to 1/,
      (view, root) => view.setUint8(fieldAt(operationOf(root, file.Operation.MaxPool, new file.MaxPool()), 3), 2),
    ],
    [
      'a string without a zero byte',
      'E_FORMAT_STRUCTURE',
      /Model\.name has no zero byte at its end/,
      (view, root) => view.setUint8(vectorAt(root, MODEL_SLOTS.name) + 'every operation'.length, 1),
    ],
    [
      'a string that is not UTF-8',
      'E_FORMAT_STRUCTURE',
      /Model\.name is not UTF-8/,
      (view, root) => view.setUint8(vectorAt(root, MODEL_SLOTS.name), 0xff),
    ],
    [
      'half of a surrogate pair',
      'E_FORMAT_STRUCTURE',
      /Model\.name is not UTF-8/,
      (view, root) => new Uint8Array(view.buffer).set([0xed, 0xa0, 0x80], vectorAt(root, MODEL_SLOTS.name)),
    ],
    [
      'a string with an escape sequence',
      'E_FORMAT_STRUCTURE',
      /Model\.name .* control characters/,
      (view, root) => view.setUint8(vectorAt(root, MODEL_SLOTS.name), 27),
    ],
    [
      'a string beyond the end',
      'E_FORMAT_STRUCTURE',
      /Model\.name needs bytes/,
      (view, root) => view.setUint32(vectorAt(root, MODEL_SLOTS.name) - 4, 0xffffffff, true),
    ],
    [
      '2^32 - 1 nodes',
      'E_FORMAT_STRUCTURE',
      /Model\.nodes needs bytes/,
      (view, root) => view.setUint32(vectorAt(root, MODEL_SLOTS.nodes) - 4, 0xffffffff, true),
    ],
    [
      '65 operands',
      'E_FORMAT_LIMIT',
      /nodes\[12\]\.back has 65 entries, at most 64 are read/,
      (view, root) => view.setUint32(vectorAt(nodeOf(root, file.Operation.Concat), NODE.back) - 4, 65, true),
    ],
    [
      'a header that reaches into the data',
      'E_FORMAT_STRUCTURE',
      /its header reaches byte \d+, past the start of Model\.data/,
      pointLicenceIntoData,
    ],
    [
      'a tensor at a wrong place',
      'E_TENSOR',
      /tensor 1 starts at byte 240 of the data, expected 224/,
      (view, root) => view.setUint32(root.tensors(1)!.bb_pos, 240, true),
    ],
    [
      'tensors that take less than the data',
      'E_TENSOR',
      /the tensors take \d+ bytes of data, the file has \d+/,
      (view, root) => view.setUint32(root.tensors(root.tensorsLength() - 1)!.bb_pos + 8, 4, true),
    ],
    [
      'tensors that take more than the data',
      'E_TENSOR',
      /the tensors take [\d.e+]+ bytes of data, the file has \d+/,
      (view, root) => view.setUint32(root.tensors(root.tensorsLength() - 1)!.bb_pos + 8, 0xffffffff, true),
    ],
    [
      'a tensor of another shape',
      'E_GRAPH',
      /node 5 \("blocks\.0\.größe", conv\): its weights take 1 channels in 2 groups, its operand has 4/,
      foldChannelsIntoColumns,
    ],
    [
      'bytes between tensors that are not 0',
      'E_TENSOR',
      /the bytes that align tensor 1, 216 to 224 of the data, are not all 0/,
      (view, root) => view.setUint8(vectorAt(root, MODEL_SLOTS.data) + 217, 1),
    ],
    [
      'an operand after its node',
      'E_GRAPH',
      /node 12 \(concat\): operand 12 is not an earlier node/,
      (view, root) => view.setUint16(vectorAt(nodeOf(root, file.Operation.Concat), NODE.back), 0, true),
    ],
    [
      'omega0 of NaN',
      'E_FORMAT_INFO',
      /omega0 is NaN/,
      (view, root) => view.setFloat64(fieldAt(root, MODEL_SLOTS.omega0), Number.NaN, true),
    ],
    [
      'omega0 below 0',
      'E_FORMAT_INFO',
      /omega0 is -1/,
      (view, root) => view.setFloat64(fieldAt(root, MODEL_SLOTS.omega0), -1, true),
    ],
    [
      'half a SHA-256',
      'E_FORMAT_INFO',
      /SHA-256 is "(ab){16}"/,
      (view, root) => view.setUint32(vectorAt(root, MODEL_SLOTS.sourceSha256) - 4, 16, true),
    ],
    [
      'an accuracy of 101 per cent',
      'E_FORMAT_INFO',
      /accuracy on "nothing" is 101/,
      (view, root) => view.setFloat64(fieldAt(root.accuracy(0)!, 1), 101, true),
    ],
    [
      'a label too few',
      'E_LABELS',
      /4 labels for 5 classes/,
      (view, root) => view.setUint32(vectorAt(root, MODEL_SLOTS.labels) - 4, 4, true),
    ],
    [
      'a clip to NaN',
      'E_GRAPH',
      /clips to NaN/,
      (view, root) =>
        view.setFloat32(fieldAt(operationOf(root, file.Operation.Clip, new file.Clip()), 0), Number.NaN, true),
    ],
    [
      'a tensor that is not there',
      'E_GRAPH',
      /names tensor 99/,
      (view, root) => view.setUint32(fieldAt(operationOf(root, file.Operation.Prelu, new file.Prelu()), 0), 99, true),
    ],
    [
      'a threshold of -2',
      'E_GRAPH',
      /names tensor -2/,
      (view, root) => view.setInt32(fieldAt(operationOf(root, file.Operation.Sign, new file.Sign()), 0), -2, true),
    ],
  ];
  test.each(cases)('%s', (_, code, message, change) => {
    expectRefusal(sealed(every, change), code, message);
  });

  test('a string above the limit', () => {
    const model = exampleModel();
    const long = writeModel({ ...model, info: { ...model.info, name: 'x'.repeat(MAX_STRING_BYTES) } });
    expect(tryRead(long)).not.toBeInstanceOf(Error);
    const longer = sealed(long, (view, root) => {
      const at = vectorAt(root, MODEL_SLOTS.name);
      view.setUint32(at - 4, MAX_STRING_BYTES + 1, true);
      view.setUint8(at + MAX_STRING_BYTES, 0x78);
    });
    expectRefusal(longer, 'E_FORMAT_LIMIT', /Model\.name has 4097 bytes, at most 4096 are read/);
  });

  test('strings that are short in the file but shared without end', () => {
    const g = new GraphBuilder();
    const weights = { dtype: 'bits', shape: [5000, 1, 1, 8], data: new Uint8Array(5000) } as const;
    g.linear(g.input({ height: 1, width: 1, channels: 8 }), weights, { name: 'x'.repeat(MAX_STRING_BYTES) });
    const labels = Array<string>(5000).fill('y');
    const bytes = writeModel({ info: { ...exampleModel().info, labels }, graph: g.build() });
    expect(tryRead(bytes)).not.toBeInstanceOf(Error);
    const bomb = sealed(bytes, (view, root) => {
      const textAt = vectorAt(nodeOf(root, file.Operation.Linear), NODE.name) - 4;
      const labelsAt = vectorAt(root, MODEL_SLOTS.labels);
      for (let at = labelsAt; at < labelsAt + 4 * 5000; at += 4) view.setUint32(at, textAt - at, true);
    });
    expectRefusal(bomb, 'E_FORMAT_LIMIT', /its strings have more than 16777216 bytes/);
  });
});
