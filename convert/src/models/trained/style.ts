import { isObject } from '../is-object.js';

/**
 * How a network of signwave's trainer joins its layers (trainer/src/models/network-style.ts says what each value means). The trainer
 * writes it into a checkpoint, so that a new method needs no new network here.
 */
export interface NetworkStyle {
  readonly order: 'conv-norm-act' | 'conv-act-norm' | 'norm-conv-act' | 'norm-act-conv';
  readonly nonlinearity: 'hardtanh' | 'relu' | 'prelu' | 'scalar-prelu' | 'rprelu' | 'maxout' | 'none';
  readonly skips: 'conv' | 'block';
  readonly shortcut: 'average-pad' | 'slice-pad' | 'conv' | 'binary-conv' | 'average-conv' | 'conv-average';
  readonly stem: 'norm-act' | 'norm' | 'bias' | 'none';
  readonly stemPool: 'padded' | 'ceil';
  readonly tail: 'norm' | 'norm-relu' | 'none' | 'map-relu' | 'map-norm' | 'map-norm-relu';
  readonly normEpsilon: number;
  readonly normIsAffine: boolean;
  readonly endsWithNorm: boolean;
  readonly hasBias: boolean;
}

export const STYLE_CHOICES = {
  order: ['conv-norm-act', 'conv-act-norm', 'norm-conv-act', 'norm-act-conv'],
  nonlinearity: ['hardtanh', 'relu', 'prelu', 'scalar-prelu', 'rprelu', 'maxout', 'none'],
  skips: ['conv', 'block'],
  shortcut: ['average-pad', 'slice-pad', 'conv', 'binary-conv', 'average-conv', 'conv-average'],
  stem: ['norm-act', 'norm', 'bias', 'none'],
  stemPool: ['padded', 'ceil'],
  tail: ['norm', 'norm-relu', 'none', 'map-relu', 'map-norm', 'map-norm-relu'],
} as const satisfies { readonly [K in keyof NetworkStyle]?: readonly NetworkStyle[K][] };

/** Of every batch norm before a style had its epsilon. */
const FIRST_EPSILON = 1e-5;

const FLAGS = ['normIsAffine', 'endsWithNorm', 'hasBias'] as const;

/** @param fail is told what is wrong, and throws. */
export function parseStyle(value: unknown, fail: (what: string) => never): NetworkStyle {
  if (!isObject(value)) return fail('is no object');
  for (const [key, choices] of Object.entries(STYLE_CHOICES)) {
    const found = value[key];
    if (!(choices as readonly unknown[]).includes(found)) {
      fail(`has ${key} ${JSON.stringify(found) ?? 'none'}, expected one of ${choices.join(', ')}`);
    }
  }
  for (const key of FLAGS) {
    if (typeof value[key] !== 'boolean')
      fail(`has ${key} ${JSON.stringify(value[key]) ?? 'none'}, expected true or false`);
  }
  const { normEpsilon = FIRST_EPSILON } = value;
  if (!(typeof normEpsilon === 'number' && normEpsilon > 0)) {
    fail(`has normEpsilon ${JSON.stringify(normEpsilon)}, expected a number above 0`);
  }
  return { ...value, normEpsilon } as unknown as NetworkStyle;
}

/** The style of all networks of versions that didn't write it: that of BiPer's code. @param architecture the trainer's name. */
export function firstStyle(architecture: string): NetworkStyle {
  const isResnet18 = architecture.startsWith('resnet18');
  return {
    order: 'conv-norm-act',
    nonlinearity: /_(1w32a|float)$/.test(architecture) ? 'relu' : 'hardtanh',
    skips: isResnet18 ? 'block' : 'conv',
    shortcut: architecture.startsWith('imagenet') ? 'conv' : 'average-pad',
    stem: isResnet18 ? 'norm' : 'norm-act',
    stemPool: 'padded',
    tail: architecture.startsWith('vgg') ? 'none' : 'norm',
    normEpsilon: FIRST_EPSILON,
    normIsAffine: true,
    endsWithNorm: false,
    hasBias: false,
  };
}
