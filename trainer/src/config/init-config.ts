import { SignwaveError } from '@signwave/format';
import { METHODS, type Method, type MethodName } from '../methods/index.js';
import type { StageSettings } from '../methods/preset.js';
import { restsOn } from '../methods/rests-on.js';
import { ARCHITECTURES, type ArchitectureName } from '../models/index.js';
import { styleOf } from '../models/method-style.js';
import type { TrainConfig } from './parse-config.js';
import { parseConfig } from './parse-config.js';

export interface InitOptions {
  readonly method: string;
  /** The `architecture` of the config. */
  readonly network: string;
  /** Folder of the data set, if it is known. */
  readonly data?: string | undefined;
  /** Address of config.schema.json, for editors. */
  readonly schema?: string | undefined;
}

/** A key, its value, and what the comment above it says. */
type Entry = readonly [key: string, value: unknown, comment?: string];

/**
 * The text of a config that trains a network by a method as published: every value of the recipe is written out, and comments say where
 * values come from.
 *
 * @throws {SignwaveError} `E_CONFIG` for an unknown method or network, which names the known ones, or for two that don't fit.
 */
export function initialConfig({ method: name, network, data, schema }: InitOptions): string {
  const methodName = known<MethodName>('method', name, METHODS);
  const architecture = known<ArchitectureName>('network', network, ARCHITECTURES);
  const method: Method = METHODS[methodName];
  const written = {
    architecture,
    method: methodName,
    ...(method.teacher && { distillation: teacherOf(architecture) }),
    data: dataOf(architecture, data),
    output: `runs/${name}-${network}`,
  };
  const config = parseConfig(JSON.stringify(written), `--init ${name} --network ${network}`);
  const entries: Entry[] = [
    ...(schema === undefined
      ? []
      : [['$schema', schema, 'By this, editors explain, complete and check the keys.'] as const]),
    ['architecture', architecture],
    ['method', name, `${method.title}, ${restsOn(method)}.`],
    ...ofMethod(config, method),
    ...ofRecipe(config, method),
    ...ofPlaces(config, method),
  ];
  const lines = entries.flatMap(([key, value, comment], i) => [
    ...(comment === undefined ? [] : [`  // ${comment}`]),
    `  ${JSON.stringify(key)}: ${indented(value)}${i === entries.length - 1 ? '' : ','}`,
  ]);
  return `{\n${lines.join('\n')}\n}\n`;
}

function ofMethod({ architecture, method, methodOptions, omega0, recipe }: TrainConfig, { options }: Method): Entry[] {
  return [
    ...(options
      ? [['methodOptions', methodOptions, 'Options of the method: its defaults for this network.'] as const]
      : []),
    ...(method === 'biper'
      ? [
          ['omega0', omega0, 'Frequency of the wave sin(omega0 w): that of the authors’ scripts.'] as const,
          [
            'recipe',
            recipe,
            '"code": as the authors’ scripts do; for "paper", the text of the paper, leave out the stages below, or change their values.',
          ] as const,
        ]
      : []),
    ...(ARCHITECTURES[architecture].family === 'quicknet'
      ? []
      : [
          [
            'network',
            styleOf(ARCHITECTURES[architecture], method, {}),
            'How the layers are joined: the network of the method.',
          ] as const,
        ]),
  ];
}

function ofRecipe({ stages, batchSize, labelSmoothing, weightClip }: TrainConfig, { stages: does }: Method): Entry[] {
  const what = does ? ` In stage 1 weights are ${does['1']}, in stage 2 ${does['2']}.` : '';
  return [
    [
      'stages',
      Object.fromEntries(Object.entries(stages).map(([key, stage]) => [key, inOrder(stage)])),
      `The published recipe. For a shorter run lower epochs: milestones are shares of the run.${what}`,
    ],
    ['batchSize', batchSize, 'As published. With another batch size, scale the learning rate.'],
    ['labelSmoothing', labelSmoothing],
    ...(weightClip === undefined
      ? []
      : [
          [
            'weightClip',
            weightClip,
            'After each step latent weights are clipped to plus or minus this; 0 for no clip.',
          ] as const,
        ]),
  ];
}

function ofPlaces({ data, distillation, seed, output, metricsEverySteps }: TrainConfig, method: Method): Entry[] {
  const { sha256: _, side, ...others } = data;
  const written = data.format === 'folder' ? { side, ...others } : others;
  return [
    ...(distillation
      ? [
          [
            'distillation',
            distillation,
            `${method.title} learns from a float network: train it first (--init full-precision).`,
          ] as const,
        ]
      : []),
    [
      'data',
      written,
      'Where your data set is; augmentation, mean and deviation are those of BiPer’s authors, or what is usual.',
    ],
    ['seed', seed],
    ['output', output, 'The folder for checkpoints, metrics and the report.'],
    ['metricsEverySteps', metricsEverySteps],
  ];
}

/** What everybody changes comes first. */
function inOrder({ epochs, learningRate, ...others }: StageSettings): StageSettings {
  return { epochs, learningRate, ...others };
}

function dataOf(architecture: ArchitectureName, folder: string | undefined): { format: string; folder: string } {
  const { family, input } = ARCHITECTURES[architecture];
  if (family === 'imagenet-resnet' || family === 'quicknet')
    return { format: 'folder', folder: folder ?? 'data/imagenet' };
  if (input.channels === 1) return { format: 'fashion-mnist', folder: folder ?? 'data/fashion-mnist' };
  return { format: 'cifar10', folder: folder ?? 'data/cifar-10-batches-bin' };
}

function teacherOf(architecture: ArchitectureName): { teacher: string; architecture: string } {
  const float = architecture.replace(/_1w(1|32)a$/, '_float');
  return { teacher: `runs/full-precision-${float}/best.safetensors`, architecture: float };
}

function known<Name extends string>(what: string, name: string, registry: Readonly<Record<Name, unknown>>): Name {
  if (Object.hasOwn(registry, name)) return name as Name;
  throw new SignwaveError('E_CONFIG', `no ${what} is called "${name}"; known: ${Object.keys(registry).join(', ')}`);
}

/** A value as JSON, in which what is short, and every list, stays on one line. @param margin of the line that it begins on. */
function indented(value: unknown, margin = '  '): string {
  const line = JSON.stringify(value, null, 1)
    .replace(/\n */g, ' ')
    .replace(/(?<=\[) | (?=\])/g, '');
  if (line.length <= SHORT || typeof value !== 'object' || Array.isArray(value)) return line;
  const entries = Object.entries(value as object).map(
    ([key, item]) => `${margin}  ${JSON.stringify(key)}: ${indented(item, `${margin}  `)}`,
  );
  return `{\n${entries.join(',\n')}\n${margin}}`;
}

/** Characters of an object on one line. */
const SHORT = 60;
