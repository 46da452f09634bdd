import { readdirSync, readFileSync } from 'node:fs';
import { parseNetworkJson, parseRecipeJson } from '@signwave/convert';
import { parseLabels } from '@signwave/data';
import { parseConfig } from '../../../trainer/src/config/parse-config.js';
import { type Input, type Kind, pick, type Random } from '../kind.js';
import { IN_PLACE, putIn, RESIZING } from '../mutations.js';

const LABELS = ['class-index.json', 'id2label.json', 'twelve.txt'].map((name) => `test/cases/labels/${name}`);
const CONFIGS = readdirSync('test/cases')
  .filter((name) => name.endsWith('.json'))
  .map((name) => `test/cases/${name}`);
const RECIPES = [
  { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  {
    resize: { mode: 'shorterSide', sizePixels: 256, interpolation: 'bicubic' },
    channelOrder: 'bgr',
    divisor: 1,
    mean: [104, 117, 123],
    std: [1, 1, 1],
  },
];

/** Texts by who reads them; a name begins with its reader's. */
const TEXTS: readonly { readonly name: string; readonly text: string }[] = [
  ...CONFIGS.map((path) => ({ name: 'config.json', text: readFileSync(path, 'utf8') })),
  ...LABELS.map((path) => ({ name: 'labels.json', text: readFileSync(path, 'utf8') })),
  ...RECIPES.map((recipe) => ({ name: 'recipe.json', text: JSON.stringify(recipe) })),
  { name: 'network.json', text: readFileSync('examples/own-network/small-cnn.json', 'utf8') },
];

/** A value in place of another one. */
const VALUES: readonly unknown[] = [
  ...[null, true, 0, -1, 0.5, 1e9, 1e308, -1e-9, 2 ** 31, 2 ** 53, '', 'x', '\u001b[31m', '\u202e', '\ud800'],
  ...[[], {}, [[]], [1, 'a'], { '': 1 }, { constructor: 1 }, 'a'.repeat(5_000), '__proto__', 'toString'],
];
const FRAGMENTS = '{ } [ ] , : " \\ 0 -1 1e9 1e999 9007199254740993 NaN null true "__proto__":1, \\u0000 \\ud800 // /*'
  .split(' ')
  .map((text) => new TextEncoder().encode(text));
const MUTATIONS = [...Object.values({ ...IN_PLACE, ...RESIZING }), ...Array(6).fill(putIn(FRAGMENTS))];

function make(random: Random): Input {
  const { name, text } = pick(random, TEXTS);
  const value = parsed(text);
  let bytes: Uint8Array = new TextEncoder().encode(text);
  if (value !== undefined && random.below(2)) {
    for (let n = random.below(2); n >= 0; n--) changeValue(value, random);
    return { name, bytes: new TextEncoder().encode(JSON.stringify(value)) };
  }
  for (let n = random.below(2); n >= 0 && bytes.length > 16; n--) bytes = pick(random, MUTATIONS)(bytes, random.below);
  return { name, bytes };
}

function parsed(text: string): object | undefined {
  try {
    return JSON.parse(text);
  } catch {
    // A list of names, a line each.
    return undefined;
  }
}

/** Replaces, takes out or adds one property, anywhere. */
function changeValue(root: object, random: Random): void {
  const inside: Record<string, unknown>[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    inside.push(value as Record<string, unknown>);
    Object.values(value).forEach(walk);
  };
  walk(root);
  const place = pick(random, inside);
  const keys = Object.keys(place);
  if (keys.length === 0) return;
  const key = pick(random, keys);
  const how = random.below(6);
  if (how === 0) delete place[key];
  else if (how === 1 && Array.isArray(place)) place.push(structuredClone(pick(random, VALUES)));
  else if (how === 1) place[`${pick(random, VALUES)}`] = structuredClone(pick(random, VALUES));
  else if (how === 2) place[key] = structuredClone(pick(random, inside));
  else place[key] = structuredClone(pick(random, VALUES));
}

async function read({ name, bytes }: Input): Promise<undefined> {
  const text = new TextDecoder().decode(bytes);
  if (name.startsWith('config')) parseConfig(text, name);
  else if (name.startsWith('labels')) parseLabels(bytes, name);
  else if (name.startsWith('recipe')) parseRecipeJson(text, name);
  else parseNetworkJson(text, name);
}

export const JSON_TEXTS: Kind = {
  about: 'JSON: configs of trainings, input recipes, class names, networks of one’s own; damaged as text and as values',
  make,
  read,
};
