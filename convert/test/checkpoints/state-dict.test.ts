import { bytesSource } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { openCheckpoint, type PartOptions, SeveralStateDicts } from '../../src/checkpoints/index.js';
import { bytes, checkpoint, pickle, tensorPickle, zip } from './build.js';

const { call, dict, global, int, list, program, text, tuple } = pickle;
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

describe('what a state dict holds besides tensors', () => {
  test.each([
    ['a sparse tensor', call('torch._utils', '_rebuild_sparse_tensor'), 'torch._utils._rebuild_sparse_tensor object'],
    ['a number', int(3), '3'],
    ['None', 'N', 'None'],
    [
      'a quantized tensor without its storage',
      call('torch._utils', '_rebuild_qtensor'),
      'torch._utils._rebuild_qtensor object',
    ],
  ])('%s is left out and named', async (_name, value, described) => {
    const { tensors, unread, skipped } = await open(dict({ state_dict: dict({ w: TENSOR, extra: value }) }));
    expect([...tensors.keys()]).toEqual(['w']);
    expect([...unread!]).toEqual([['extra', described]]);
    expect(skipped).toContain(`extra: ${described}`);
  });

  test('a quantized tensor has a shape and a type, and no values', async () => {
    const quantized = bytes(
      global('torch._utils', '_rebuild_qtensor'),
      pickle.tuple(
        bytes(pickle.tuple(text('storage'), global('torch', 'QInt8Storage'), text('0'), text('cpu'), int(4)), 'Q'),
        int(0),
        pickle.tuple(int(4)),
        pickle.tuple(int(1)),
        pickle.tuple(int(1), int(2)),
        0x89,
        bytes(global('collections', 'OrderedDict'), ')R'),
      ),
      'R',
    );
    const tensor = (await open(dict({ 'fc.weight': quantized }))).tensors.get('fc.weight')!;
    expect(tensor).toMatchObject({ shape: [4], dtype: 'torch.QInt8Storage', sizeBytes: 4 });
    await expect(tensor.readF32()).rejects.toMatchObject({ code: 'E_CHECKPOINT_TENSOR' });
  });
});

describe('several state dicts', () => {
  const STATE = dict({ 'fc.weight': TENSOR, 'fc.bias': TENSOR });
  const openPart = (value: Uint8Array, part: PartOptions) =>
    openCheckpoint(bytesSource(checkpoint(program(value), STORAGE), 'test.pth'), part);
  const twins = dict({ student: STATE, ema: dict({ shadow: STATE }), epoch: int(3) });

  test('are listed, to choose from', async () => {
    const error = await open(twins).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SeveralStateDicts);
    expect(error).toMatchObject({
      code: 'E_CHECKPOINT_KIND',
      message: expect.stringMatching(/student, ema\.shadow \(of 2, 2 tensors\)\. Choose one with --state-dict student/),
      stateDicts: [
        { path: 'student', tensors: 2 },
        { path: 'ema.shadow', tensors: 2 },
      ],
    });
  });

  test.each(['ema.shadow', 'shadow'])('are chosen by path: %s', async (stateDict) => {
    const { tensors, stateDicts, metadata, skipped } = await openPart(twins, { stateDict });
    expect([...tensors.keys()]).toEqual(['fc.weight', 'fc.bias']);
    expect(stateDicts!.map(({ path }) => path)).toEqual(['ema.shadow', 'student']);
    expect([...metadata]).toEqual([['epoch', 3]]);
    expect(skipped).toEqual(['student: dict of 2 entries']);
  });

  test('a path that leads nowhere is refused, with those that do', async () => {
    await expect(openPart(twins, { stateDict: 'teacher' })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('no state dict "teacher"; it has: student (2 tensors), ema.shadow (2 tensors)'),
    });
  });

  test('are no longer several where one is under a usual key, or the others are metrics or an optimizer’s', async () => {
    const optimizer = dict({ state: dict({ a: dict({ 'm.weight': TENSOR }) }), param_groups: ']' });
    for (const value of [
      dict({ ema: STATE, model: STATE }),
      dict({ best_acc: TENSOR, student: STATE }),
      dict({ student: STATE, optimizer, metrics: dict({ loss: TENSOR }) }),
      tuple(STATE, optimizer),
      list(int(3), dict({ state_dict: STATE })),
      bytes(global('argparse', 'Namespace'), ')', 0x81, dict({ net: STATE, epoch: int(1) }), 'b'),
      bytes(global('addict', 'Dict'), ')', 0x81, text('net'), STATE, 's'),
      call('collections', 'defaultdict', global('builtins', 'dict'), dict({ net: STATE })),
    ]) {
      expect([...(await open(value)).tensors.keys()]).toEqual(['fc.weight', 'fc.bias']);
    }
  });

  test('of a whole module are none: they are spread over the modules in it', async () => {
    const module = bytes(global('models', 'Net'), ')', 0x81, dict({ _parameters: STATE, _modules: '}' }), 'b');
    await expect(open(module)).rejects.toMatchObject({
      code: 'E_CHECKPOINT_KIND',
      message: expect.stringMatching(/a whole models\.Net object/),
    });
  });

  test('beside settings, which are kept by their names', async () => {
    const args = bytes(global('argparse', 'Namespace'), ')', 0x81, dict({ a32: 0x88, arch: text('net') }), 'b');
    const { arguments: settings } = await open(dict({ state_dict: STATE, hyper_parameters: dict({ args }) }));
    expect([...settings!]).toEqual([
      ['a32', true],
      ['arch', 'net'],
    ]);
  });
});

describe('a prefix', () => {
  const openPart = (value: Uint8Array, part: PartOptions) =>
    openCheckpoint(bytesSource(checkpoint(program(value), STORAGE), 'test.pth'), part);
  const mixed = dict({ 'module.net.a': TENSOR, 'module.net.b': TENSOR, 'module.loss.c': TENSOR });

  test.each(['net.', 'net', 'module.net.'])('chooses tensors by the beginning of their names: %s', async (prefix) => {
    const { tensors, skipped } = await openPart(mixed, { prefix });
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect(skipped.join()).toMatch(/1 tensor not under/);
  });

  test('that no tensor has is refused, with those that there are', async () => {
    await expect(openPart(mixed, { prefix: 'model.' })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('begin with "net." (2), "loss." (1)'),
    });
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
