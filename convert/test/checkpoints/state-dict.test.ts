import { bytesSource } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.js';
import { bytes, checkpoint, pickle, tensorPickle, zip } from './build.js';

const { call, dict, global, int, program, text } = pickle;
const TENSOR = tensorPickle({ elements: 1, shape: [1], strides: [1] });
const STORAGE = { 0: new Uint8Array(Float32Array.of(42).buffer) };

const open = (value: Uint8Array) => openCheckpoint(bytesSource(checkpoint(program(value), STORAGE), 'test.pth'));
const openZip = (names: readonly string[]) =>
  openCheckpoint(bytesSource(zip(names.map((name) => ({ name, data: bytes('x') }))), 'test.zip'));

describe('the state dict', () => {
  test.each(['state_dict', 'model_state_dict', 'model', 'net', 'anything'])('is found under "%s"', async (key) => {
    const { tensors, metadata } = await open(dict({ epoch: int(3), [key]: dict({ w: TENSOR }), done: 0x88, lr: 'N' }));
    expect([...tensors.keys()]).toEqual(['w']);
    expect([...metadata]).toEqual([
      ['epoch', 3],
      ['done', true],
      ['lr', null],
    ]);
  });

  test('is found at the top, beside plain values', async () => {
    const { tensors, metadata, skipped } = await open(dict({ a: TENSOR, b: TENSOR, epoch: int(1), list: ']' }));
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect([...metadata]).toEqual([['epoch', 1]]);
    expect(skipped).toEqual(['list: list of 0 items']);
  });

  test('of the usual key wins over others, which are listed', async () => {
    const { tensors, skipped } = await open(
      dict({ ema: dict({ e: TENSOR }), state_dict: dict({ w: TENSOR }), t: TENSOR }),
    );
    expect([...tensors.keys()]).toEqual(['w']);
    expect(skipped).toEqual(['ema: dict of 1 entries', 't: tensor of shape (1)']);
  });

  test('is found under usual keys inside each other, with the plain values of both', async () => {
    const inner = dict({ state_dict: dict({ w: TENSOR }), arch: pickle.text('net') });
    const { tensors, metadata, skipped } = await open(dict({ epoch: int(3), model: inner, optimizer: dict({}) }));
    expect([...tensors.keys()]).toEqual(['w']);
    expect([...metadata]).toEqual([
      ['epoch', 3],
      ['arch', 'net'],
    ]);
    expect(skipped).toEqual(['optimizer: dict of 0 entries']);
  });

  test('loses the prefixes of DataParallel and of torch.compile, which every key has', async () => {
    const { tensors, skipped } = await open(dict({ 'module._orig_mod.a': TENSOR, 'module._orig_mod.b': TENSOR }));
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect(skipped).toEqual(['prefix "module." removed from every key', 'prefix "_orig_mod." removed from every key']);
  });

  test('loses the prefix of a part that is wrapped by itself', async () => {
    const { tensors, skipped } = await open(
      dict({ 'features.module.0.w': TENSOR, 'features.module.1.w': TENSOR, 'classifier.1.w': TENSOR }),
    );
    expect([...tensors.keys()]).toEqual(['features.0.w', 'features.1.w', 'classifier.1.w']);
    expect(skipped).toEqual(['prefix "module." removed from every key of "features."']);
  });

  test('loses the counters of a profiler and of averaged weights, which hide no prefix', async () => {
    const { tensors, skipped } = await open(
      dict({ n_averaged: TENSOR, 'module.a': TENSOR, 'module.total_ops': TENSOR, 'module.b.total_params': TENSOR }),
    );
    expect([...tensors.keys()]).toEqual(['a']);
    expect(skipped).toEqual(['3 counters of tools (n_averaged, ...)', 'prefix "module." removed from every key']);
  });

  test('keeps a prefix that not every key has', async () => {
    const { tensors } = await open(dict({ 'module.a': TENSOR, b: TENSOR }));
    expect([...tensors.keys()]).toEqual(['module.a', 'b']);
  });

  test('may lie beside foreign objects, which are named', async () => {
    const args = bytes(global('argparse', 'Namespace'), ')', 0x81, dict({ lr: int(1) }), 'b');
    const { skipped } = await open(dict({ state_dict: dict({ w: TENSOR }), args }));
    expect(skipped).toEqual([
      'args: argparse.Namespace object',
      expect.stringMatching(/^argparse\.Namespace: named at byte \d+ of data\.pkl, never called$/),
    ]);
  });

  test('may have a wrapped parameter', async () => {
    const { tensors } = await open(dict({ w: call('torch._utils', '_rebuild_parameter', TENSOR, 0x88, '}') }));
    expect([...(await tensors.get('w')!.readF32())]).toEqual([42]);
  });
});

