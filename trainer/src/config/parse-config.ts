import type { DataFormat } from '@signwave/data';
import * as v from 'valibot';
import type { Augmentation } from '../data/batch-plan.js';
import type { DataSource } from '../data/open-data.js';
import { CODE_WARM_UP_EPOCHS, type RecipeName } from '../methods/biper-preset.js';
import { type ActivationQuantizerName, METHODS, type Method, type MethodName, optionsOf } from '../methods/index.js';
import type { StageSettings } from '../methods/preset.js';
import { ARCHITECTURES, type ArchitectureName, quantizersOf, type UsedQuantizers } from '../models/index.js';
import type { NetworkStyle } from '../models/network-style.js';
import type { MethodOptions } from '../quantizers/types.js';
import type { Stage } from '../types.js';
import type { WaveRange } from '../warm-start/filters.js';
import { checkMethod } from './check-method.js';
import { type JsonObject, parseCommentedJson, readCommentedJson } from './commented-json.js';
import { configError, refuse } from './config-error.js';
import { publishedActivations, publishedPreset } from './published.js';
import { CONFIG, type WrittenConfig } from './schema.js';

export interface DataSettings extends DataSource {
  readonly augmentation: Augmentation;
  /** One value for each channel, on a scale where pixels are 0 to 1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface Distillation {
  /** Path of a checkpoint of a float network. */
  readonly teacher: string;
  readonly architecture: ArchitectureName;
  readonly temperature: number;
  /** Weight of the teacher in the loss, 0 to 1. */
  readonly weight: number;
  /** Path of a file that keeps the teacher's logits. */
  readonly cache?: string | undefined;
}

export interface WarmStart {
  /** Path of a checkpoint of any network that signwave trained. */
  readonly checkpoint: string;
  readonly range: WaveRange;
}

/** A training run, complete: what the file leaves out is filled in from its recipe and data set. */
export interface TrainConfig {
  readonly architecture: ArchitectureName;
  readonly method: MethodName;
  /** All options of the method. */
  readonly methodOptions: MethodOptions;
  /** Where the network's style differs from the method's. */
  readonly network: Partial<NetworkStyle>;
  readonly quantizers: { readonly weights: MethodName; readonly activations: ActivationQuantizerName };
  readonly omega0: number;
  /** For BiPer: whether the authors' scripts or the paper's text say what isn't given. */
  readonly recipe: RecipeName;
  /** The stages to run, in the order of their keys. */
  readonly stages: Readonly<Partial<Record<Stage, StageSettings>>>;
  readonly batchSize: number;
  readonly labelSmoothing: number;
  /** Latent weights are clipped to plus or minus this after each step; absent: they aren't. */
  readonly weightClip?: number | undefined;
  readonly warmStart?: WarmStart | undefined;
  readonly distillation?: Distillation | undefined;
  readonly data: DataSettings;
  readonly seed: number;
  /** Folder for checkpoints, metrics and the report. */
  readonly output: string;
  /** A line of metrics is written each time this many steps are done. */
  readonly metricsEverySteps: number;
}

/** Weight of a teacher's logits in the loss. */
const DISTILLATION_WEIGHT = 0.9;

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const CROP_AND_FLIP: Augmentation = { cropPadding: 4, flip: true, resizedCropArea: 0 };

/** For CIFAR and ImageNet what the authors do (with ImageNet's mean and deviation for both); for the others what is usual. */
const DATA_DEFAULTS: Readonly<Record<DataFormat, Pick<DataSettings, 'mean' | 'std' | 'augmentation'>>> = {
  cifar10: { ...IMAGENET, augmentation: CROP_AND_FLIP },
  cifar100: { ...IMAGENET, augmentation: CROP_AND_FLIP },
  'fashion-mnist': { mean: [0.286], std: [0.353], augmentation: { cropPadding: 0, flip: true, resizedCropArea: 0 } },
  mnist: { mean: [0.1307], std: [0.3081], augmentation: { cropPadding: 2, flip: false, resizedCropArea: 0 } },
  folder: { ...IMAGENET, augmentation: { cropPadding: 0, flip: true, resizedCropArea: 0.08 } },
};

/** @throws {SignwaveError} `E_IO` if the file can't be read, otherwise as {@link parseConfig}. */
export async function readConfig(path: string): Promise<TrainConfig> {
  return checkConfig(await readCommentedJson(path), path);
}

/**
 * A config file's text, checked and completed. It is JSON; comments and a comma after the last item are allowed.
 *
 * @param path for messages.
 * @throws {SignwaveError} `E_CONFIG` for text that isn't JSON, otherwise as {@link checkConfig}.
 */
export function parseConfig(text: string, path: string): TrainConfig {
  return checkConfig(parseCommentedJson(text, path), path);
}

/** A config, checked and completed. @throws {SignwaveError} `E_CONFIG` for an unknown key, a missing or an impossible value. */
export function checkConfig(json: JsonObject, path: string): TrainConfig {
  const result = v.safeParse(CONFIG, json, { abortEarly: true });
  if (!result.success) throw configError(path, CONFIG, result.issues[0]);
  return complete(result.output, path);
}

