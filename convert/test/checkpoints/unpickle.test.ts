import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Opaque, PickleDict, PickleSequence, type PickleValue } from '../../src/checkpoints/pickle-values.js';
import { unpickle } from '../../src/checkpoints/unpickle.js';
import { bytes, pickle, tensorPickle, u32, u64 } from './build.js';

const { call, dict, global, int, program, text, tuple } = pickle;

/** Written by python-pickles.py: protocol -> base64. */
const PYTHON_PICKLES: Record<string, string> = JSON.parse(
  readFileSync(new URL('python-pickles.json', import.meta.url), 'utf8'),
);

const read = (...body: (number | string | Uint8Array)[]) => unpickle(program(...body), 'test.pth').value;

/** Containers as plain arrays, to compare. */
function plain(value: PickleValue): unknown {
  if (value instanceof PickleSequence) return value.items.map(plain);
  if (value instanceof PickleDict) return [...value.entries].map(([key, item]) => [key, plain(item)]);
  if (value instanceof Uint8Array) return [...value];
  return value;
}

function refusal(...body: (number | string | Uint8Array)[]): unknown {
  return errorOf(program(...body));
}

function errorOf(stream: Uint8Array): unknown {
  try {
    unpickle(stream, 'test.pth');
  } catch (error) {
    return error;
  }
  return undefined;
}

const pickleError = (message: RegExp) => ({ code: 'E_CHECKPOINT_PICKLE', message: expect.stringMatching(message) });

describe('what Python pickles', () => {
  const common = [
    ['integers', [0, 255, 65535, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 40, -(2n ** 63n)]],
    ['floats', [0.5, -1e300]],
    ['strings', ['a', 'é€😀', 'x'.repeat(300)]],
    ['tuples', [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]],
    ['constants', [null, true, false]],
    ['dict', [['inner', []]]],
    [
      'ordered',
      [
        ['p', 1],
        ['q', 2],
      ],
    ],
  ];
  const binary = [[97, 98], new Array(300).fill(122)];
  const noBytes = [new Opaque('_codecs.encode'), new Opaque('_codecs.encode')];

  test.each([
    [2, noBytes, [new Opaque('__builtin__.set'), new Opaque('__builtin__.frozenset')]],
    [3, binary, [new Opaque('builtins.set'), new Opaque('builtins.frozenset')]],
    [4, binary, [[7], [8]]],
    [5, binary, [[7], [8]]],
  ])('protocol %i is read, and what it builds by calls stays opaque', (protocol, bytesValue, sets) => {
    const stream = new Uint8Array(Buffer.from(PYTHON_PICKLES[protocol]!, 'base64'));
    const { value } = unpickle(stream, 'test.pth');
    expect(plain(value)).toEqual([...common, ['bytes', bytesValue], ['sets', sets]]);
  });
});

