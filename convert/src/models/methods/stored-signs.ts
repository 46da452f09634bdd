import { SignwaveError } from '@signwave/format';
import { perFilter, type WeightRule } from '../weight-rules.js';

/**
 * Weights that were stored after they had been quantized: +a or -a, the scale included.
 *
 * @param part that has one magnitude.
 * @throws {SignwaveError} `E_CHECKPOINT_TENSOR`, from the rule, if magnitudes differ in such a part.
 */
export function storedSigns(part: 'layer' | 'filter'): WeightRule {
  return ({ name, values, shape }) => {
    const taps = values.length / shape[0];
    const magnitudes = values.map(Math.abs);
    const other = magnitudes.findIndex((a, i) => a !== magnitudes[part === 'layer' ? 0 : i - (i % taps)]);
    if (other >= 0) {
      const first = magnitudes[part === 'layer' ? 0 : other - (other % taps)];
      throw new SignwaveError(
        'E_CHECKPOINT_TENSOR',
        `tensor "${name}" holds the magnitudes ${first} and ${magnitudes[other]} in one ${part}, expected one magnitude: ` +
          'this network is stored with weights that are binary already, and these are real numbers',
      );
    }
    return { signs: values, scale: perFilter(magnitudes, shape, ([a]) => a!) };
  };
}
