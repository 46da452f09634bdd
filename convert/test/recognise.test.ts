import type { SignwaveError } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import type { Checkpoint, StoredTensor } from '../src/checkpoints/index.js';
import { type Architecture, architectureId, expectedTensors } from '../src/models/architecture.js';
import { ARCHITECTURES } from '../src/models/architectures.js';
import { type Hints, recognise } from '../src/models/recognise.js';

type Shapes = ReadonlyMap<string, readonly number[]>;

function shapesOf(architecture: Architecture): Map<string, readonly number[]> {
  const expected = expectedTensors(architecture, 10);
  return new Map([...expected].map(([name, { shapes }]) => [name, shapes[0]!]));
}

/** A checkpoint with names and shapes, and nothing to read. */
function checkpointOf(
  shapes: Shapes,
  metadata: Checkpoint['metadata'] = new Map(),
  settings: Checkpoint['metadata'] = new Map(),
): Checkpoint {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, shape] of shapes) {
    tensors.set(name, { name, shape, dtype: 'f32', sizeBytes: 0, readF32: () => expect.fail('it was read') });
  }
  return { container: 'torch-zip', sourceName: 'net.pth', tensors, metadata, arguments: settings, skipped: [] };
}

/** The network's id, or the error, its table in one line. */
function outcome(
  checkpoint: Checkpoint,
  hints: Hints = {},
): string | { readonly code: string; readonly message: string } {
  try {
    return architectureId(recognise(checkpoint, hints).architecture);
  } catch (error) {
    const { code, message } = error as SignwaveError;
    return { code, message: message.replace(/\s+/g, ' ') };
  }
}

function refusalOf(checkpoint: Checkpoint, hints?: Hints): string {
  const found = outcome(checkpoint, hints);
  return typeof found === 'string' ? expect.fail(`taken for ${found}`) : found.message;
}

const named = (id: string): Architecture => ARCHITECTURES.find((it) => architectureId(it) === id)!;

describe.each(ARCHITECTURES.map((architecture) => [architectureId(architecture), architecture] as const))(
  'a checkpoint of %s',
  (id, architecture) => {
    const checkpoint = checkpointOf(shapesOf(architecture));

    test('is known by its tensors, or refused with the candidates, this one among them', () => {
      const found = outcome(checkpoint);
      if (typeof found === 'string') {
        const { note } = recognise(checkpoint);
        if (architecture.onlyIfNamed === undefined) expect(found).toBe(id);
        else expect(note).toContain(`if ${architecture.onlyIfNamed}: --arch ${id}`);
        return;
      }
      expect(found.code).toBe('E_CHECKPOINT_ARCH');
      expect(found.message).toContain(`--arch ${id}`);
    });

    test('is taken for what --arch says', () => {
      expect(outcome(checkpoint, { arch: id })).toBe(id);
    });
  },
);