describe('opcodes that few pickles have', () => {
  test.each([
    ['DUP and POP', ['K', 7, '2', '0'], 7],
    ['POP_MARK', ['K', 7, '(K', 8, '1'], 7],
    ['LIST', ['(K', 7, 'K', 8, 'l'], [7, 8]],
    ['DICT', ['(K', 7, 'K', 8, 'd'], [[7, 8]]],
    ['BINSTRING', ['T', u32(2), 'a\xe9'], 'aé'],
    ['SHORT_BINSTRING', ['U', 2, 'a\xe9'], 'aé'],
    ['BINUNICODE8', [0x8d, u64(2), 'ab'], 'ab'],
    ['BINBYTES8', [0x8e, u64(2), 'ab'], [97, 98]],
    ['BYTEARRAY8', [0x96, u64(2), 'ab'], [97, 98]],
    ['LONG4', [0x8b, u32(2), 0, 0x80], -32768],
    ['LONG1 of no bytes', [0x8a, 0], 0],
    ['INT', ['I-7\n'], -7],
    ['INT beyond 32 bits, as Python 2 writes it in every protocol', ['I140234812345000\n'], 140_234_812_345_000],
    ['INT of a truth value', ['I01\n'], true],
    ['LONG', ['L-1180591620717411303424L\n'], -(2n ** 70n)],
    ['FLOAT', ['F-1.5e-05\n'], -1.5e-5],
    ['FLOAT of an infinity', ['F-inf\n'], Number.NEGATIVE_INFINITY],
    ['STRING', ["S'it\\'s \\xe9\\n\\\\'\n"], "it's é\n\\"],
    ['UNICODE', ['V\\u20ac\xe9\\U0001f600\n'], '€é😀'],
    ['PUT and GET', ['I7\np12\n0g12\n'], 7],
  ])('%s', (_name, body, expected) => {
    expect(plain(read(...body))).toEqual(expected);
  });

  test.each([
    ['REDUCE', bytes(global('a.b', 'C'), ')R')],
    ['REDUCE of what REDUCE gave', bytes(global('a.b', 'C'), ')R)R')],
    ['NEWOBJ', bytes(global('a.b', 'C'), ')', 0x81)],
    ['NEWOBJ_EX', bytes(global('a.b', 'C'), ')}', 0x92)],
    ['INST', bytes('(K', 1, 'ia.b\nC\n')],
    ['OBJ', bytes('(', global('a.b', 'C'), 'K', 1, 'o')],
    ['BUILD', bytes(global('a.b', 'C'), ')R}b')],
    ['SETITEM, APPEND and ADDITEMS', bytes(global('a.b', 'C'), ')RK', 1, 'K', 2, 'sK', 3, 'a(K', 4, 0x90)],
    ['STACK_GLOBAL', bytes(text('a.b'), text('C'), 0x93, ')R')],
  ])('a foreign class stays opaque and is reported: %s', (_name, body) => {
    const { value, foreign } = unpickle(program(body), 'test.pth');
    expect(value).toEqual(new Opaque('a.b.C'));
    expect([...foreign.keys()]).toEqual(['a.b.C']);
  });

  test('attributes of an OrderedDict are dropped, as PyTorch hangs _metadata there', () => {
    expect(
      plain(read(global('collections', 'OrderedDict'), ')R', text('k'), 'K', 1, 's', dict({ v: 'N' }), 'b')),
    ).toEqual([['k', 1]]);
  });

  test('a key named __proto__ is a key like any other', () => {
    expect(plain(read(dict({ __proto__x: 'N', ['__proto__']: int(1) })))).toEqual([
      ['__proto__x', null],
      ['__proto__', 1],
    ]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('a tensor with Python attributes is a tensor', () => {
    const plainTensor = read(tensorPickle({ elements: 4, shape: [4], strides: [1] }));
    const storage = bytes(tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), int(4)), 'Q');
    const inner = tuple(storage, int(0), tuple(int(4)), tuple(int(1)), 0x89, '}');
    const rebuilt = read(
      call(
        'torch._tensor',
        '_rebuild_from_type_v2',
        global('torch._utils', '_rebuild_tensor_v2'),
        global('torch', 'Tensor'),
        inner,
        '}',
      ),
    );
    expect(rebuilt).toEqual(plainTensor);
  });

  test('a lazily negated tensor is not built: its storage holds the negated values', () => {
    const storage = bytes(tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), int(4)), 'Q');
    const args = [storage, int(0), tuple(int(4)), tuple(int(1)), 0x89, '}', dict({ neg: 0x88 })];
    expect(read(call('torch._utils', '_rebuild_tensor_v2', ...args))).toBeInstanceOf(Opaque);
  });
});