function complete({ $schema: _, ...written }: WrittenConfig, path: string): TrainConfig {
  const { method, recipe, architecture } = written;
  const preset = publishedPreset(written);
  const { precision } = ARCHITECTURES[architecture];
  const data = completeData(written.data, path);
  const stages: Partial<Record<Stage, StageSettings>> = {};
  for (const key of ['1', '2'] as const) {
    const given = written.stages ? written.stages[key] : {};
    const base = preset.stages[key];
    if (given && base) stages[key] = overlay(base, given as Partial<StageSettings>);
    else if (given && written.stages) {
      throw refuse(path, `"stages.${key}" is given, but "${method}" trains in one stage; name it "1"`);
    }
  }
  checkStages(stages, path);
  checkMethod(written, path);
  refuseUnused(written, path);
  const quantizers = {
    weights: written.quantizers?.weights ?? method,
    activations: written.quantizers?.activations ?? publishedActivations(method, recipe),
  } as const;
  return {
    ...written,
    methodOptions: optionsOf(method, written.methodOptions, ARCHITECTURES[architecture]),
    network: overlay({}, written.network ?? {}) as Partial<NetworkStyle>,
    quantizers,
    data,
    stages,
    batchSize: written.batchSize ?? preset.batchSize,
    labelSmoothing: written.labelSmoothing ?? preset.labelSmoothing ?? 0,
    // Undefined rather than 0, as in checkpoints of versions without it.
    weightClip: (written.weightClip ?? (precision === 'float' ? 0 : preset.weightClip)) || undefined,
    distillation: completeDistillation(written),
  };
}

/** A teacher that a method only takes features from adds nothing to the loss by its logits, unless a config says so. */
function completeDistillation({ distillation, method }: WrittenConfig): Distillation | undefined {
  if (!distillation) return undefined;
  const { teacher } = METHODS[method] as Method;
  return { ...distillation, weight: distillation.weight ?? (teacher ? 0 : DISTILLATION_WEIGHT) };
}

function checkStages(stages: Readonly<Partial<Record<Stage, StageSettings>>>, path: string): void {
  if (Object.keys(stages).length === 0)
    throw refuse(path, '"stages" names no stage; give "1", "2" or both, or leave it out');
  for (const [key, { epochs, firstEpoch, warmUpEpochs, schedule }] of Object.entries(stages)) {
    if (firstEpoch >= epochs) {
      throw refuse(path, `"stages.${key}" would run no epoch: firstEpoch is ${firstEpoch}, epochs ${epochs}`);
    }
    if (schedule.type === 'biper-code' && warmUpEpochs !== 0 && warmUpEpochs !== CODE_WARM_UP_EPOCHS) {
      throw refuse(
        path,
        `"stages.${key}.warmUpEpochs" is ${warmUpEpochs}; the schedule of the recipe "code" has ${CODE_WARM_UP_EPOCHS} or 0`,
      );
    }
    const { at, factor } = schedule.type === 'steps' ? schedule : { at: [], factor: 1 };
    if (typeof factor !== 'number' && factor.length !== at.length) {
      throw refuse(
        path,
        `"stages.${key}.schedule" has ${factor.length} factors for ${at.length} times; give one factor for all, or one for each`,
      );
    }
  }
}

/** Refuse a quantizer that the network doesn't use: what is trained would not be what was asked for. */
function refuseUnused(
  { architecture, quantizers = {} as NonNullable<WrittenConfig['quantizers']> }: WrittenConfig,
  path: string,
): void {
  for (const [key, asked] of Object.entries(quantizers)) {
    const used = quantizersOf(architecture, quantizers as UsedQuantizers)[key as keyof UsedQuantizers];
    if (asked === undefined || used === asked) continue;
    throw refuse(
      path,
      `"quantizers.${key}" is "${asked}", but ${architecture} has ${used === 'float' ? 'float weights' : 'float activations'} and no use for it; leave it out, or name another "architecture"`,
    );
  }
}

function completeData(written: WrittenConfig['data'], path: string): DataSettings {
  const defaults = DATA_DEFAULTS[written.format];
  const { mean = defaults.mean, std = defaults.std } = written;
  const channels = defaults.mean.length;
  for (const [name, values] of Object.entries({ mean, std })) {
    if (values.length !== channels) {
      throw refuse(path, `"data.${name}" has ${values.length} values, but ${written.format} has ${channels} channels`);
    }
  }
  const augmentation = overlay(defaults.augmentation, written.augmentation ?? {});
  const isFiles = written.format === 'folder';
  if (isFiles && augmentation.cropPadding > 0) {
    throw refuse(path, '"data.augmentation.cropPadding" is for images of one size; for a folder use resizedCropArea');
  }
  if (!isFiles && augmentation.resizedCropArea > 0) {
    throw refuse(path, `"data.augmentation.resizedCropArea" is for a folder; for ${written.format} use cropPadding`);
  }
  return { ...written, mean, std, augmentation };
}

/** A copy of `base` in which the defined values of `given` take precedence. */
function overlay<T extends object>(base: T, given: { readonly [K in keyof T]?: T[K] | undefined }): T {
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(present) };
}
