import { load, type Model, type StepProfile } from '@signwave/runtime';
import type { Contestant } from '../../../cli/src/bench/interleave.js';
import { requireEqual } from '../check.js';
import type { Family } from '../families.js';
import type { Layer } from '../layer.js';

/** Of a float layer: kernels may sum in another order than the reference. */
const FLOAT_TOLERANCE = 1e-5;

/** A layer in signwave, its output checked. */
export interface OwnLayer {
  readonly model: Model;
  /** The step of the plan that has the convolution. */
  readonly kernel: string;
  readonly reason: string;
  /** The layer's own steps. */
  readonly step: Contestant;
  /** A whole call of the API. */
  readonly call: Contestant;
}

/** @throws {SignwaveError} `E_PEER` if the output isn't the reference's: bit for bit where the layer reads bits. */
export async function ownLayer(layer: Layer, family: Family): Promise<OwnLayer> {
  const model = await load(layer.bytes, { name: 'layer', ...family.options });
  const tolerance = layer.shape.activations === 'bits' ? 0 : FLOAT_TOLERANCE;
  requireEqual(family.title, model.run(layer.input), layer.expected, tolerance);
  const conv = model.plan().find((step) => step.nodes.includes(layer.convNode))!;
  return {
    model,
    kernel: conv.kernel,
    reason: conv.reason,
    step: {
      name: family.id,
      medianMs: (runs) => layerMs(model.profile(layer.input, { repeats: runs }), layer.convNode),
    },
    call: { name: family.id, run: () => void model.run(layer.input) },
  };
}

/** A layer takes the steps that have the convolution in them, and those that only prepare data and have no node. */
export function layerMs(profile: readonly StepProfile[], convNode: number): number {
  return profile
    .filter(({ nodes }) => nodes.length === 0 || nodes.includes(convNode))
    .reduce((sum, { medianMs }) => sum + medianMs, 0);
}
