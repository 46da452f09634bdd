import { openCheckpoint, parseNetworkJson, parseRecipeJson } from '@signwave/convert';
import { parseLabels } from '@signwave/data';
import { bytesSource } from '@signwave/format';
import { expect, test } from 'vitest';
import { npyFile, zip } from '../convert/test/checkpoints/build.js';
import { parseConfig } from '../trainer/src/config/parse-config.js';

// JSON.stringify escapes the controls below U+0020, but not these.
const KEY = 'a\u007f\u0085';
const JSON_TEXT = JSON.stringify({ [KEY]: 1 });
const npz = zip([{ name: 'w.npy', data: npyFile(`{'descr': '${KEY}', 'a': 1}`, new Uint8Array()) }]);

test.each([
  ['a config', () => parseConfig(JSON_TEXT, 'a.json')],
  ['a recipe', () => parseRecipeJson(JSON_TEXT, 'a.json')],
  ['class names', () => parseLabels(new TextEncoder().encode(`{"0": ["${KEY}"]}`), 'a.json')],
  ['a definition of a network', () => parseNetworkJson(JSON_TEXT, 'a.json')],
  ['JSON that isn’t', () => parseNetworkJson(`{${KEY}`, 'a.json')],
  ['an array’s header', () => openCheckpoint(bytesSource(npz, 'a.npz'))],
])('control characters of %s are text in the error about it', async (_, read) => {
  const error = await Promise.resolve<unknown>(undefined)
    .then((): unknown => read())
    .catch((error: Error) => error);
  expect(error).toMatchObject({ name: 'SignwaveError' });
  expect((error as Error).message).not.toMatch(/\p{Cc}/u);
});
