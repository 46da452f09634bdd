import { parseJsonText, SignwaveError, type Value } from '@signwave/format';
import { quote } from '../checkpoints/quote.js';
import type { Architecture } from './architecture.js';
import { isObject } from './is-object.js';
import { type NetworkBuilder, SIGNS_OF_ZERO, type SignOfZero } from './network-builder.js';
import { failNetwork, ownArchitecture } from './own-network.js';
import { WEIGHT_RULE_NAMES, type WeightRuleName } from './weight-rules.js';

/** Kinds of options that a layer has. */
type Kind = 'text' | 'number' | 'flag' | 'weights' | 'outputs' | 'sign';

/** A layer's options as the file has them, checked. */
type Options = Readonly<Record<string, string | number | boolean>>;

interface LayerKind {
  /** Options; those marked with a `?` may be left out. */
  readonly options: Readonly<Record<string, Kind>>;
  /** How many operands. */
  readonly inputs?: number | 'many';
  /** @param n name of the module. */
  add(g: NetworkBuilder, inputs: readonly Value[], options: Options): Value;
}

const WINDOW = { window: 'number', 'stride?': 'number', 'pad?': 'number', 'ceilMode?': 'flag' } as const;
const CONV = {
  name: 'text',
  outChannels: 'number',
  'stride?': 'number',
  'pad?': 'number',
  'groups?': 'number',
} as const;

const BINARY = { weights: 'weights', 'hasBias?': 'flag', 'keepsFloats?': 'flag', 'signOfZero?': 'sign' } as const;

/** A layer's options except those that name or shape it. */
const rest = <T extends object>({ name: _, window: __, outputs: ___, ...others }: Options): T => others as T;
const text = (value: unknown): string => value as string;
const number = (value: unknown): number => value as number;

/** What `op` may be: methods of the builder. */
const LAYERS: Readonly<Record<string, LayerKind>> = {
  floatConv: {
    options: { ...CONV, kernel: 'number', 'hasBias?': 'flag' },
    add: (g, [x], o) => g.floatConv(x!, text(o.name), rest(o)),
  },
  binaryConv: {
    options: { ...CONV, 'kernel?': 'number', 'padValue?': 'sign', ...BINARY },
    add: (g, [x], o) => g.binaryConv(x!, text(o.name), rest(o)),
  },
  floatLinear: {
    options: { name: 'text', outputs: 'outputs' },
    add: (g, [x], o) => g.floatLinear(x!, text(o.name), outputsOf(g, o)),
  },
  binaryLinear: {
    options: { name: 'text', outputs: 'outputs', ...BINARY },
    add: (g, [x], o) => g.binaryLinear(x!, text(o.name), outputsOf(g, o), rest(o)),
  },
  batchNorm: {
    options: { name: 'text', 'epsilon?': 'number', 'isAffine?': 'flag', 'isFlat?': 'flag' },
    add: (g, [x], o) => g.batchNorm(x!, text(o.name), rest(o)),
  },
  learnedScale: { options: { name: 'text' }, add: (g, [x], o) => g.learnedScale(x!, text(o.name)) },
  learnedBias: { options: { name: 'text' }, add: (g, [x], o) => g.learnedBias(x!, text(o.name)) },
  learnedPrelu: { options: { name: 'text' }, add: (g, [x], o) => g.learnedPrelu(x!, text(o.name)) },
  sign: { options: { 'signOfZero?': 'sign' }, add: (g, [x], o) => g.sign(x!, rest(o)) },
  relu: { options: {}, add: (g, [x]) => g.relu(x!) },
  hardtanh: { options: {}, add: (g, [x]) => g.hardtanh(x!) },
  clip: { options: { lo: 'number', hi: 'number' }, add: (g, [x], o) => g.clip(x!, number(o.lo), number(o.hi)) },
  maxPool: { options: WINDOW, add: (g, [x], o) => g.maxPool(x!, number(o.window), rest(o)) },
  avgPool: {
    options: { ...WINDOW, 'countPads?': 'flag' },
    add: (g, [x], o) => g.avgPool(x!, number(o.window), rest(o)),
  },
  globalAvgPool: { options: {}, add: (g, [x]) => g.globalAvgPool(x!) },
  padChannels: {
    options: { before: 'number', after: 'number' },
    add: (g, [x], o) => g.padChannels(x!, number(o.before), number(o.after)),
  },
  sliceSpatial: { options: { step: 'number' }, add: (g, [x], o) => g.sliceSpatial(x!, number(o.step)) },
  sampleMean: { options: {}, add: (g, [x]) => g.sampleMean(x!) },
  flatten: { options: {}, add: (g, [x]) => g.flatten(x!) },
  softmax: { options: { 'log?': 'flag' }, add: (g, [x], o) => g.softmax(x!, rest(o)) },
  add: { options: {}, inputs: 2, add: (g, [x, y]) => g.add(x!, y!) },
  concat: { options: {}, inputs: 'many', add: (g, inputs) => g.concat(...inputs) },
};

/** Keys of a layer that say how it is connected, not what it does. */
const WIRING = ['op', 'from', 'as'];

