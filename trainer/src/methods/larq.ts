import type { Method, Place } from './method.js';
import { oneStage, type Preset } from './preset.js';

/** Epochs of ResNet-E at which its rate falls. */
const RESNET_EPOCHS = 120;
const RESNET_DROPS = [70, 90, 110];

/**
 * larq's networks. On ResNets it is ResNet-E (Bethge et al. 2019, arXiv:1906.08637; larq_zoo/literature/resnet_e.py): no nonlinearity between
 * binary layers, and one ReLU before the mean over the last map. What the stem for ImageNet has there besides, a ReLU and a second batch
 * norm around its pool, is left out.
 */
export function larqStyle({ family }: Place): ReturnType<Method['style']> {
  const common = { nonlinearity: 'none', stem: 'norm', normScale: 1 } as const;
  return family === 'vgg-small' ? common : { ...common, skips: 'conv', shortcut: 'average-conv', tail: 'map-relu' };
}

/**
 * larq's recipes: that of QuickNet (larq_zoo/training/sota_experiments.py), where latent weights have Adam and everything else SGD, and for
 * all others that of ResNet-E (larq_zoo/training/basic_experiments.py). Latent weights are clipped after each step.
 */
export function larqPreset({ family }: Place): Preset {
  if (family === 'quicknet') {
    const preset = oneStage(2048, {
      epochs: 600,
      learningRate: 0.1,
      latent: { optimizer: 'adam', learningRate: 1e-2 },
      warmUpEpochs: 5,
    });
    return { ...preset, weightClip: 1.25 };
  }
  const preset = oneStage(1024, {
    epochs: RESNET_EPOCHS,
    optimizer: 'adam',
    learningRate: 4e-3,
    schedule: { type: 'steps', at: RESNET_DROPS.map((epoch) => epoch / RESNET_EPOCHS), factor: 0.3 },
  });
  return { ...preset, weightClip: family === 'vgg-small' ? 1 : 1.25 };
}
