import { timeInterleaved } from '@signwave/lab';
import { load } from '@signwave/runtime';
import { ABLATIONS } from '../ablations.js';
import { requireEqual } from '../check.js';
import { DEFAULT_FAMILY } from '../families.js';
import type { Network } from '../peers/peer.js';
import type { AblationResult } from '../results.js';
import { type MeasureOptions, WARM_UP_MS } from './layers.js';

const SAMPLE_MS = 50;

/** Times a network as it is and with one thing changed after the other, all within the same rounds. */
export async function measureAblations(network: Network, { rounds, log }: MeasureOptions): Promise<AblationResult[]> {
  const { bytes, input, expected, tolerance, title } = network;
  const model = await load(bytes, DEFAULT_FAMILY.options);
  const contestants = [{ name: DEFAULT_FAMILY.title, run: () => void model.run(input) }];
  const opened = [];
  for (const ablation of ABLATIONS) {
    const variant = await ablation.open(network);
    if (!variant) continue;
    requireEqual(`${title}, ${ablation.title}`, variant.run(input), expected, tolerance);
    opened.push({ ablation, variant });
    contestants.push({ name: ablation.title, run: () => void variant.run(input) });
  }
  const [as, ...changed] = await timeInterleaved(contestants, { rounds, minMs: SAMPLE_MS, warmUpMs: WARM_UP_MS });
  model.dispose();
  for (const { variant } of opened) variant.dispose();
  return opened.map(({ ablation }, i) => {
    log(`  ${title}, ${ablation.title}: ${(changed[i]!.medianMs / as!.medianMs).toFixed(2)}x`);
    return {
      id: ablation.id,
      title: ablation.title,
      subject: title,
      defaultMs: as!.medianMs,
      changedMs: changed[i]!.medianMs,
    };
  });
}
