import { bytesSource, SignwaveError } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.js';
import { bytes, legacyCheckpoint, pickle, seededInts, tensorPickle, u64 } from './build.js';

const open = (file: Uint8Array) => openCheckpoint(bytesSource(file, 'old.pth'));
const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const { call, dict, global, int, latin1, list, program, text, tuple } = pickle;

/** A state dict with one tensor of two axes over a storage of six. */
const STATE = program(dict({ weight: tensorPickle({ key: '7', elements: 6, shape: [3, 2], strides: [1, 3] }) }));
const STORAGE = { key: '7', elements: 6, data: floats(0, 1, 2, 3, 4, 5) };

async function failure(file: Uint8Array): Promise<{ code: string; message: string }> {
  return open(file).then(
    () => expect.fail('it was read'),
    (error: unknown) => error as SignwaveError,
  );
}

describe('a checkpoint in PyTorch’s legacy format', () => {
  test('gives its tensors, strides resolved', async () => {
    const { tensors, container } = await open(legacyCheckpoint(STATE, [STORAGE]));
    expect(container).toBe('torch-legacy');
    expect([...(await tensors.get('weight')!.readF32())]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test('may have storages of other types before, which are stepped over', async () => {
    const other = tensorPickle({
      key: '1',
      storageClass: 'ComplexFloatStorage',
      elements: 1,
      shape: [1],
      strides: [1],
    });
    const weight = tensorPickle({ key: '7', elements: 2, shape: [2], strides: [1] });
    const state = program(dict({ state_dict: dict({ weight }), optimizer: dict({ other }) }));
    const file = legacyCheckpoint(state, [
      { key: '1', elements: 1, data: new Uint8Array(8) },
      { key: '7', elements: 2, data: floats(8, 9) },
    ]);
    expect([...(await (await open(file)).tensors.get('weight')!.readF32())]).toEqual([8, 9]);
  });

  test('may be written by Python 2: an OrderedDict from pairs, byte strings, tensors of version 1', async () => {
    const storage = bytes(
      tuple(latin1('storage'), global('torch', 'FloatStorage'), latin1('7'), latin1('cuda:0'), int(6), 'N'),
      'Q',
    );
    const tensor = call('torch._utils', '_rebuild_tensor', storage, int(2), tuple(int(2)), tuple(int(1)));
    const state = program(call('collections', 'OrderedDict', list(list(latin1('weight'), tensor))));
    const { tensors } = await open(legacyCheckpoint(state, [STORAGE]));
    expect([...(await tensors.get('weight')!.readF32())]).toEqual([2, 3]);
  });

  test('may be written by protocol 1, which has integers in text', async () => {
    const MAGIC = 'L119547037146038801333356L\n.';
    const system = bytes('}', latin1('little_endian'), 'I01\ns.');
    const keys = bytes('](', latin1('7'), 'e.');
    const object = bytes(dict({ weight: tensorPickle({ key: '7', elements: 6, shape: [2], strides: [1] }) }), '.');
    const file = bytes(MAGIC, 'M', 0xe9, 3, '.', system, object, keys, u64(6), STORAGE.data);
    expect([...(await (await open(file)).tensors.get('weight')!.readF32())]).toEqual([0, 1]);
  });

  test('may have parts of a storage, which tensors are views of', async () => {
    const part = bytes('(', text('9'), int(2), int(3), 't');
    const storage = (view: Uint8Array) =>
      bytes(tuple(text('storage'), global('torch.cuda', 'FloatStorage'), text('7'), text('cpu'), int(6), view), 'Q');
    const tensor = (view: Uint8Array, elements: number) =>
      call('torch._utils', '_rebuild_tensor', storage(view), int(1), tuple(int(elements)), tuple(int(1)));
    const { tensors, skipped } = await open(legacyCheckpoint(program(dict({ w: tensor(part, 2) })), [STORAGE]));
    expect([...(await tensors.get('w')!.readF32())]).toEqual([3, 4]);
    expect(skipped).toEqual([]);
    for (const outside of [tensor(part, 3), tensor(bytes('(', text('9'), int(5), int(2), 't'), 1)]) {
      const error = await failure(legacyCheckpoint(program(dict({ w: outside })), [STORAGE]));
      expect(error.message).toMatch(/part of a storage/);
    }
  });

  test('reads values when they are asked for, and of the optimizer nothing', async () => {
    const weight = tensorPickle({ key: '7', elements: 6, shape: [6], strides: [1] });
    // Behind 16 MiB of other data, so that the first read doesn't hold it.
    const far = { key: '9', elements: 5_000_000, data: new Uint8Array(20_000_000) };
    const wide = tensorPickle({ key: '9', elements: 5_000_000, shape: [1], strides: [1] });
    const file = legacyCheckpoint(program(dict({ state_dict: dict({ weight }), optimizer: dict({ wide }) })), [
      far,
      STORAGE,
    ]);
    let read = 0;
    const inner = bytesSource(file, 'old.pth');
    const source = {
      ...inner,
      read: (at: number, length: number) => {
        read += length;
        return inner.read(at, length);
      },
    };
    const { tensors } = await openCheckpoint(source);
    const opened = read;
    await tensors.get('weight')!.readF32();
    expect(read - opened).toBe(24);
    expect(opened).toBeLessThan(2 ** 24 + 1_000);
  });
});

describe('a legacy checkpoint is refused', () => {
  test.each([
    [
      'of a big-endian machine',
      legacyCheckpoint(STATE, [STORAGE], { littleEndian: false }),
      'E_CHECKPOINT_KIND',
      /big-endian/,
    ],
    [
      'of another version',
      legacyCheckpoint(STATE, [STORAGE], { version: 1002 }),
      'E_CHECKPOINT_STRUCTURE',
      /version is 1002/,
    ],
    [
      'whose list of storages has an unknown key',
      legacyCheckpoint(STATE, [STORAGE], { keys: ['8'] }),
      'E_CHECKPOINT_STRUCTURE',
      /"8", which no tensor names/,
    ],
    [
      'whose list of storages has a key twice',
      legacyCheckpoint(STATE, [STORAGE, STORAGE]),
      'E_CHECKPOINT_STRUCTURE',
      /"7", which is there twice/,
    ],
    [
      'whose list of storages lacks a key',
      legacyCheckpoint(STATE, []),
      'E_CHECKPOINT_TENSOR',
      /storage "7", which the file lacks/,
    ],
    [
      'whose counts disagree',
      legacyCheckpoint(STATE, [{ ...STORAGE, elements: 5 }]),
      'E_CHECKPOINT_STRUCTURE',
      /has 5 elements, its tensors say 6/,
    ],
    [
      'that is cut short',
      legacyCheckpoint(STATE, [STORAGE]).slice(0, -1),
      'E_CHECKPOINT_STRUCTURE',
      /needs bytes .* but the file ends at/,
    ],
    [
      'that declares a storage of 4 GB and has a kilobyte',
      legacyCheckpoint(
        program(dict({ weight: tensorPickle({ key: '7', elements: 2 ** 30, shape: [2], strides: [1] }) })),
        [{ key: '7', elements: 2 ** 30, data: new Uint8Array(1000) }],
      ),
      'E_CHECKPOINT_STRUCTURE',
      /needs bytes .* but the file ends at/,
    ],
    [
      'whose tensor leaves its storage',
      legacyCheckpoint(program(dict({ weight: tensorPickle({ key: '7', elements: 6, shape: [7], strides: [1] }) })), [
        STORAGE,
      ]),
      'E_CHECKPOINT_TENSOR',
      /needs elements up to 7 of a storage that has 6/,
    ],
    [
      'that names one storage in two sizes',
      legacyCheckpoint(
        program(
          dict({
            a: tensorPickle({ key: '7', elements: 6, shape: [6], strides: [1] }),
            b: tensorPickle({ key: '7', elements: 7, shape: [6], strides: [1] }),
          }),
        ),
        [STORAGE],
      ),
      'E_CHECKPOINT_PICKLE',
      /two storages with the key "7"/,
    ],
    [
      'that asks for os.system',
      legacyCheckpoint(program(call('os', 'system', text('true'))), []),
      'E_CHECKPOINT_PICKLE',
      /asks to call os\.system at byte \d+ of its pickle/,
    ],
    [
      'that asks for builtins.eval in its list of storages',
      bytes(
        legacyCheckpoint(STATE, [], { keys: [] }).slice(0, -program('](', 'e').length),
        program(call('builtins', 'eval', text('1'))),
      ),
      'E_CHECKPOINT_PICKLE',
      /asks to call builtins\.eval/,
    ],
    [
      'that holds a whole module',
      legacyCheckpoint(
        program(tuple(text('module'), global('models', 'Net'), text('net.py'), text('x = 1')), 'Q', ')R'),
        [],
      ),
      'E_CHECKPOINT_KIND',
      /a whole models\.Net object/,
    ],
  ])('%s', async (_what, file, code, message) => {
    const error = await failure(file);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('or read as it was, however its bytes are changed', { timeout: 60_000 }, async () => {
    const original = legacyCheckpoint(STATE, [STORAGE]);
    const random = seededInts(Number(process.env.SIGNWAVE_SEED ?? 1));
    let refused = 0;
    for (let i = 0; i < 2_000; i++) {
      const file = original.slice(0, i % 4 === 0 ? random(original.length) : original.length);
      for (let n = 1 + random(3); n > 0 && file.length > 0; n--) file[random(file.length)] = random(256);
      try {
        const { tensors } = await open(file);
        for (const tensor of tensors.values()) await tensor.readF32();
      } catch (error) {
        if (!(error instanceof SignwaveError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});
