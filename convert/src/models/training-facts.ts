import type { Checkpoint } from '../checkpoints/index.js';
import { type Architecture, architectureId } from './architecture.js';

/**
 * Keys under which training programs store the name of the network, in the checkpoint or among the arguments that they were started with.
 */
const NAME_KEYS = ['model', 'arch', 'architecture', 'model_name', 'network', 'net'];

/** The names that a checkpoint gives its network. */
export function statedNames({ metadata, arguments: settings }: Checkpoint): readonly string[] {
  const stated = [metadata, settings].flatMap((values) => NAME_KEYS.map((key) => values?.get(key)));
  return stated.filter((name) => typeof name === 'string').map((name) => name.slice(name.lastIndexOf('.') + 1));
}

/** Whether activations stayed floats during training; `undefined` if the checkpoint doesn't say. */
export function trainedWithA32({ metadata, arguments: settings }: Checkpoint): boolean | undefined {
  const stated = metadata.get('a32') ?? settings?.get('a32');
  return typeof stated === 'boolean' ? stated : undefined;
}

export function isCalled(architecture: Architecture, name: unknown): boolean {
  return architecture.name === name || architectureId(architecture) === name;
}

/** Whether a name is that of the authors' network with float weights: `resnet18` beside `resnet18_1w1a`. */
export function isFloatName(name: string, { name: binary }: Architecture): boolean {
  const match = /^(.*)_1w\d+a/.exec(binary);
  return match !== null && (name === match[1] || name === `${match[1]}_fp` || name === `${match[1]}_float`);
}

/** Names of tensors that networks with float weights have, too. */
const PLAIN = /\.(?:weight|bias|running_mean|running_var|num_batches_tracked)$/;

/** Whether no tensor of a network shows that it is a binary one. */
export function hasOnlyPlainTensors(names: Iterable<string>): boolean {
  for (const name of names) if (!PLAIN.test(name)) return false;
  return true;
}