describe('networks that share their tensors', () => {
  const irNet = shapesOf(named('irnet-resnet20_1w1a'));

  test('are all named, with what to type', () => {
    const message = refusalOf(checkpointOf(irNet));
    for (const id of [
      'irnet-resnet20_1w1a',
      'irnet-resnet20_1w32a',
      'reste-resnet20_1w1a',
      'reste-resnet20_bireal_1w1a',
    ]) {
      expect(message).toContain(`--arch ${id}`);
    }
  });

  test('are told apart by the name that the checkpoint says, if only one has it', () => {
    const model = (name: string) => new Map([['model', name]]);
    const rbnn = shapesOf(named('rbnn-resnet20_1w1a'));
    expect(outcome(checkpointOf(rbnn, model('resnet20_bireal_1w1a')))).toBe('rbnn-resnet20_bireal_1w1a');
    expect(outcome(checkpointOf(rbnn, model('resnet20_1w1a')))).toBe('rbnn-resnet20_1w1a');
    expect(outcome(checkpointOf(rbnn, model('mine')))).toHaveProperty('code', 'E_CHECKPOINT_ARCH');
    expect(outcome(checkpointOf(irNet, model('resnet20_1w1a')))).toHaveProperty('code', 'E_CHECKPOINT_ARCH');
  });

  test('are BiPer’s where omega0 is known: no other method has one', () => {
    const imagenet = ARCHITECTURES.find(
      (it) => architectureId(it) === 'biper-resnet18_1w1a' && it.preprocess === 'imagenet',
    )!;
    const checkpoint = checkpointOf(shapesOf(imagenet));
    expect(refusalOf(checkpoint)).toMatch(/biper-resnet18_1w1a.*recu-resnet18_1w1a/);
    expect(outcome(checkpoint, { hasOmega0: true })).toBe('biper-resnet18_1w1a');
  });

  test('aren’t taken for another method’s where omega0 is known', () => {
    // BiPer's VGG-small without its unused betas.
    const checkpoint = checkpointOf(shapesOf(named('recu-vgg_small_1w1a')));
    expect(refusalOf(checkpoint, { hasOmega0: true })).toMatch(
      /recu-vgg_small_1w1a, which have no omega0, and one is given/,
    );
    expect(outcome(checkpoint)).toBe('recu-vgg_small_1w1a');
  });

  test('with float activations are taken only by name', () => {
    const shapes = shapesOf(named('biper-resnet20_1w32a'));
    expect(outcome(checkpointOf(shapes), { hasOmega0: true })).toHaveProperty('code', 'E_CHECKPOINT_ARCH');
    expect(outcome(checkpointOf(shapes), { arch: 'resnet20_1w32a' })).toBe('biper-resnet20_1w32a');
  });
});

describe('LCR-BNN’s networks', () => {
  const shapes = shapesOf(named('lcr-resnet18_1w1a_IR'));
  const without = (part: RegExp): Shapes => new Map([...shapes].filter(([name]) => !part.test(name)));

  test('are told apart from IR-Net’s by gamma', () => {
    expect(outcome(checkpointOf(shapes))).toBe('lcr-resnet18_1w1a_IR');
    const message = refusalOf(checkpointOf(without(/^gamma$/)));
    expect(message).toContain('--arch irnet-resnet18_1w1a');
    expect(message).not.toContain('lcr');
  });

  test('are known without the batch norm that they don’t use', () => {
    expect(outcome(checkpointOf(without(/^bn3\./)))).toBe('lcr-resnet18_1w1a_IR');
  });
});

describe('names', () => {
  const shapes = shapesOf(named('adabin-resnet20_1w1a'));
  const prefixed = (prefix: string): Shapes => new Map([...shapes].map(([name, shape]) => [prefix + name, shape]));

  test.each(['model.', 'net.backbone.', 'student.net.encoder.'])(
    'inside a module %s are found, and it is said',
    (prefix) => {
      const match = recognise(checkpointOf(prefixed(prefix)));
      expect(architectureId(match.architecture)).toBe('adabin-resnet20_1w1a');
      expect([...match.checkpoint.tensors.keys()]).toEqual([...shapes.keys()]);
      expect(match.checkpoint.skipped[0]).toMatch(/^prefix ".*" removed from every key$/);
    },
  );

  test('of a network whose own tensors lie in one module keep its name', () => {
    const nin = shapesOf(named('xnornet-nin'));
    expect([...nin.keys()].every((name) => name.startsWith('xnor.'))).toBe(true);
    expect(recognise(checkpointOf(nin)).checkpoint.skipped).toEqual([]);
  });

  test('that no network has are told apart from nearly matching ones', () => {
    expect(refusalOf(checkpointOf(new Map([['encoder.0.w', [3, 3]]])))).toMatch(
      /none of its 1 tensors is one of a network that signwave knows; the first is "encoder\.0\.w" \(3, 3\)/,
    );
  });
});

