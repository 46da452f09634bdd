import { type InputRecipe, type MapShape, parseJsonText, SignwaveError } from '@signwave/format';
import type { Checkpoint } from '../../checkpoints/index.js';
import { quote } from '../../checkpoints/quote.js';
import { isObject } from '../is-object.js';
import {
  isOneBit,
  type QuantizerOptions,
  TRAINED_ACTIVATIONS,
  TRAINED_WEIGHTS,
  type TrainedQuantizers,
} from '../methods/trained.js';
import { parseRecipe } from '../parse-recipe.js';
import { firstStyle, type NetworkStyle, parseStyle } from './style.js';

/** What signwave's trainer writes beside a network's tensors: everything else that inference needs, except omega0. */
export interface TrainedFacts {
  /** The trainer's name of the network, which distinguishes ImageNet's ResNets from CIFAR's: `imagenet_resnet18_1w1a`. */
  readonly architecture: string;
  readonly quantizers: TrainedQuantizers;
  readonly style: NetworkStyle;
  readonly input: MapShape & { readonly recipe: InputRecipe };
  /** In class order; absent in checkpoints of the trainer's first version. */
  readonly classNames?: readonly string[];
}

/** How the trainer marks its checkpoints, under `format`. */
const FORMAT = 'signwave-training';
/** Greatest number of bits of DoReFa's activations: more would take more convolutions than a packed network is worth. */
const MAX_ACTIVATION_BITS = 4;
/** Test images in folders had their shorter side scaled to this times the crop's side: 256 for 224. */
const TEST_SCALE = 256 / 224;

/**
 * Read the facts from a checkpoint of any version of the trainer.
 *
 * @returns undefined for anybody else's checkpoint.
 * @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` if a value is missing or malformed; `E_CHECKPOINT_ARCH` for quantizers that this version
 *   doesn't know.
 */
export function trainedFacts({ metadata, sourceName }: Checkpoint): TrainedFacts | undefined {
  if (metadata.get('format') !== FORMAT) return undefined;
  const reader = new MetadataReader(metadata, sourceName);
  const architecture = reader.text('architecture');
  const config = metadata.has('input') ? undefined : reader.config();
  const input = config ? inputOfConfig(config, reader) : reader.input();
  const quantizers = quantizersOf(architecture, config, reader);
  return { architecture, quantizers, style: reader.style(architecture), input, ...reader.classNames() };
}

function quantizersOf(architecture: string, config: Config | undefined, reader: MetadataReader): TrainedQuantizers {
  const isFloat = architecture.endsWith('_float');
  const isFloatActivations = isFloat || architecture.endsWith('_1w32a');
  // A config has quantizers even for networks that don't use them.
  const weights = isFloat ? 'float' : reader.text('weights');
  const activations = isFloatActivations ? 'identity' : (config?.activations ?? reader.text('activations'));
  if (!isFloat) known(reader, 'weights', weights, TRAINED_WEIGHTS);
  known(reader, 'activations', activations, TRAINED_ACTIVATIONS);
  // The first version used 2 bits for all networks.
  const dorefaBits = (): number => (config ? 2 : reader.whole('activationBits', MAX_ACTIVATION_BITS));
  const activationBits = isOneBit(activations) ? 1 : activations === 'dorefa' ? dorefaBits() : 32;
  const isOfMethod = (quantizer: string): boolean => metadataSays(reader, 'method', quantizer);
  return {
    weights,
    activations,
    activationBits,
    ...(isOfMethod(weights) && { weightOptions: reader.methodOptions() }),
    ...(isOfMethod(activations) && { activationOptions: reader.methodOptions() }),
    hasAlpha: !metadataSays(reader, 'scale', 'none'),
  };
}

/** Whether an optional text of the metadata has this value. */
function metadataSays(reader: MetadataReader, key: string, value: string): boolean {
  return reader.has(key) && reader.text(key) === value;
}

function known({ sourceName }: MetadataReader, what: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  throw new SignwaveError(
    'E_CHECKPOINT_ARCH',
    `${sourceName}: its ${what} were trained with the quantizer ${quote(name)}, this version packs those of ${names.join(', ')}; a newer signwave wrote it`,
  );
}

