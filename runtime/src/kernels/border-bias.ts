import { type BorderBiasNode, classesOfPositions, tensorValues } from '@signwave/format';
import { BLOCK, roundUp } from './filters.js';
import { planMapKernel } from './map-arguments.js';
import type { Room } from './room.js';

/** Executes a `borderBias` that isn't fused with a convolution: it adds a vector of channels for each pair of border classes. */
export const borderBias: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const node = context.node(fused.head!) as BorderBiasNode;
    const shape = context.shapes[fused.head!]!;
    const { channels } = shape;
    const tensor = context.graph.tensors[node.bias]!;
    const [, rowClasses, columnClasses] = tensor.shape;
    const values = tensorValues(tensor);
    const padded = new Float32Array(rowClasses * columnClasses * roundUp(channels, BLOCK));
    for (let i = 0; i < rowClasses * columnClasses; i++) {
      padded.set(values.subarray(i * channels, (i + 1) * channels), i * roundUp(channels, BLOCK));
    }
    const classBytes = roundUp(channels, BLOCK) * 4;
    const { rows, columns } = classesOfPositions(node, tensor.shape, shape);
    planMapKernel(context, fused, 'borderBias', {
      first: context.constant(padded),
      rowOffsets: context.constant(rows.map((row) => row * columnClasses * classBytes)),
      columnOffsets: context.constant(columns.map((column) => column * classBytes)),
    });
  },
};
