// Tests what a reader says to files of a newer version. The newer writer is this package's, with added rows and fields; the reader doesn't
// know these, because it takes its rows and fields when it is loaded.
import { FORMAT_VERSION, type GraphNode, type Model, OPERATIONS, readModel, writeModel } from '@signwave/format';
import fc from 'fast-check';
import { Builder } from 'flatbuffers';
import { afterEach, describe, expect, test } from 'vitest';
import { FILE_RECIPE, RECIPE } from '../src/operations/maps.js';
import { alignUp } from '../src/placement.js';
import { ACCURACY_CLAIM, type FileModel, MODEL, NODE } from '../src/schema.js';
import { SchemaWriter, slotCount } from '../src/schema-writer.js';
import { or, uint32, Walk } from '../src/verify.js';
import { headerOf, refusal, rootOf, seal, sealed } from './file-bytes.js';
import * as file from './generated/signwave.js';
import { everyOperation, exampleModel } from './models.js';
import { randomModel } from './random-models.js';

const LATER = FORMAT_VERSION.minor + 1;
const rows = OPERATIONS as unknown as Record<string, Record<string, unknown>>;
const known = { ...rows };
const tables = [MODEL, NODE, ACCURACY_CLAIM, RECIPE] as unknown as { fields: Record<string, unknown> }[];
const knownFields = tables.map(({ fields }) => fields);

/** Random models, which together have every operation. */
const models = fc.sample(randomModel, { seed: 5, numRuns: 250 });

afterEach(() => {
  for (const op of Object.keys(rows)) delete rows[op];
  Object.assign(rows, known);
  tables.forEach((table, i) => {
    table.fields = knownFields[i]!;
  });
});

/** A model with a new operation that has the fields of `clip`. */
function hardSwishModel(): Model {
  const { info, graph } = exampleModel();
  const node = { op: 'hardSwish', inputs: [graph.nodes.length - 1], lo: 0.5, hi: 2 } as unknown as GraphNode;
  return { info, graph: { ...graph, nodes: [...graph.nodes, node] } };
}

/** Adds an operation to the writer. @param since the minor version that is said to have introduced it. */
function addOperation(since: number): void {
  rows.hardSwish = { ...known.clip!, type: Object.keys(known).length + 1, since };
}

/** Writes a file again after `change` has changed its values, by a writer that knows the present `MODEL.fields`. */
function rewritten(bytes: Uint8Array, change: (values: FileModel) => object): Uint8Array {
  const values = { ...(change(MODEL.read(new Walk(bytes, 'model'), 0, 'Model')) as FileModel) };
  const dataBytes = values.data.bytes.length;
  const builder = new Builder();
  builder.finish(new SchemaWriter(builder).table(MODEL.fields, values, true), 'SGNW');
  const padded = builder.asUint8Array();
  const written = padded.slice(0, padded.length - (alignUp(dataBytes, 16) - dataBytes));
  return seal(written, headerOf(written));
}

function minorOf(bytes: Uint8Array): number {
  return rootOf(bytes).versionMinor();
}

