import type { TrainConfig } from '../config/parse-config.js';
import { imagesHash, teacherHash } from '../distillation/cache-identity.js';
import { LogitsCache } from '../distillation/logits-cache.js';
import type { Distillation } from '../step.js';
import { type NetworkPlace, trainedNetwork } from './networks.js';

/** What a run learns from beside its labels. */
export interface Teaching {
  readonly distillation: Distillation;
  /** Opens the file that keeps the teacher's logits, if the config names one. @throws as `LogitsCache.open`. */
  openCache(): Promise<LogitsCache | undefined>;
}

/** @throws {SignwaveError} as `trainedNetwork`, if the teacher doesn't fit. */
export async function teachingOf(config: TrainConfig, place: NetworkPlace): Promise<Teaching | undefined> {
  if (!config.distillation) return undefined;
  const { teacher: path, architecture, temperature, weight, cache } = config.distillation;
  const { network: teacher, checkpoint } = await trainedNetwork(path, architecture, place);
  const { train: images, classNames } = place.data;
  return {
    distillation: { teacher, temperature, weight },
    openCache: async () => {
      // A config with images from files has no cache.
      if (cache === undefined || images.kind === 'files') return undefined;
      return LogitsCache.open(cache, {
        teacher: teacherHash(architecture, checkpoint),
        images: imagesHash(images),
        count: images.count,
        input: place.facts.input,
        cropPadding: config.data.augmentation.cropPadding,
        classes: classNames.length,
      });
    },
  };
}
