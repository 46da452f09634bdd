import { METHODS, type Method } from '../methods/index.js';
import type { OptionSpec } from '../methods/method.js';
import { ARCHITECTURES, type ArchitectureInfo } from '../models/index.js';
import { refuse } from './config-error.js';
import { publishedActivations } from './published.js';
import type { WrittenConfig } from './schema.js';

/**
 * Check what a config says against its method.
 *
 * @throws {SignwaveError} `E_CONFIG` for an option that the method doesn't have, a value that it can't have, a network that isn't one of its,
 *   a teacher that is missing or has other stages, or a cache of logits that can't be one.
 */
export function checkMethod(config: WrittenConfig, path: string): void {
  const { method: name, architecture, recipe } = config;
  const method: Method = METHODS[name];
  checkOptions(config, method, path);
  const { precision } = ARCHITECTURES[architecture];
  if (name === 'full-precision' && precision !== 'float') {
    const known = Object.keys(ARCHITECTURES).filter((other) => other.endsWith('_float'));
    throw refuse(
      path,
      `"method" is "${name}", but ${architecture} is a binary network; name one of ${known.join(', ')}`,
    );
  }
  if (precision === 'float' && name !== 'full-precision' && name !== 'biper') {
    throw refuse(
      path,
      `"method" is "${name}", but ${architecture} is a float network; name "full-precision", or leave it out for BiPer's network with float weights`,
    );
  }
  if (ARCHITECTURES[architecture].family === 'quicknet') checkQuicknet(config, path);
  if (precision === 'float' && config.weightClip) {
    throw refuse(path, `"weightClip" is ${config.weightClip}, but ${architecture} has no latent weights; leave it out`);
  }
  if (recipe === 'paper' && name !== 'biper') {
    throw refuse(path, `"recipe" is "paper", which is BiPer's; "${name}" has one recipe, so leave it out`);
  }
  if (method.teacher) checkTeacher(config, path);
  if (config.distillation?.cache !== undefined) checkCache(config, method, path);
}

/** Quantizers whose levels aren't -1 and +1. Pads of +1 between their levels would be a level that they don't have. */
const OTHER_LEVELS: readonly string[] = ['dorefa', 'hwgq', 'lq-net', 'dsq', 'adabin', 'identity'];

/** Check that QuickNet is left as it was published, with values that its pads of +1 belong to. */
function checkQuicknet({ architecture, network, quantizers, method, recipe }: WrittenConfig, path: string): void {
  if (network && Object.keys(network).length > 0) {
    throw refuse(path, `"network" is given, but ${architecture} is one network for all methods; leave it out`);
  }
  const activations = quantizers?.activations ?? publishedActivations(method, recipe);
  const weights = quantizers?.weights ?? method;
  const other = OTHER_LEVELS.includes(activations)
    ? activations
    : weights === 'adabin' || weights === 'dsq'
      ? weights
      : undefined;
  if (other === undefined) return;
  throw refuse(
    path,
    `${architecture} pads with +1, so its weights and activations are -1 and +1, but those of "${other}" aren't; name another method or quantizer, such as "ste-sign"`,
  );
}

/** Check that a teacher's logits are all that is asked of it, and the images' views a fixed set. */
function checkCache({ method, data }: WrittenConfig, { teacher }: Method, path: string): void {
  if (teacher) {
    throw refuse(
      path,
      `"distillation.cache" keeps a teacher's logits, but "${method}" learns from the teacher's maps; leave it out`,
    );
  }
  if (data.format === 'folder') {
    throw refuse(
      path,
      '"distillation.cache" is for data sets of small images, which have a fixed set of views; those of a "folder" are cropped and resized at random, so leave it out',
    );
  }
}

/** Check that a method that compares stages with a teacher's has a teacher with the same stages. */
function checkTeacher({ method, architecture, distillation }: WrittenConfig, path: string): void {
  const student: ArchitectureInfo = ARCHITECTURES[architecture];
  if (student.family === 'vgg-small' || student.family === 'quicknet') {
    throw refuse(
      path,
      `"method" is "${method}", which compares the stages of residual networks, but ${architecture} has none; name another "architecture"`,
    );
  }
  if (!distillation) {
    throw refuse(
      path,
      `"method" is "${method}", which needs a trained float network; give its checkpoint as "distillation": { "teacher": ..., "architecture": ... }`,
    );
  }
  const hasSameStages = ({ family, input }: ArchitectureInfo): boolean =>
    family === student.family && input.size === student.input.size;
  if (hasSameStages(ARCHITECTURES[distillation.architecture])) return;
  const fitting = Object.entries(ARCHITECTURES).filter(
    ([, other]) => other.precision === 'float' && hasSameStages(other),
  );
  throw refuse(
    path,
    `"distillation.architecture" is "${distillation.architecture}", but "${method}" compares stages with the teacher's, and its stages aren't those of ${architecture}; train one of ${fitting.map(([name]) => name).join(', ')} as teacher`,
  );
}

/** @throws {SignwaveError} `E_CONFIG` for an option that the method doesn't have, or a value that it can't have. */
export function checkOptions(
  { method: name, methodOptions = {} }: Pick<WrittenConfig, 'method' | 'methodOptions'>,
  { options = {} }: Method,
  path: string,
): void {
  for (const [key, value] of Object.entries(methodOptions)) {
    if (!Object.hasOwn(options, key)) {
      const known = Object.keys(options);
      const may = known.length === 0 ? `"${name}" has no options` : `"${name}" has ${known.join(', ')}`;
      throw refuse(path, `"methodOptions.${key}" is unknown; ${may}`);
    }
    const expected = expectedOf(options[key]!, value);
    if (expected) throw refuse(path, `"methodOptions.${key}" is ${JSON.stringify(value)}, expected ${expected}`);
  }
}

/** @returns what an option may be, if `value` is something else. */
function expectedOf(spec: OptionSpec, value: number | string): string | undefined {
  if ('among' in spec) return spec.among.includes(value as string) ? undefined : spec.among.join(', ');
  const { min, max, isWhole = false } = spec;
  const isFine = typeof value === 'number' && value >= min && value <= max && (!isWhole || Number.isInteger(value));
  return isFine ? undefined : `a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}`;
}
