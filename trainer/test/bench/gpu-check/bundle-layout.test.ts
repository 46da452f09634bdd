import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../../test/temp-folder.js';
import { MANIFEST, MAX_BYTES, readManifest, sha256, verifySize } from '../../../bench/gpu-check/bundle-layout.js';

const entry = (path: string, bytes: number) => ({ path, bytes, sha256: '', from: 'a test', licence: 'MIT' });

describe('a bundle', () => {
  test('may take 60 MiB and not a byte more', () => {
    expect(verifySize([entry('a', MAX_BYTES - 1), entry('b', 1)])).toBe(60 * 1024 * 1024);
    expect(() => verifySize([entry('a', MAX_BYTES), entry('b', 1)])).toThrow('expected at most 62914560');
  });

  test('is read if its files are those that were listed, and refused by name if one was changed', async () => {
    const folder = await temporaryFolder();
    const text = new TextEncoder().encode('a program');
    const file = { ...entry('check.mjs', text.length), sha256: sha256(text) };
    const manifest = { schema: 1, commit: 'abc', trainImages: 5, testImages: 1, files: [file] };
    writeFileSync(join(folder, MANIFEST), JSON.stringify(manifest));
    writeFileSync(join(folder, file.path), text);
    expect(readManifest(folder)).toEqual(manifest);
    writeFileSync(join(folder, file.path), 'a programme');
    expect(() => readManifest(folder)).toThrow(/^check\.mjs of the bundle has SHA-256 .* make the bundle again/);
  });
});