describe('what settings hold', () => {
  const Precision = global('__main__', 'Precision');

  test.each([
    ['a member of an Enum', call('builtins', 'getattr', Precision, text('FP32')), '__main__.Precision.FP32'],
    ['one of Python 2', call('__builtin__', 'getattr', Precision, text('FP32')), '__main__.Precision.FP32'],
    ['a member that is called eval', call('builtins', 'getattr', Precision, text('eval')), '__main__.Precision.eval'],
    [
      'a method of an object',
      call('builtins', 'getattr', call('models', 'Net'), text('forward')),
      'models.Net.forward',
    ],
    ['a method of a string', call('builtins', 'getattr', text(', '), text('join')), 'builtins.getattr.join'],
    [
      'an object of a class in a class',
      bytes(call('builtins', 'getattr', global('models', 'Outer'), text('Inner')), ')', 0x81, '}b'),
      'models.Outer.Inner',
    ],
    [
      'a partial function',
      call('functools', 'partial', call('builtins', 'getattr', call('models', 'Net'), text('run'))),
      'functools.partial',
    ],
    ['a getter', call('operator', 'attrgetter', text('config.lr')), 'operator.attrgetter'],
    [
      'a version of distutils',
      bytes(global('distutils.version', 'LooseVersion'), ')R'),
      'distutils.version.LooseVersion',
    ],
    ['a class of a package called code', bytes(global('code.utils', 'Config'), ')R'), 'code.utils.Config'],
    ['an address', bytes(global('urllib.parse', 'ParseResult'), ')', 0x81), 'urllib.parse.ParseResult'],
    [
      'an object of protocol 0',
      call('copy_reg', '_reconstructor', global('a', 'B'), global('__builtin__', 'object'), 'N'),
      'a.B',
    ],
  ])('stays opaque: %s', (_name, body, path) => {
    expect(read(body)).toEqual(new Opaque(path));
  });

  test('is kept by name where it is plain: attributes of an object, entries of a dict', () => {
    const object = read(global('argparse', 'Namespace'), ')', 0x81, dict({ lr: int(1) }), 'b') as Opaque;
    expect(object.parts.map(plain)).toEqual([[['lr', 1]]]);
    const easy = read(global('easydict', 'EasyDict'), ')', 0x81, text('lr'), int(2), 's') as Opaque;
    expect(easy.parts.map(plain)).toEqual([[['lr', 2]]]);
  });

  test('a defaultdict is a dict', () => {
    expect(plain(read(call('collections', 'defaultdict', global('builtins', 'list')), text('k'), 'K', 1, 's'))).toEqual(
      [['k', 1]],
    );
  });
});

describe('attacks', () => {
  test.each([
    ['of a module that is named by a string', call('builtins', 'getattr', text('os'), text('system'))],
    ['of a function’s globals', call('builtins', 'getattr', global('models', 'run'), text('__globals__'))],
    ['of all classes', call('operator', 'attrgetter', text('__class__.__subclasses__'))],
  ])('getattr is refused where it leads to the interpreter: %s', (_name, body) => {
    expect(refusal(body)).toMatchObject(pickleError(/asks to call \w+\.(getattr|attrgetter) at byte 2/));
  });

  test.each([
    ['os', 'system'],
    ['posix', 'system'],
    ['nt', 'system'],
    ['subprocess', 'Popen'],
    ['builtins', 'eval'],
    ['builtins', 'exec'],
    ['__builtin__', 'compile'],
    ['builtins', '__import__'],
    ['sys', 'modules'],
    ['runpy', 'run_path'],
    ['importlib', 'import_module'],
    ['ctypes.util', 'find_library'],
    ['torch.hub', 'load'],
    ['torch.serialization', 'os.system'],
    ['torch.storage', 'os'],
    ['collections', 'OrderedDict.__init__.__builtins__'],
  ])('%s.%s is refused by name, with its byte', (module, name) => {
    const message = new RegExp(`^test.pth asks to call ${module}\\.${name} at byte 3 of data.pkl\\. signwave never`);
    expect(refusal('}', global(module, name), tuple(text('id')), 'R')).toMatchObject(pickleError(message));
    expect(refusal(')', text(module), text(name), 0x93)).toMatchObject(
      pickleError(new RegExp(`asks to call ${module}\\.${name} at byte ${13 + module.length + name.length}`)),
    );
    expect(refusal('((', `i${module}\n${name}\n`)).toMatchObject(pickleError(/asks to call/));
  });

  test('nested reductions are refused at the innermost dangerous name', () => {
    const inner = call('builtins', 'getattr', text('os'), text('system'));
    expect(refusal(call('functools', 'partial', call('functools', 'partial', inner)))).toMatchObject(
      pickleError(/builtins\.getattr at byte 42/),
    );
  });

  test('a name can not drive the terminal', () => {
    const error = refusal(text('os'), text('sys\x1b[31mtem'), 0x93) as Error;
    expect(error.message).toContain('"os.sys\\u001b[31mtem"');
  });

  test('a memo bomb builds no more than its stream says', () => {
    // Each level holds the level before ten times over: 10^30 leaves if anything followed them.
    const levels = Array.from({ length: 30 }, (_, i) =>
      bytes('(', bytes('h', i), ...new Array(9).fill('2'), 'lq', i + 1, '0'),
    );
    const value = read(']q', 0, '0', ...levels, 'h', 30) as PickleSequence;
    expect(value.items).toHaveLength(10);
  });

  test('a list that holds itself is read', () => {
    const value = read(']q', 0, 'h', 0, 'a') as PickleSequence;
    expect(value.items[0]).toBe(value);
  });

  test.each([
    ['values', () => bytes('N0'.repeat(2 ** 20 + 1)), /more than 1048576 values/],
    ['stack', () => bytes('N'.repeat(2 ** 16 + 1)), /more than 65536 values on the stack/],
    ['nesting', () => bytes('('.repeat(1001)), /more than 1000 levels of nesting/],
    ['memo entries', () => bytes('N', '\x94'.repeat(2 ** 20 + 1)), /more than 1048576 memo entries/],
    ['string', () => bytes('X', u32(2 ** 20 + 1)), /a string or bytes object of 1048577 bytes/],
    ['string of 2^60 bytes', () => bytes(0x8d, u64(2 ** 60)), /of 1152921504606847000 bytes/],
    ['integer', () => bytes(0x8b, u32(257)), /an integer of 257 bytes/],
    ['name', () => global('m'.repeat(129), 'n'), /a global with a very long name/],
    [
      'axes',
      () => tensorPickle({ elements: 1, shape: new Array(65).fill(1), strides: new Array(65).fill(1) }),
      /65 axes/,
    ],
  ])('the limit on %s holds', (_name, body, message) => {
    expect(refusal(body())).toMatchObject(pickleError(message));
  });
});

