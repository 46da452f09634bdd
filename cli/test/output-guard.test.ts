import { linkSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/temp-folder.js';
import { type Files, refuseOverwriting } from '../src/output-guard.js';

let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  for (const name of ['data/cat', 'dogs']) mkdirSync(at(name), { recursive: true });
  for (const name of ['in.pth', 'data/cat/1.png', 'data/train-images-idx3-ubyte', 'dogs/3.png']) write(name);
  link('../in.pth', 'data/2.png');
  link('../dogs', 'data/dog');
});

function at(name: string): string {
  return join(folder, name);
}

function write(name: string): string {
  writeFileSync(at(name), name);
  return at(name);
}

function link(target: string, name: string): string {
  symlinkSync(target, at(name));
  return at(name);
}

function hardLink(target: string, name: string): string {
  linkSync(at(target), at(name));
  return at(name);
}

const check = (
  outputs: NonNullable<Files['outputs']>,
  inputs: NonNullable<Files['inputs']> = {},
  data: NonNullable<Files['data']> = {},
) => refuseOverwriting({ outputs, inputs, data });
const refused = (message: RegExp) => ({ code: 'E_USAGE', message: expect.stringMatching(message) });

describe('an output is refused that is an input', () => {
  test.each<[string, () => string]>([
    ['by its own name', () => at('in.pth')],
    ['by a name with detours', () => `${folder}/data/../data/.././in.pth`],
    ['by a relative name', () => relative(process.cwd(), at('in.pth'))],
    ['through a symbolic link', () => link('in.pth', 'link')],
    ['through a link to a link', () => link(link('in.pth', 'a'), 'b')],
    ['through a hard link', () => hardLink('in.pth', 'hard')],
    ['through a link to its folder', () => `${link('.', 'here')}/in.pth`],
  ])('%s', async (_, make) => {
    const output = make();
    await expect(check({ '--output': output }, { 'the checkpoint': at('in.pth') })).rejects.toMatchObject(
      refused(/--output .* is the same file as the checkpoint .*in\.pth, which would be lost; name another output/),
    );
    expect(readFileSync(at('in.pth'), 'utf8')).toBe('in.pth');
  });

  test.runIf(process.platform === 'linux')('as an open file', async () => {
    const output = `/proc/self/fd/${openSync(at('in.pth'), 'r')}`;
    await expect(check({ '--output': output }, { 'the checkpoint': at('in.pth') })).rejects.toMatchObject(
      refused(/same/),
    );
  });

  test('where the input is the one that is named through a link', async () => {
    symlinkSync('in.pth', at('link'));
    await expect(check({ '--output': at('in.pth') }, { '--labels': at('link') })).rejects.toMatchObject(
      refused(/same file as --labels/),
    );
  });

  test('one of several', async () => {
    await expect(check({ '-o': write('b') }, { 'the checkpoint': [at('in.pth'), at('b')] })).rejects.toMatchObject(
      refused(/the checkpoint .*b, which/),
    );
  });

  test('a folder that an input lies in', async () => {
    write('data/m.sgnw');
    await expect(
      refuseOverwriting({ folders: { '--c': at('data') }, inputs: { 'the model': at('data/m.sgnw') } }),
    ).rejects.toMatchObject(refused(/--c .*data is a folder that has the model .*m\.sgnw in it/));
  });
});

describe('an output is refused that belongs to a data set', () => {
  test.each<[string, () => string, string]>([
    ['an image of a class folder', () => at('data/cat/1.png'), ''],
    ['a file without an ending', () => at('data/train-images-idx3-ubyte'), 'mnist:'],
    ['an image by a hard link elsewhere', () => hardLink('data/cat/1.png', 'hard.npy'), ''],
    ['an image by a link elsewhere', () => link('data/cat/1.png', 'x.npy'), ''],
    ['an image that the folder only links to', () => at('in.pth'), ''],
    ['an image of a class folder that is a link', () => at('dogs/3.png'), ''],
  ])('%s', async (_, make, format) => {
    const output = make();
    await expect(check({ '--report': output }, {}, { 'the data': format + at('data') })).rejects.toMatchObject(
      refused(/--report .* is a file of the data .*data, which would be lost/),
    );
  });

  test('its folder', async () => {
    await expect(
      refuseOverwriting({ folders: { output: at('data') }, data: { 'the data': `cifar10:${at('data')}` } }),
    ).rejects.toMatchObject(refused(/output .*data is the folder of the data cifar10:/));
  });

  test('though its folders link to each other in a circle', async () => {
    symlinkSync('..', at('data/cat/up'));
    await expect(check({ '--report': at('data/cat/1.png') }, {}, { 'the data': at('data') })).rejects.toMatchObject(
      refused(/is a file of the data/),
    );
  });
});

describe('two outputs are refused that are one file', () => {
  test.each<[string, () => [string, string]]>([
    ['which exists', () => [at('in.pth'), `${folder}/./in.pth`]],
    ['which does not exist yet', () => [at('new'), `${folder}/data/../new`]],
    ['whose folder is named through a link', () => [at('new'), `${link('.', 'here')}/new`]],
    ['whose names differ in case only', () => [at('new.npy'), at('NEW.npy')]],
    ['in a folder that does not exist', () => [at('no/new'), at('no/./new')]],
  ])('%s', async (_, make) => {
    const [a, b] = make();
    await expect(check({ '--logits': a, '--report': b })).rejects.toMatchObject(
      refused(/--logits and --report are one file/),
    );
  });

  test('or of which one is a folder and has the other in it', async () => {
    mkdirSync(at('c'));
    await expect(
      refuseOverwriting({ outputs: { '--onnx': at('c/x.onnx') }, folders: { '--c': at('c') } }),
    ).rejects.toMatchObject(refused(/--onnx .* is in --c/));
  });
});

describe('an output is allowed', () => {
  test.each<[string, () => string]>([
    ['that does not exist', () => at('new')],
    ['that is another file', () => write('other')],
    ['that is new, in a folder named through a link', () => `${link('data', 'link')}/in.pth`],
    ['that is a link to nothing', () => link('nothing', 'dangling')],
    ['that is new, beside the data', () => at('data/logits.npy')],
    ['that lies among the data but is none: a report of the last time', () => write('data/cat/report.html')],
    ['in a folder that does not exist: writing will say so', () => at('no/such/folder')],
  ])('%s', async (_, make) => {
    await check(
      { '-o': make() },
      { 'the model': at('in.pth'), gone: at('gone') },
      { 'the data': at('data'), other: 'cifar10:no' },
    );
  });

  test('that is a folder where a file is to be: writing will say so', async () => {
    await check({ '--report': folder }, { 'the model': at('in.pth') }, { 'the data': folder });
  });

  test.runIf(process.platform !== 'win32')('that is a device, twice and as an input, too', async () => {
    await check({ '--logits': '/dev/null', '--report': '/dev/null' }, { '--labels': '/dev/null' });
  });

  test('that is not given', async () => {
    await check({ '-o': undefined }, { '--labels': undefined });
  });
});
