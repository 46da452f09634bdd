import type { TrainConfig } from '../config/parse-config.js';
import { publishedActivations, publishedPreset } from '../config/published.js';
import { METHODS, type Method } from '../methods/index.js';
import { restsOn } from '../methods/rests-on.js';
import { ARCHITECTURES } from '../models/index.js';
import { styleOf } from '../models/method-style.js';
import type { NetworkStyle } from '../models/network-style.js';
import type { Stage } from '../types.js';

/** What a user should know about the method of a run: what it rests on, and where the run isn't what was published. */
export function methodLines(config: TrainConfig): string[] {
  const method: Method = METHODS[config.method];
  const differences = [...ofQuantizers(config), ...ofNetwork(config), ...ofOptimizer(config), ...ofClip(config)];
  return [
    `method ${config.method}: ${method.title}, ${restsOn(method)}`,
    ...(differences.length === 0 ? [] : [`a combination that no paper has: ${differences.join(', ')}`]),
  ];
}

const difference = (key: string, is: unknown, published: unknown): string[] =>
  is === published ? [] : [`${key} is ${is} (published: ${published})`];

function ofQuantizers({ method, recipe, quantizers: { weights, activations } }: TrainConfig): string[] {
  return [
    ...difference('quantizers.weights', weights, method),
    ...difference('quantizers.activations', activations, publishedActivations(method, recipe)),
  ];
}

function ofNetwork({ architecture, method, network }: TrainConfig): string[] {
  const published = styleOf(ARCHITECTURES[architecture], method, {});
  return (Object.keys(network) as (keyof NetworkStyle)[]).flatMap((key) =>
    difference(`network.${key}`, network[key], published[key]),
  );
}

/** Rates and lengths aren't compared: everybody changes them, and the method stays what it is. */
function ofOptimizer(config: TrainConfig): string[] {
  const preset = publishedPreset(config);
  return (Object.keys(config.stages) as Stage[]).flatMap((key) => {
    const { optimizer, schedule, latent } = config.stages[key]!;
    const published = preset.stages[key]!;
    return [
      ...difference(`stages.${key}.optimizer`, optimizer, published.optimizer),
      ...difference(
        `stages.${key}.latent.optimizer`,
        latent?.optimizer ?? 'none',
        published.latent?.optimizer ?? 'none',
      ),
      ...difference(`stages.${key}.schedule`, schedule.type, published.schedule.type),
    ];
  });
}

function ofClip(config: TrainConfig): string[] {
  const { precision } = ARCHITECTURES[config.architecture];
  if (precision === 'float') return [];
  return difference('weightClip', config.weightClip ?? 0, publishedPreset(config).weightClip ?? 0);
}
