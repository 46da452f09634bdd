import {
  type AccuracyClaim,
  f32Tensor,
  type Graph,
  GraphBuilder,
  type Model,
  type ModelInfo,
  readModel,
  SignwaveError,
  type Tensor,
  writeModel,
} from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { MODEL_SLOTS, rootOf, vectorAt } from './file-bytes.js';
import * as file from './generated/signwave.js';
import { everyOperation, exampleModel, randomNumbers, randomTensor, resnet20Like } from './models.js';

const models: [string, Model][] = [
  ['the example of the specification', exampleModel()],
  ['a model of every operation', everyOperation()],
  ['a ResNet-20', resnet20Like()],
];

describe.each(models)('%s', (_, model) => {
  const bytes = writeModel(model);

  test('reads as it was written', () => {
    expect(readModel(bytes)).toEqual(model);
  });

  test('reads as plain arrays from a Buffer of Node', () => {
    expect(readModel(Buffer.from(bytes))).toEqual(model);
  });

  test('has the same bytes each time, and after reading it', () => {
    expect(Buffer.compare(writeModel(structuredClone(model)), bytes)).toBe(0);
    expect(Buffer.compare(writeModel(readModel(bytes)), bytes)).toBe(0);
  });

  test('has its data at a multiple of 16 bytes, up to the end of the file', () => {
    const root = rootOf(bytes);
    const start = vectorAt(root, MODEL_SLOTS.data);
    expect(start % 16).toBe(0);
    expect(start + root.dataLength()).toBe(bytes.length);
    const last = model.graph.tensors.at(-1)!;
    expect(bytes.subarray(bytes.length - last.data.length)).toEqual(last.data);
  });

  test('is a FlatBuffer to the accessors that flatc generated', () => {
    const root = rootOf(bytes);
    expect(file.Model.bufferHasIdentifier(root.bb!)).toBe(true);
    expect([root.versionMajor(), root.versionMinor()]).toEqual([1, 0]);
    expect(root.name()).toBe(model.info.name);
    expect(root.omega0()).toBe(model.info.omega0 ?? 0);
    expect(root.labelsLength()).toBe(model.info.labels?.length ?? 0);
    expect(root.nodesLength()).toBe(model.graph.nodes.length);
    model.graph.nodes.forEach((node, i) => {
      const found = root.nodes(i)!;
      expect(file.Operation[found.operationType()]!.toLowerCase()).toBe(node.op.toLowerCase());
      expect(found.name() ?? undefined).toBe(node.name);
      if (node.op === 'conv') {
        const conv = found.operation(new file.Conv()) as file.Conv;
        expect(conv.weightsTensor()).toBe(node.weights);
        expect(conv.groups()).toBe(node.groups);
        expect(conv.pads()?.left() ?? 0).toBe(node.pads.left);
        expect(conv.stride()?.width() ?? 1).toBe(node.stride.width);
      }
    });
    model.graph.tensors.forEach(({ shape, data }, i) => {
      const found = root.tensors(i)!;
      expect([found.outer(), found.height(), found.width(), found.inner()]).toEqual(shape);
      const start = vectorAt(root, MODEL_SLOTS.data) + found.offset();
      expect(found.offset() % 16).toBe(0);
      expect(bytes.subarray(start, start + data.length)).toEqual(data);
    });
  });
});

test('a ResNet-20 takes less than 48,000 bytes', () => {
  const model = resnet20Like();
  const dataBytes = model.graph.tensors.reduce((sum, { data }) => sum + data.length, 0);
  expect(dataBytes).toBe(43_792);
  expect(writeModel(model).length).toBeLessThan(48_000);
});

test('a model without tensors can be written', () => {
  const g = new GraphBuilder();
  g.relu(g.input({ height: 2, width: 2, channels: 1 }));
  const model = { info: exampleModel().info, graph: g.build() };
  expect(readModel(writeModel(model))).toEqual(model);
});

test('equal nodes, operations, strings and vectors are written once', () => {
  const chain = (length: number): number => {
    const g = new GraphBuilder();
    let x = g.input({ height: 2, width: 2, channels: 1 });
    for (let i = 0; i < length; i++) x = g.add(g.hardtanh(g.sign(x)), x);
    const graph = g.build();
    const named = graph.nodes.map((node) => ({ ...node, name: 'the same' }));
    return writeModel({ info: exampleModel().info, graph: { ...graph, nodes: named } }).length;
  };
  // A node that equals another one only costs the 4 bytes of its offset.
  expect(chain(11) - chain(3)).toBe(8 * 3 * 4);
});

