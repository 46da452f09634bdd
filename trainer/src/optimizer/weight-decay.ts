/**
 * Which parameters decay in the authors' code: all (CIFAR, batch norm and alpha too), or those with `fc` or `conv` in their name (ImageNet:
 * weights and alpha of the convolutions and the classifier, not batch norm, not `downsample.0.weight`).
 */
export type WeightDecayRule = 'all' | 'conv-and-fc';

export function decays(rule: WeightDecayRule, parameterName: string): boolean {
  return rule === 'all' || /fc|conv/.test(parameterName);
}