describe('a network beside other tensors', () => {
  const shapes = shapesOf(named('adabin-resnet20_1w1a'));
  const under = (...prefixes: string[]): Map<string, readonly number[]> =>
    new Map(prefixes.flatMap((prefix) => [...shapes].map(([name, shape]) => [prefix + name, shape] as const)));

  test('of a loss is found, and it is said what was left out', () => {
    const { checkpoint, prefix } = recognise(checkpointOf(under('net.model.').set('criterion.pos_weight', [10])));
    expect(prefix).toBe('net.model.');
    expect([...checkpoint.tensors.keys()]).toEqual([...shapes.keys()]);
    expect(checkpoint.skipped).toEqual([
      'prefix "net.model." removed',
      '1 tensor not under "net.model.": "criterion.pos_weight"',
    ]);
  });

  test('that are a network, too, has to be chosen', () => {
    expect(refusalOf(checkpointOf(under('student.', 'teacher.')))).toBe(
      'net.pth has 2 networks, under "student.", "teacher.": choose one with --prefix student.',
    );
  });

  test('of which one tensor differs is compared by the names that nearly match', () => {
    const changed = under('model.').set('model.bn2.bias', [3]).set('criterion.pos_weight', [10]);
    expect(refusalOf(checkpointOf(changed))).toMatch(
      /of no network that signwave knows under "model\." .*adabin-resnet20_1w1a .* "bn2\.bias" is \(3\), expected \(64\)/,
    );
  });
});

describe('a network with float weights', () => {
  const model = (name: string) => new Map([['model', name]]);
  const imagenet = ARCHITECTURES.find(
    (it) => architectureId(it) === 'reste-resnet18_1w1a' && it.preprocess === 'imagenet',
  )!;

  test.each([
    ['reste-resnet20_1w1a', 'resnet20'],
    ['reste-resnet18_1w1a', 'resnet18'],
    ['reste-vgg_small_1w1a', 'vgg_small'],
  ])('whose tensors are those of %s is not packed as that: model: %s', (id, name) => {
    const message = refusalOf(checkpointOf(shapesOf(named(id)), model(name)));
    expect(message).toContain(`says that it is "${name}", which is its authors' network with float weights`);
    expect(message).toContain(`--arch ${id}`);
  });

  test('is known by the arguments of its training, too', () => {
    const found = refusalOf(checkpointOf(shapesOf(imagenet), new Map(), new Map([['arch', 'models.resnet18']])));
    expect(found).toMatch(/says that it is "resnet18"/);
  });

  test('can’t be told where nothing says it, so the binary one has to be named', () => {
    expect(refusalOf(checkpointOf(shapesOf(imagenet)))).toMatch(/network with float weights look the same/);
    expect(outcome(checkpointOf(shapesOf(imagenet), model('resnet18_1w1a')))).toBe('reste-resnet18_1w1a');
    expect(outcome(checkpointOf(shapesOf(imagenet), model('resnet18')), { arch: 'reste-resnet18_1w1a' })).toBe(
      'reste-resnet18_1w1a',
    );
  });

  test('is not what a checkpoint with a method’s own tensors is, whatever it says', () => {
    expect(outcome(checkpointOf(shapesOf(named('adabin-resnet20_1w1a')), model('resnet20')))).toBe(
      'adabin-resnet20_1w1a',
    );
  });
});

