import { load } from '@signwave/runtime';
import { timeInterleaved } from '../../../cli/src/bench/interleave.js';
import { ABLATIONS } from '../ablations.js';
import { requireEqual } from '../check.js';
import { DEFAULT_FAMILY } from '../families.js';
import type { Network } from '../peers/peer.js';
import type { AblationResult } from '../results.js';
import { type MeasureOptions, WARM_UP_MS } from './layers.js';

const SAMPLE_MS = 50;

/** Time a network as it is and without one part after the other, all in the same rounds. */
export async function measureAblations(network: Network, { rounds, log }: MeasureOptions): Promise<AblationResult[]> {
  const { bytes, input, expected, tolerance, title } = network;
  const variants = [{ title: DEFAULT_FAMILY.title, options: DEFAULT_FAMILY.options }, ...ABLATIONS];
  const models = [];
  for (const variant of variants) {
    const model = await load(bytes, variant.options);
    requireEqual(`${title}, ${variant.title}`, model.run(input), expected, tolerance);
    models.push(model);
  }
  const contestants = models.map((model, i) => ({ name: variants[i]!.title, run: () => void model.run(input) }));
  const [whole, ...without] = await timeInterleaved(contestants, { rounds, minMs: SAMPLE_MS, warmUpMs: WARM_UP_MS });
  for (const model of models) model.dispose();
  return ABLATIONS.map(({ id, title: what }, i) => {
    log(`  ${title}, ${what}: ${(without[i]!.medianMs / whole!.medianMs).toFixed(2)}x`);
    return { id, title: what, subject: title, defaultMs: whole!.medianMs, withoutMs: without[i]!.medianMs };
  });
}