interface Layer {
  readonly kind: LayerKind;
  readonly options: Options;
  /** Names of the operands. Absent: the layer before. */
  readonly from?: readonly string[];
  readonly as?: string;
}

/**
 * Read a network definition in JSON: `input` [height, width, channels] and `layers`, each `{ "op": ..., options, "from": ..., "as": ... }`,
 * beside the keys of a {@link NetworkDefinition} without `build`.
 *
 * @throws {SignwaveError} `E_NETWORK`, naming the layer and the key.
 */
export function parseNetworkJson(source: string, sourceName: string): Architecture {
  const fail = (what: string): never => failNetwork(sourceName, what);
  let root: unknown;
  try {
    root = parseJsonText(source);
  } catch (error) {
    return fail(`is no JSON that is read here: ${(error as Error).message}`);
  }
  if (!isObject(root)) return fail('has to be an object with name, classifier, input and layers');
  const { input, layers, ...definition } = root;
  if (!Array.isArray(input) || input.length !== 3 || !input.every((side) => Number.isInteger(side) && side > 0)) {
    fail('needs input, [height, width, channels]');
  }
  if (!Array.isArray(layers) || layers.length === 0) return fail('needs layers, a list of at least one');
  const names = new Set(['input']);
  const checked = layers.map((layer: unknown, i) => checkLayer(layer, names, (what) => fail(`layers[${i}] ${what}`)));
  const [height, width, channels] = input as [number, number, number];
  return ownArchitecture(
    {
      ...definition,
      build(g: NetworkBuilder) {
        const values = new Map([['input', g.image(height, width, channels)]]);
        let last = values.get('input')!;
        checked.forEach(({ kind, options, from, as }, i) => {
          try {
            last = kind.add(g, from ? from.map((name) => values.get(name)!) : [last], options);
            g.shapeOf(last);
          } catch (error) {
            if (error instanceof SignwaveError && error.code === 'E_GRAPH') fail(`layers[${i}]: ${error.message}`);
            throw error;
          }
          if (as !== undefined) values.set(as, last);
        });
      },
    },
    sourceName,
  );
}

/** @param names of the values so far; the layer's own is added. */
function checkLayer(layer: unknown, names: Set<string>, fail: (what: string) => never): Layer {
  if (!isObject(layer) || typeof layer.op !== 'string') return fail('needs op, the kind of the layer');
  const { op, from, as, ...given } = layer;
  const kind = Object.hasOwn(LAYERS, op as string) ? LAYERS[op as string] : undefined;
  if (!kind) return fail(`has op ${quote(String(op))}; known: ${Object.keys(LAYERS).join(', ')}`);
  const options: Record<string, string | number | boolean> = {};
  for (const [key, type] of Object.entries(kind.options)) {
    const name = key.replace('?', '');
    const value = given[name];
    if (value === undefined && key.endsWith('?')) continue;
    if (!isOfKind(value, type))
      fail(`(${op}) needs ${name}, ${KIND_WORDS[type]}; found ${JSON.stringify(value) ?? 'none'}`);
    options[name] = value as string | number | boolean;
  }
  const known = Object.keys(kind.options).map((key) => key.replace('?', ''));
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined)
    fail(`(${op}) has the unknown key ${quote(unknown)}; known: ${[...WIRING, ...known].join(', ')}`);
  const operands = from === undefined ? undefined : Array.isArray(from) ? from : [from];
  const missing = operands?.find((name) => typeof name !== 'string' || !names.has(name));
  if (missing !== undefined)
    fail(`(${op}) takes ${JSON.stringify(missing)}, but no layer before is called that ("as")`);
  const { inputs = 1 } = kind;
  const count = operands?.length ?? 1;
  if (inputs === 'many' ? count < 2 : count !== inputs) {
    fail(`(${op}) needs ${inputs === 'many' ? 'two or more' : inputs} operands in "from", found ${count}`);
  }
  if (as !== undefined) {
    if (typeof as !== 'string' || names.has(as)) fail(`(${op}) has "as" ${JSON.stringify(as)}, which isn't a new name`);
    names.add(as as string);
  }
  return { kind, options, ...(operands && { from: operands as string[] }), ...(typeof as === 'string' && { as }) };
}

const KIND_WORDS: Readonly<Record<Kind, string>> = {
  text: 'a text',
  number: 'a number',
  flag: 'true or false',
  weights: `one of ${WEIGHT_RULE_NAMES.join(', ')}`,
  sign: '0, 1 or -1',
  outputs: 'a number, or "classes" for the side of the checkpoint’s classifier',
};

function isOfKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'flag':
      return typeof value === 'boolean';
    case 'weights':
      return WEIGHT_RULE_NAMES.includes(value as WeightRuleName);
    case 'sign':
      return SIGNS_OF_ZERO.includes(value as SignOfZero);
    case 'outputs':
      return value === 'classes' || (Number.isInteger(value) && (value as number) > 0);
  }
}

function outputsOf(g: NetworkBuilder, { outputs }: Options): number {
  return outputs === 'classes' ? g.classes : number(outputs);
}