describe('a file of a later version', () => {
  test('is refused for its version if it says so', () => {
    addOperation(LATER);
    const bytes = writeModel(hardSwishModel());
    expect(minorOf(bytes)).toBe(LATER);
    expect(refusal(bytes)).toMatchObject({
      code: 'E_FORMAT_VERSION',
      message: `test.sgnw has format version 1.${LATER}, this signwave reads 1.0 to 1.${FORMAT_VERSION.minor}: install a newer signwave`,
    });
  });

  test('is refused for an operation that is unknown if it says that it is older', () => {
    addOperation(0);
    const bytes = writeModel(hardSwishModel());
    expect(minorOf(bytes)).toBe(0);
    const count = Object.keys(known).length;
    expect(refusal(bytes)).toMatchObject({
      code: 'E_FORMAT_VERSION',
      message:
        `test.sgnw: Model.nodes[4].operation has type ${count + 1}, expected 1 to ${count}: ` +
        'install a newer signwave',
    });
  });

  test.each(Object.keys(known))('is refused for an unknown field of the operation %s', (op) => {
    const count = slotCount(OPERATIONS[op as 'clip'].fields);
    const isUsing = ({ graph }: Model): boolean => graph.nodes.some((node) => node.op === op);
    const { info, graph } = models.find(isUsing)!;
    rows[op] = { ...known[op], fields: { ...(known[op]!.fields as object), added: or(uint32, 0) } };
    const nodes = graph.nodes.map((node) => (node.op === op ? { ...node, added: 7 } : node));
    const error = refusal(writeModel({ info, graph: { ...graph, nodes } }));
    expect(error.code).toBe('E_FORMAT_VERSION');
    expect(error.message).toContain(`.operation (${op}) has a field ${count}, which its version doesn't define`);
  });

  test.each<[string, object, (values: FileModel) => object, string]>([
    ['the model', MODEL, (values) => ({ ...values, added: 7 }), 'Model'],
    [
      'a node',
      NODE,
      (values) => ({ ...values, nodes: values.nodes.map((node, i) => (i === 5 ? { ...node, added: 7 } : node)) }),
      'Model.nodes[5]',
    ],
    [
      'an accuracy claim',
      ACCURACY_CLAIM,
      (values) => ({ ...values, accuracy: values.accuracy.map((claim) => ({ ...claim, added: 7 })) }),
      'Model.accuracy[0]',
    ],
    [
      'the recipe',
      RECIPE,
      ({ nodes: [input, ...nodes], ...values }) => {
        const { recipe } = input!.operation as { recipe?: object };
        return {
          ...values,
          nodes: [{ operation: { ...input!.operation, recipe: { ...recipe, added: 7 } } }, ...nodes],
        };
      },
      'recipe',
    ],
  ])('is refused for an unknown field of %s', (_, table, change, what) => {
    const { fields } = table as { fields: Record<string, { readonly slots: number }> };
    Object.assign(table, { fields: { ...fields, added: or(uint32, 0) } });
    const error = refusal(rewritten(writeModel(everyOperation()), change));
    expect(error.message).toContain(`${what} has a field ${slotCount(fields)}, which its version doesn't define`);
    expect(error.code).toBe('E_FORMAT_VERSION');
  });

  const every = writeModel(everyOperation());

  test.each<[string, RegExp, (view: DataView, root: file.Model) => void]>([
    [
      'an unknown element type',
      /tensors\[0\]\.dataType is 5, expected 0 to 4/,
      (view, root) => view.setUint8(root.tensors(0)!.bb_pos + 20, 5),
    ],
    [
      'an unknown zero rule',
      /zeroRule is 3, expected 0 to 2/,
      (view, root) => {
        const sign = root.nodes(4)!.operation(new file.Sign()) as file.Sign;
        view.setUint8(sign.bb_pos + sign.bb!.__offset(sign.bb_pos, 6), 3);
      },
    ],
    [
      'an unknown channel order',
      /channelOrder is 9, expected 0 to 2/,
      (view, root) => {
        const recipe = (root.nodes(0)!.operation(new file.Input()) as file.Input).recipe()!;
        view.setUint8(recipe.bb_pos + recipe.bb!.__offset(recipe.bb_pos, 10), 9);
      },
    ],
  ])('is refused for %s', (_, message, change) => {
    const error = refusal(sealed(every, change));
    expect(error.message).toMatch(message);
    expect(error.code).toBe('E_FORMAT_VERSION');
  });

  test('is not taken for a damaged one, nor a damaged one for it', () => {
    const bytes = every.slice();
    bytes[rootOf(bytes).tensors(0)!.bb_pos + 20] = 5;
    expect(refusal(bytes)).toMatchObject({
      code: 'E_FORMAT_CHECKSUM',
      message: expect.stringContaining('the header has'),
    });
  });

  test('rewritten by this version, and nothing else, is read', () => {
    expect(readModel(rewritten(every, (values) => values))).toEqual(everyOperation());
  });
});

describe('a file says the version that brought what is in it', () => {
  test.each(Object.keys(known))('the operation %s', (op) => {
    rows[op] = { ...known[op], since: LATER };
    const using = models.filter(({ graph }) => graph.nodes.some((node) => node.op === op));
    expect(using.length).toBeGreaterThan(2);
    for (const model of using.slice(0, 10)) expect(minorOf(writeModel(model))).toBe(LATER);
    const others = models.filter((model) => !using.includes(model));
    for (const model of others.slice(0, 10)) expect(minorOf(writeModel(model))).toBeLessThan(LATER);
  });

  const fields = Object.entries(OPERATIONS).flatMap(([op, row]) =>
    Object.entries(row.fields).flatMap(([key, { slots }]) => (slots > 0 ? [[op, key] as const] : [])),
  );

  test.each(fields)('the field of %s called %s, unless it has its default', (op, key) => {
    const old = known[op]!.fields as Record<string, object>;
    rows[op] = { ...known[op], fields: { ...old, [key]: { ...old[key], since: LATER } } };
    const using = models.filter(({ graph }) => graph.nodes.some((node) => node.op === op));
    expect(using.some((model) => minorOf(writeModel(model)) === LATER)).toBe(true);
  });

  test('a value of an enumeration', () => {
    const type = FILE_RECIPE.fields.channelOrder.type as { since?: object };
    type.since = { bgr: LATER };
    try {
      expect(minorOf(writeModel(everyOperation()))).toBe(LATER);
      expect(minorOf(writeModel(exampleModel()))).toBe(0);
    } finally {
      delete type.since;
    }
  });
});