describe('training with --a32', () => {
  const args = (a32: boolean) => new Map([['a32', a32]]);
  const model = new Map([['model', 'resnet20_1w1a']]);

  test('makes ReSTE’s network one with float activations, where the checkpoint says it', () => {
    const shapes = shapesOf(named('reste-resnet20_1w1a'));
    expect(outcome(checkpointOf(shapes, model, args(true)))).toBe('reste-resnet20_1w32a');
    expect(outcome(checkpointOf(shapes, model, args(false)), { arch: 'reste-resnet20_1w1a' })).toBe(
      'reste-resnet20_1w1a',
    );
    expect(recognise(checkpointOf(shapes, model, args(false)), { arch: 'reste-resnet20_1w1a' }).note).toBeUndefined();
  });

  test('makes RBNN’s network one that is not packed, which is said wherever it may be', () => {
    const shapes = shapesOf(named('rbnn-resnet20_1w1a'));
    expect(refusalOf(checkpointOf(shapes, model, args(true)))).toMatch(/option --a32: its activations are floats then/);
    expect(recognise(checkpointOf(shapes, model)).note).toMatch(/^if it was trained with the option --a32, this is/);
    expect(recognise(checkpointOf(shapes, model, args(false))).note).toBeUndefined();
  });
});

describe('LCR-BNN', () => {
  test('is IR-Net’s network with a parameter that only its loss uses', () => {
    const shapes = shapesOf(named('irnet-resnet18_1w1a'));
    expect(shapes.has('gamma')).toBe(false);
    const lcr = shapesOf(named('lcr-resnet18_1w1a_IR'));
    expect(lcr.get('gamma')).toEqual([1, 4]);
    expect(outcome(checkpointOf(lcr))).toBe('lcr-resnet18_1w1a_IR');
  });
});

describe('AdamBNN', () => {
  test('has the tensors of a ReActNet of the first step in both of its steps, so it has to be named', () => {
    const checkpoint = checkpointOf(shapesOf(named('adambnn-reactnet')));
    expect(refusalOf(checkpoint)).toMatch(
      /--arch adambnn-reactnet checkpoints of a first training step.*only those of AdamBNN’s step2 are binary/,
    );
    expect(outcome(checkpoint, { arch: 'adambnn-reactnet' })).toBe('adambnn-reactnet');
  });
});

describe('ReActNet', () => {
  test('of the first training step is refused: its weights are real numbers', () => {
    const shapes = shapesOf(named('reactnet-reactnet'));
    const step1 = new Map([...shapes].map(([name, shape]) => [name.replace(/\.weights$/, '.weight'), shape]));
    step1.set('feature.1.binary_3x3.weight', [32, 32, 3, 3]);
    expect(refusalOf(checkpointOf(step1))).toMatch(/first training step \(1_step1\).*second step/);
  });

  test('in ResNet’s form has the same tensors in both steps, so it has to be named', () => {
    const checkpoint = checkpointOf(shapesOf(named('reactnet-birealnet18')));
    expect(refusalOf(checkpoint)).toMatch(
      /--arch reactnet-birealnet18 .*first training step, whose weights are real numbers/,
    );
    expect(outcome(checkpoint, { arch: 'reactnet-birealnet18' })).toBe('reactnet-birealnet18');
  });
});

describe('a checkpoint that nearly matches', () => {
  const shapes = shapesOf(named('adabin-resnet20_1w1a'));

  test('names the first tensor that differs, with both shapes', () => {
    const changed = new Map(shapes).set('layer2.1.bn1.weight', [48]);
    expect(refusalOf(checkpointOf(changed))).toMatch(
      /adabin-resnet20_1w1a \d+ of \d+ "layer2\.1\.bn1\.weight" is \(48\), expected \(32\)/,
    );
  });

  test('is compared with the nearest, not with the largest', () => {
    const resnet18 = shapesOf(named('irnet-resnet18_1w1a'));
    resnet18.delete('layer4.1.bn2.bias');
    expect(refusalOf(checkpointOf(resnet18))).toMatch(
      /irnet-resnet18_1w1a \d+ of \d+ "layer4\.1\.bn2\.bias" \(512\) is missing/,
    );
  });

  test('with a million classes costs no memory', () => {
    const huge = new Map(shapes).set('linear.weight', [2 ** 50, 64]);
    expect(refusalOf(checkpointOf(huge))).toContain('"linear.weight" is (1125899906842624, 64)');
  });
});