/** Values that the trainer's first version didn't write, so that they have to be read from the config. */
interface Config {
  readonly activations: string;
  readonly format: string;
  readonly side: number;
  readonly recipe: InputRecipe;
}

/** The first version's data sets, with the size that networks see. */
function inputOfConfig({ format, side, recipe }: Config, reader: MetadataReader): TrainedFacts['input'] {
  switch (format) {
    case 'cifar10':
    case 'cifar100':
      return { height: 32, width: 32, channels: 3, recipe };
    case 'mnist':
    case 'fashion-mnist':
      return { height: 28, width: 28, channels: 1, recipe };
    case 'folder': {
      const resize = {
        mode: 'shorterSide',
        sizePixels: Math.round(side * TEST_SCALE),
        interpolation: 'bilinear',
      } as const;
      return { height: side, width: side, channels: 3, recipe: { resize, ...recipe } };
    }
    default:
      return reader.fail(`config has the data format ${quote(format)}, which has no input recipe`);
  }
}

class MetadataReader {
  constructor(
    private readonly metadata: Checkpoint['metadata'],
    readonly sourceName: string,
  ) {}

  fail(what: string): never {
    throw new SignwaveError(
      'E_CHECKPOINT_STRUCTURE',
      `${this.sourceName} was written by signwave's trainer, but in its metadata ${what}; it was damaged or edited, take the original`,
    );
  }

  has(key: string): boolean {
    return this.metadata.has(key);
  }

  style(architecture: string): NetworkStyle {
    if (!this.has('style')) return firstStyle(architecture);
    return parseStyle(this.#json('style'), (what) => this.fail(`"style" ${what}`));
  }

  /** None in checkpoints of versions whose methods had no options. */
  methodOptions(): QuantizerOptions {
    if (!this.has('methodOptions')) return {};
    const value = this.#json('methodOptions');
    return isObject(value) ? value : this.fail('"methodOptions" is no object');
  }

  text(key: string): string {
    const value = this.metadata.get(key);
    if (typeof value === 'string' && value !== '') return value;
    return this.fail(value === undefined ? `"${key}" is missing` : `"${key}" is ${quote(String(value))}`);
  }

  whole(key: string, most: number): number {
    const value = Number(this.text(key));
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    return this.fail(`"${key}" is ${quote(this.text(key))}, expected a whole number from 1 to ${most}`);
  }

  input(): TrainedFacts['input'] {
    const value = this.#json('input');
    if (!isObject(value)) return this.fail('"input" is no object');
    const side = (key: string): number => {
      const size = value[key];
      return Number.isInteger(size) && (size as number) > 0 ? (size as number) : this.fail(`"input" has no ${key}`);
    };
    const recipe = parseRecipe(value.recipe, (what) => this.fail(`"input.recipe" ${what}`));
    return { height: side('height'), width: side('width'), channels: side('channels'), recipe };
  }

  classNames(): { classNames?: readonly string[] } {
    if (!this.metadata.has('classNames')) return {};
    const value = this.#json('classNames');
    if (Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string')) {
      return { classNames: value };
    }
    return this.fail('"classNames" is no list of names');
  }

  config(): Config {
    const value = this.#json('config');
    const { data, quantizers } = isObject(value) ? value : {};
    if (!isObject(data) || !isObject(quantizers)) return this.fail('"config" has no data and quantizers');
    const { format, side, mean, std } = data;
    const { activations } = quantizers;
    if (typeof activations !== 'string' || typeof format !== 'string') {
      return this.fail('"config" has no data.format and quantizers.activations');
    }
    if (!Number.isInteger(side)) return this.fail('"config" has no data.side');
    const recipe = parseRecipe({ divisor: 255, mean, std }, (what) => this.fail(`"config.data" ${what}`));
    return { activations, format, side: side as number, recipe };
  }

  #json(key: string): unknown {
    try {
      return parseJsonText(this.text(key));
    } catch (cause) {
      if (cause instanceof SignwaveError) throw cause;
      return this.fail(`"${key}" is no JSON`);
    }
  }
}