describe('no state dict', () => {
  const expectKind = (message: RegExp) => ({ code: 'E_CHECKPOINT_KIND', message: expect.stringMatching(message) });

  test.each([
    [
      'a whole model',
      bytes(global('models.resnet', 'ResNet'), ')', 0x81, '}b'),
      /a whole models\.resnet\.ResNet object/,
    ],
    ['a number', int(5), /it holds 5\. Save one with torch\.save\(model\.state_dict/],
    ['an empty dict', bytes('}'), /it holds a dict of nothing/],
    ['a dict of settings', dict({ lr: int(1), names: ']' }), /a dict of lr \(1\), names \(list of 0 items\)/],
    [
      'two dicts of tensors',
      dict({ g: dict({ w: TENSOR }), d: dict({ w: TENSOR }) }),
      /several dicts of tensors: g, d/,
    ],
  ])('%s is refused, saying what is there', async (_name, value, message) => {
    await expect(open(value)).rejects.toMatchObject(expectKind(message));
  });

  test('one dict of tensors under many keys is looked at once', async () => {
    const body = bytes('}(', text('a'), dict({ w: TENSOR }), 'q', 9, text('b'), 'h', 9, 'u');
    expect([...(await open(body)).tensors.keys()]).toEqual(['w']);
  });

  test.each([
    [
      'a sparse tensor',
      call('torch._utils', '_rebuild_sparse_tensor'),
      /"bad".*it's torch\._utils\._rebuild_sparse_tensor object/,
    ],
    ['a number', int(3), /"bad".*it's 3/],
    ['None', 'N', /"bad".*it's None/],
  ])('%s where a tensor is expected is refused by its key', async (_name, value, message) => {
    await expect(open(dict({ state_dict: dict({ w: TENSOR, bad: value }) }))).rejects.toMatchObject({
      code: 'E_CHECKPOINT_TENSOR',
      message: expect.stringMatching(message),
    });
  });

  test('an opaque object at the top among tensors is refused by its key', async () => {
    const bad = call('torch._utils', '_rebuild_qtensor');
    await expect(open(dict({ w: TENSOR, bad }))).rejects.toMatchObject({ code: 'E_CHECKPOINT_TENSOR' });
  });

  test.each([
    ['a zip without data.pkl', ['archive/readme', 'b'], /a zip archive without data\.pkl/],
    ['data.pkl outside a folder', ['data.pkl'], /a zip archive without data\.pkl/],
    ['a TorchScript archive', ['net/data.pkl', 'net/constants.pkl', 'net/code/a.py'], /a TorchScript archive/],
    ['a Keras model', ['config.json', 'model.weights.h5'], /a Keras model/],
  ])('%s is named for what it is', async (_name, names, message) => {
    await expect(openZip(names)).rejects.toMatchObject(expectKind(message));
  });

  test('two pickles are refused', async () => {
    await expect(openZip(['a/data.pkl', 'b/data.pkl'])).rejects.toMatchObject({
      code: 'E_CHECKPOINT_STRUCTURE',
      message: expect.stringMatching(/2 pickles \("a\/data\.pkl", "b\/data\.pkl"\)/),
    });
  });

  test('a big-endian checkpoint is refused', async () => {
    const file = zip([
      { name: 'archive/data.pkl', data: program(dict({ w: TENSOR })) },
      { name: 'archive/byteorder', data: bytes('big') },
    ]);
    await expect(openCheckpoint(bytesSource(file, 'test.pth'))).rejects.toMatchObject(expectKind(/byte order "big"/));
  });

  test.each([
    ['nothing', bytes(), /an empty file/],
    ['a signwave model', bytes(16, 0, 0, 0, 'SGNW', new Uint8Array(20)), /already converted.*signwave inspect/],
    ['a JSON text', bytes('{"lr": 0.1}'), /a JSON text.*weight_map/],
    ['a git-lfs pointer', bytes('version https://git-lfs.github.com/spec/v1\n'), /git lfs pull/],
    ['an ONNX model', bytes(8, 7, 0x12, 7, 'pytorch'), /an ONNX model.*Convert the PyTorch checkpoint/],
    ['an HTML page', bytes('<!DOCTYPE html><html>'), /an HTML page.*Download the checkpoint again/],
    ['an empty zip archive', bytes('PK\x05\x06', new Uint8Array(18)), /an empty zip archive/],
    ['a pickle', bytes(0x80, 3, 'N.'), /a Python pickle/],
    ['a gzip archive', bytes(0x1f, 0x8b, 8, 0), /a gzip archive.*Unpack it first/],
    ['anything', bytes('hello'), /an unknown kind of file.*Give the file that torch\.save wrote/],
  ])('%s is named for what it is', async (_name, file, message) => {
    await expect(openCheckpoint(bytesSource(file, 'test.pth'))).rejects.toMatchObject(expectKind(message));
  });
});
