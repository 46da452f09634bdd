import { type GraphNode, type ModelInfo, readModel, writeModel } from '@signwave/format';
import { expect, test } from 'vitest';
import { exampleModel } from './models.js';

/** Every fact that a file can state. If a new one is missing here, this doesn't compile. */
const everyFact: Required<ModelInfo> = {
  name: 'a name',
  architecture: 'an architecture',
  method: 'a method',
  omega0: 20.5,
  sourceSha256: '0f'.repeat(32),
  writer: 'a writer',
  licence: 'a licence',
  labels: ['a label', 'another'],
  accuracy: [{ data: 'a data set', top1: 12.5 }],
};
const { name, architecture, method, writer, accuracy, ...optional } = everyFact;

function readBack(info: ModelInfo): ModelInfo {
  return readModel(writeModel({ info, graph: exampleModel().graph })).info;
}

test('every fact about a model is read as it was written', () => {
  const read = readBack(everyFact);
  for (const key of Object.keys(everyFact) as (keyof ModelInfo)[]) expect(read[key], key).toEqual(everyFact[key]);
  expect(Object.keys(read)).toEqual(Object.keys(everyFact));
});

test.each(Object.keys(optional) as (keyof typeof optional)[])(
  '%s may be the only one that need not be there',
  (key) => {
    const info = { name, architecture, method, writer, accuracy: [], [key]: everyFact[key] };
    expect(readBack(info)).toEqual(info);
  },
);

test('what need not be there leaves nothing behind', () => {
  const info = { name, architecture, method, writer, accuracy: [] };
  expect(Object.keys(readBack(info)).sort()).toEqual(Object.keys(info).sort());
});

/** What any node can say: as above, it doesn't compile without what is new. */
const everyNodeFact: Required<Omit<GraphNode, 'op'>> = { name: 'a module', inputs: [1] };

test('what any node can say is read as it was written', () => {
  const { info, graph } = exampleModel();
  const nodes = graph.nodes.map((node, i) => (i === 2 ? { ...node, ...everyNodeFact } : node));
  expect(readModel(writeModel({ info, graph: { ...graph, nodes } })).graph.nodes[2]).toMatchObject(everyNodeFact);
});

test.each(Object.entries(everyFact).filter(([, fact]) => typeof fact === 'string'))(
  'a line feed in the %s is refused before it is written',
  (key, fact) => {
    expect(() => readBack({ ...everyFact, [key]: `${fact}\n` })).toThrow(
      expect.objectContaining({ code: 'E_FORMAT_INFO' }),
    );
  },
);
