import { describe, expect, test } from 'vitest';
import { initialConfig } from '../../src/config/init-config.js';
import { parseConfig } from '../../src/config/parse-config.js';
import { METHOD_NAMES, METHODS, type Method } from '../../src/methods/index.js';
import { ARCHITECTURES, type ArchitectureName } from '../../src/models/index.js';
import { styleOf } from '../../src/models/method-style.js';
import { methodLines } from '../../src/run/method-lines.js';

const NETWORKS: readonly ArchitectureName[] = [
  'resnet20_1w1a',
  'resnet20_1w32a',
  'imagenet_resnet18_1w1a',
  'demo_1w1a',
];
const FLOAT_NETWORKS: readonly ArchitectureName[] = ['resnet20_float', 'imagenet_resnet34_float'];
const PAIRS = METHOD_NAMES.flatMap((method) =>
  (method === 'full-precision' ? FLOAT_NETWORKS : NETWORKS).map((network) => ({ method, network })),
);

describe('a starting config', () => {
  test.each(PAIRS)(
    'of $method on $network is the published recipe, with each value written out',
    ({ method, network }) => {
      const text = initialConfig({ method, network });
      const config = parseConfig(text, 'a.json');
      const preset = (METHODS[method] as Method).preset(ARCHITECTURES[network]);
      expect(config.stages).toEqual(preset.stages);
      expect(config.batchSize).toBe(preset.batchSize);
      expect(config.weightClip).toBe(preset.weightClip);
      expect(config.network).toEqual(styleOf(ARCHITECTURES[network], method, {}));
      expect(methodLines(config)).toHaveLength(1);
      for (const value of Object.values(preset.stages).flatMap((stage) => Object.keys(stage))) {
        expect(text).toContain(`"${value}": `);
      }
    },
  );

  test('says where its values come from, in comments', () => {
    const text = initialConfig({ method: 'ir-net', network: 'resnet20_1w1a', schema: '../config.schema.json' });
    expect(text).toContain(
      '// IR-Net (Qin et al., CVPR 2020), after code: github.com/htqin/IR-Net at f63a590.\n  "method": "ir-net",',
    );
    expect(text).toContain('// The published recipe.');
    expect(text).toContain('"$schema": "../config.schema.json",');
  });

  test('has the folder of the data, if that is known', () => {
    expect(initialConfig({ method: 'recu', network: 'demo_1w1a', data: 'a/b' })).toContain('"folder": "a/b"');
  });

  test('of an unknown method or network is an error that names the known ones', () => {
    expect(() => initialConfig({ method: 'irnet', network: 'resnet20_1w1a' })).toThrow(
      /^no method is called "irnet"; known: biper, .*ir-net/,
    );
    expect(() => initialConfig({ method: 'ir-net', network: 'toString' })).toThrow(
      /^no network is called "toString"; known: resnet20_1w1a, /,
    );
  });

  test('of a method on a network that isn’t its is refused', () => {
    expect(() => initialConfig({ method: 'full-precision', network: 'resnet20_1w1a' })).toThrow(
      /name one of resnet20_float/,
    );
  });
});
