import type { LossInputs } from '../../src/methods/method.js';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D, Tf } from '../../src/types.js';

/** Shape of a stage's map: (N, H, W, C). */
export type MapShape = [number, number, number, number];

/** Values of maps for losses that compare stages, all different. */
export function mapValues(shapes: readonly MapShape[], seed: number): number[][] {
  return shapes.map((shape, s) =>
    Array.from({ length: shape.reduce((product, side) => product * side, 1) }, (_, i) =>
      Math.sin(seed + 10 * s + 1.7 * i),
    ),
  );
}

/** Inputs of a loss on the maps of a student and its teacher, stage by stage. */
export function stageInputs(tf: Tf, student: readonly Tensor[], teacher: readonly Tensor[]): LossInputs {
  const named = (maps: readonly Tensor[]) => new Map(maps.map((map, i) => [`stage${i + 1}`, map]));
  const images = student[0]!.shape[0]!;
  return {
    features: named(student),
    teacher: named(teacher),
    logits: tf.zeros([images, 2]) as Tensor2D,
    labels: tf.zeros([images], 'int32') as Tensor1D,
    phase: { stage: '1', progress: 0 },
  };
}

/** Tensors of maps. */
export function mapTensors(tf: Tf, values: readonly (readonly number[])[], shapes: readonly MapShape[]): Tensor4D[] {
  return values.map((map, i) => tf.tensor4d(map as number[], shapes[i]!));
}
