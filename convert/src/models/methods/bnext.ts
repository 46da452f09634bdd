import { SignwaveError } from '@signwave/format';
import type { NetworkBuilder } from '../network-builder.js';
import type { WeightRule } from '../weight-rules.js';

/** Below this temperature the code takes the sign of a weight, and does no longer divide by it. */
const LEAST_TEMPERATURE = 1e-7;
/** No division by less. */
const LEAST_DIVISOR = 1e-8;

/**
 * BNext's `HardBinaryConv` (src/bnext.py of github.com/hpi-xnor/BNext): sign(w) once training has cooled the layer's temperature T below 1e-7,
 * which takes 153 epochs; before that clamp(w / T, -1, 1), which is a sign only if no weight lies between -T and T.
 */
export function cooledSign(g: NetworkBuilder, name: string): WeightRule {
  const [temperature] = g.state.take(`${name}.temperature`, [1]);
  return ({ name: tensor, values }) => {
    const isCold = temperature! < LEAST_TEMPERATURE;
    const divisor = Math.fround(Math.max(temperature!, Math.fround(LEAST_DIVISOR)));
    const real = isCold ? -1 : values.findIndex((w) => Math.abs(Math.fround(w / divisor)) < 1);
    if (real >= 0) {
      throw new SignwaveError(
        'E_CHECKPOINT_TENSOR',
        `tensor "${tensor}" holds ${values[real]} at element ${real}, and "${name}.temperature" is ${temperature}: with that, the network's code computes with real weights, not with bits. ` +
          'Take the checkpoint of a run whose temperature fell below 1e-7 (153 epochs and more); the published ones have 512',
      );
    }
    return { signs: values };
  };
}
