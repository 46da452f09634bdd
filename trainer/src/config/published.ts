import { paperPreset, type RecipeName } from '../methods/biper-preset.js';
import {
  type ActivationQuantizerName,
  activationsOf,
  METHODS,
  type Method,
  type MethodName,
} from '../methods/index.js';
import type { Place } from '../methods/method.js';
import type { Preset } from '../methods/preset.js';
import { ARCHITECTURES, type ArchitectureName } from '../models/index.js';

/** What of a config says which recipe was published for it. */
interface Published {
  readonly method: MethodName;
  readonly architecture: ArchitectureName;
  readonly recipe: RecipeName;
  readonly data: { readonly format: string };
}

/** The hyper-parameters that a method was published with, for a network and data. */
export function publishedPreset({ method, architecture, recipe, data: { format } }: Published): Preset {
  const { family, precision } = ARCHITECTURES[architecture];
  // Images from files are trained on like ImageNet's, whatever the network.
  const isOwn = (METHODS[method] as Method).families?.includes(family) ?? false;
  const isAsImagenet = !isOwn && (format === 'folder' || family === 'quicknet');
  const place: Place = { family: isAsImagenet ? 'imagenet-resnet' : family, precision };
  return recipe === 'paper' ? paperPreset(place) : METHODS[method].preset(place);
}

/** BiPer's authors scale each image's activations before they apply the gradient's window; the paper doesn't. */
export function publishedActivations(method: MethodName, recipe: RecipeName): ActivationQuantizerName {
  return method === 'biper' && recipe === 'code' ? 'per-sample' : activationsOf(method);
}