describe('malformed pickles', () => {
  test.each([
    ['an empty stream', new Uint8Array(0), /at byte 0: the stream ends at byte 0/],
    ['no STOP', bytes(0x80, 2, 'N'), /at byte 3: the stream ends/],
    ['an unknown opcode', program(0xff), /at byte 2: opcode 0xff/],
    ['a persistent id in text', program('Pstorage\n'), /opcode 0x50, which torch.save doesn't write/],
    ['a text integer of letters', program('Ione\n'), /other characters than digits/],
    ['a text float of letters', program('Fone\n'), /no decimal number/],
    ['a text string without quotes', program('Sone\n'), /a string without quotes/],
    ['a text string without an end', program("S'one'"), /a line without an end/],
    ['a memo entry without a number', program('Nptwo\n'), /other characters than digits/],
    ['an extension code', program(0x82, 1), /opcode 0x82/],
    ['an out-of-band buffer', program(0x97), /opcode 0x97/],
    ['protocol 6', bytes(0x80, 6, 'N.'), /a protocol later than 5/],
    ['an empty stack at the end', program(), /a value is needed/],
    ['a pop below a mark', program('N(0'), /at byte 4: a value is needed/],
    ['a missing mark', program('Nt'), /a mark is needed/],
    ['values left over', program('NN'), /1 values left over/],
    ['a memo entry that was not written', program('h', 5), /memo entry 5 is read before/],
    ['a string that is not UTF-8', program('X', u32(1), 0xff), /not UTF-8/],
    ['a name without an end', program('cos'), /a name without an end/],
    ['a global of numbers', program('NN', 0x93), /a global whose name is no string/],
    ['a call of a number', program('K', 1, ')R'), /a call of 1/],
    ['a call without a tuple', program(global('a', 'b'), ']R'), /arguments are no tuple/],
    ['items for a dict', program('}NNa0'), /items for a list are given to None/],
    ['items for a tuple, which never changes', program(')Na'), /items for a list are given to tuple/],
    ['entries for a list', program(']NNs'), /keys and values are given to list/],
    ['a key without a value', program('}(Nu'), /a key without a value/],
    ['attributes for a list', program(']}b'), /attributes are given to list/],
    ['a persistent id of another kind', program('NQ'), /a persistent id that is no storage: None/],
    ['a tensor without storage', program(call('torch._utils', '_rebuild_tensor_v2', 'N')), /without a storage: None/],
    ['a tensor of negative size', program(tensorPickle({ elements: 1, shape: [-1], strides: [1] })), /no count/],
    ['a tensor with a stride too few', program(tensorPickle({ elements: 1, shape: [1], strides: [] })), /1 axes and 0/],
  ])('%s', (_name, stream, message) => {
    expect(errorOf(stream)).toMatchObject(pickleError(message));
  });
});
