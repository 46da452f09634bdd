import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { modelPath, zooFile, zooModels } from '../src/zoo.js';

const ZOO = fileURLToPath(new URL('../../zoo', import.meta.url));
const copies = mkdtempSync(join(tmpdir(), 'signwave-zoo-'));
afterAll(() => rmSync(copies, { recursive: true, force: true }));

/** A copy of the zoo, to damage. */
function copyOf(name: string): string {
  const folder = join(copies, name);
  for (const part of ['models.json', 'models']) cpSync(join(ZOO, part), join(folder, part), { recursive: true });
  return folder;
}

const [first] = zooModels(ZOO);
const { name, file } = first!;

describe('a model of the zoo', () => {
  test('is found by its name, with the bytes that its SHA-256 says', () => {
    const found = zooFile(name, ZOO);
    expect(found).toMatchObject({ path: join(ZOO, file), model: first });
    expect(found.content.length).toBe(first!.bytes);
  });

  test('is refused by its SHA-256 if one bit of it was changed', () => {
    const folder = copyOf('changed');
    const content = Uint8Array.from(zooFile(name, ZOO).content);
    content[content.length - 1]! ^= 1;
    writeFileSync(join(folder, file), content);
    expect(() => zooFile(name, folder)).toThrow(
      expect.objectContaining({ code: 'E_FORMAT_CHECKSUM', message: expect.stringMatching(/SHA-256 .* was changed/) }),
    );
  });

  test('says so if its file is missing', () => {
    const folder = copyOf('missing');
    rmSync(join(folder, file));
    expect(() => zooFile(name, folder)).toThrow(expect.objectContaining({ code: 'E_IO' }));
  });

  test('says so if the list is cut short', () => {
    const folder = copyOf('cut');
    writeFileSync(join(folder, 'models.json'), '[{"name":');
    expect(() => zooModels(folder)).toThrow(expect.objectContaining({ code: 'E_IO' }));
  });

  test('of an unknown name is refused with the names that there are', () => {
    const names = zooModels(ZOO).map((it) => it.name);
    expect(() => zooFile('resnet-9000', ZOO)).toThrow(
      expect.objectContaining({ code: 'E_USAGE', message: expect.stringContaining(names.join(', ')) }),
    );
  });
});

test('an argument without zoo: before it is a path', () => {
  expect(modelPath('model.sgnw')).toBe('model.sgnw');
  expect(modelPath(`./zoo:${name}`)).toBe(`./zoo:${name}`);
});