test('clips to 0 and to -0 are told apart, as are infinities', () => {
  const g = new GraphBuilder();
  let x = g.input({ height: 1, width: 1, channels: 1 });
  for (const lo of [0, -0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
    x = g.clip(x, lo, Number.POSITIVE_INFINITY);
  const model = { info: exampleModel().info, graph: g.build() };
  expect(readModel(writeModel(model))).toEqual(model);
});

test('numbers are rounded to the types of the file', () => {
  const g = new GraphBuilder();
  g.clip(g.input({ height: 1, width: 1, channels: 1 }), -0.1, 0.1);
  const { nodes } = readModel(writeModel({ info: exampleModel().info, graph: g.build() })).graph;
  expect(nodes[1]).toMatchObject({ lo: Math.fround(-0.1), hi: Math.fround(0.1) });
});

test('views of tensors may start at any byte', () => {
  const model = exampleModel();
  const tensors = model.graph.tensors.map((tensor) => {
    const shifted = new Uint8Array(tensor.data.length + 1);
    shifted.set(tensor.data, 1);
    return { ...tensor, data: shifted.subarray(1) };
  });
  expect(Buffer.compare(writeModel({ ...model, graph: { ...model.graph, tensors } }), writeModel(model))).toBe(0);
});

describe('the writer refuses', () => {
  const model = exampleModel();

  function refused(bad: Model): SignwaveError {
    try {
      writeModel(bad);
    } catch (error) {
      if (error instanceof SignwaveError) return error;
      throw error;
    }
    throw new Error('the model was written');
  }

  function withInfo(info: Partial<ModelInfo>): Model {
    return { ...model, info: { ...model.info, ...info } };
  }

  function withTensor(change: Partial<Tensor>): Model {
    const [bits, affine] = model.graph.tensors as [Tensor, Tensor];
    return { ...model, graph: { ...model.graph, tensors: [{ ...bits, ...change }, affine] } };
  }

  function withGraph(build: (g: GraphBuilder) => void): Model {
    const g = new GraphBuilder();
    build(g);
    return { ...model, graph: g.build() };
  }

  const claims = (count: number): AccuracyClaim[] => Array(count).fill({ data: 'x', top1: 1 });

  test.each([
    ['a name with a line feed', 'E_FORMAT_INFO', /name holds a control character/, { name: 'a\nb' }],
    ['a name with an escape sequence', 'E_FORMAT_INFO', /control character/, { name: '\u001b[2J' }],
    ['half of a surrogate pair', 'E_FORMAT_INFO', /licence holds .* half of a surrogate pair/, { licence: '\ud800' }],
    [
      'a string of 4,097 bytes',
      'E_FORMAT_LIMIT',
      /4097 bytes in the writer, at most 4096/,
      { writer: 'x'.repeat(4097) },
    ],
    ['a string of 4,098 bytes and 2,049 letters', 'E_FORMAT_LIMIT', /4098 bytes/, { method: 'é'.repeat(2049) }],
    ['three labels for two classes', 'E_LABELS', /3 labels for 2 classes/, { labels: ['a', 'b', 'c'] }],
    ['no labels for two classes', 'E_LABELS', /0 labels for 2 classes/, { labels: [] }],
    ['a label with a tab', 'E_FORMAT_INFO', /label 1 holds/, { labels: ['a', '\t'] }],
    ['omega0 of 0', 'E_FORMAT_INFO', /omega0 is 0/, { omega0: 0 }],
    ['omega0 of NaN', 'E_FORMAT_INFO', /omega0 is NaN/, { omega0: Number.NaN }],
    ['infinite omega0', 'E_FORMAT_INFO', /omega0 is Infinity/, { omega0: Number.POSITIVE_INFINITY }],
    ['half a SHA-256', 'E_FORMAT_INFO', /expected 64 lower-case hexadecimal digits/, { sourceSha256: 'ab'.repeat(16) }],
    ['a SHA-256 in capitals', 'E_FORMAT_INFO', /lower-case/, { sourceSha256: 'AB'.repeat(32) }],
    ['101 per cent', 'E_FORMAT_INFO', /accuracy on "x" is 101/, { accuracy: [{ data: 'x', top1: 101 }] }],
    ['NaN per cent', 'E_FORMAT_INFO', /is NaN/, { accuracy: [{ data: 'x', top1: Number.NaN }] }],
    ['65 claims', 'E_FORMAT_LIMIT', /65 accuracy claims, at most 64/, { accuracy: claims(65) }],
  ] as const)('%s', (_, code, message, info) => {
    const error = refused(withInfo(info));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test.each<[string, RegExp, Partial<Tensor>]>([
    [
      'a tensor of too few bytes',
      /tensor 0 of node 2 \("fc", linear\) has 0 bytes, its bits elements of shape \(2, 1, 1, 3\) need 1/,
      { data: new Uint8Array(0) },
    ],
    ['a tensor of too many bytes', /has 2 bytes/, { data: new Uint8Array(2) }],
    ['unused bits that are 1', /unused bits that are 1: its last byte has 6 bits/, { data: Uint8Array.of(0x40) }],
    [
      'a side of 0',
      /shape \(0, 1, 1, 3\), every side must be 1 or more/,
      { shape: [0, 1, 1, 3], data: new Uint8Array(0) },
    ],
    [
      'a NaN',
      /has a NaN or an infinity at element 4/,
      { dtype: 'f32', data: f32Tensor([2, 1, 1, 3], Float32Array.of(0, 0, 0, 0, Number.NaN, 0)).data },
    ],
    [
      'an infinity',
      /at element 5/,
      { dtype: 'f32', data: f32Tensor([2, 1, 1, 3], Float32Array.of(0, 0, 0, 0, 0, Number.NEGATIVE_INFINITY)).data },
    ],
    ['an infinite half', /at element 1/, { dtype: 'f16', data: Uint8Array.of(0, 0, 0, 0x7c, 0, 0, 0, 0, 0, 0, 0, 0) }],
  ])('%s', (_, message, change) => {
    const error = refused(withTensor(change));
    expect(error.code).toBe('E_TENSOR');
    expect(error.message).toMatch(message);
  });

  test('a tensor that no node names', () => {
    const tensors = [...model.graph.tensors, randomTensor('f32', [1, 1, 1, 1], randomNumbers(1))];
    const error = refused({ ...model, graph: { ...model.graph, tensors } });
    expect(error).toMatchObject({ code: 'E_TENSOR', message: 'tensor 2 is named by no node: leave it out' });
  });

  test('a graph without meaning', () => {
    const graph: Graph = { ...model.graph, nodes: model.graph.nodes.slice(1) };
    expect(refused({ ...model, graph }).code).toBe('E_GRAPH');
  });

  test('sizes that the file has no room for', () => {
    const wide = withGraph((g) => g.maxPool(g.input({ height: 1, width: 1, channels: 1 }), 70_000, { pad: 35_000 }));
    expect(refused(wide)).toMatchObject({
      code: 'E_FORMAT_LIMIT',
      message: expect.stringContaining('70000 is no whole number from 0 to 65535'),
    });
    const tall = withGraph((g) => g.input({ height: 70_000, width: 1, channels: 1 }));
    expect(refused(tall).code).toBe('E_FORMAT_LIMIT');
    const tensor: Tensor = { dtype: 'bits', shape: [1, 65_536, 1, 1], data: new Uint8Array(8192) };
    const long = withGraph((g) =>
      g.conv(g.input({ height: 1, width: 1, channels: 1 }), tensor, {
        pad: { top: 65_535, left: 0, bottom: 0, right: 0 },
      }),
    );
    expect(refused(long)).toMatchObject({
      code: 'E_FORMAT_LIMIT',
      message: expect.stringContaining('(1, 65536, 1, 1)'),
    });
  });

  test.each([1e39, 1e-46])('%d, which no float32 can hold', (divisor) => {
    const recipe = { channelOrder: 'gray', divisor, mean: [0], std: [1] } as const;
    const error = refused(withGraph((g) => g.input({ height: 1, width: 1, channels: 1 }, recipe)));
    expect(error).toMatchObject({
      code: 'E_GRAPH',
      message: expect.stringContaining('beyond what a float32 can hold'),
    });
  });
});
