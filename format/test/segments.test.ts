import { fileSegments, GraphBuilder, writeModel } from '@signwave/format';
import { expect, test } from 'vitest';
import { everyOperation, exampleModel, resnet20Like } from './models.js';

test.each([
  ['the example', exampleModel()],
  ['every operation', everyOperation()],
  ['a ResNet-20', resnet20Like()],
  ['no tensors', { info: exampleModel().info, graph: relu() }],
])('the segments of %s add up to the file', (_, model) => {
  const bytes = writeModel(model);
  const { headerBytes, tensorBytes, paddingBytes } = fileSegments(model.graph, bytes.length);
  expect(tensorBytes).toEqual(model.graph.tensors.map(({ data }) => data.length));
  expect(headerBytes % 16).toBe(0);
  expect(headerBytes + paddingBytes + tensorBytes.reduce((sum, n) => sum + n, 0)).toBe(bytes.length);
});

test('padding is what lies between tensors', () => {
  const model = exampleModel();
  const segments = fileSegments(model.graph, writeModel(model).length);
  expect(segments).toMatchObject({ tensorBytes: [1, 16], paddingBytes: 15 });
});

function relu() {
  const g = new GraphBuilder();
  g.relu(g.input({ height: 1, width: 1, channels: 1 }));
  return g.build();
}
