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

/**
 * A layer takes the step that has the convolution in it, and those before it that only prepare data and have no node. Its result is left in the
 * layout in which the next layer reads it: what brings a network's last map to its caller is no part of a layer.
 */
export function layerMs(profile: readonly StepProfile[], convNode: number): number {
  const conv = profile.findIndex(({ nodes }) => nodes.includes(convNode));
  return profile.slice(0, conv + 1).reduce((sum, { nodes, medianMs }) => {
    return nodes.length === 0 || nodes.includes(convNode) ? sum + medianMs : sum;
  }, 0);
}
