import { channelsFirst, exportOnnx, type OnnxOptions } from '@signwave/convert';
import type { Graph } from '@signwave/format';
import { createOrtSession } from '@signwave/lab/node';
import { Reference } from '@signwave/reference';

const INFO = { name: 'test', architecture: 'random', method: 'none', writer: 'test', accuracy: [] };

/** Outputs of the reference and of ONNX Runtime Web for one graph and input, both (C, H, W) in the order of ONNX. */
export async function runBoth(
  graph: Graph,
  input: Float32Array,
  options: OnnxOptions = {},
): Promise<{ readonly expected: Float32Array; readonly got: Float32Array }> {
  const reference = new Reference(graph);
  const expected = channelsFirst(reference.run(input), reference.shapes.at(-1)!.channels);
  const session = await createOrtSession(exportOnnx({ graph, info: INFO }, options));
  const got = await session.run(channelsFirst(input, reference.shapes[0]!.channels));
  await session.release();
  return { expected, got };
}

/** Largest of |a - b| / max(1, |a|); infinite if the lengths differ. */
export function worstDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((worst, v, i) => Math.max(worst, Math.abs(v - b[i]!) / Math.max(1, Math.abs(v))), 0);
}
