import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.js';
import { METHOD_NAMES, METHODS, type Method } from '../../src/methods/index.js';
import { methodLines } from '../../src/run/method-lines.js';

function linesOf(more: object): string[] {
  const written = {
    architecture: 'resnet20_1w1a',
    data: { format: 'cifar10', folder: 'data' },
    output: 'runs/a',
    distillation: { teacher: 'teacher.safetensors', architecture: 'resnet20_float' },
    ...more,
  };
  return methodLines(parseConfig(JSON.stringify(written), 'a.json'));
}

describe('the first lines of a run', () => {
  const approximations = METHOD_NAMES.filter((name) => (METHODS[name] as Method).evidence === 'abstract');

  test('name the method, its paper and what it was written from', () => {
    expect(linesOf({ method: 'ir-net' })).toEqual([
      'method ir-net: IR-Net (Qin et al., CVPR 2020), after code: github.com/htqin/IR-Net at f63a590',
    ]);
  });

  test.skipIf(approximations.length === 0).each(approximations)(
    'call %s an approximation after the abstract',
    (method) => {
      expect(linesOf({ method })[0]).toContain('an approximation after the abstract: ');
    },
  );

  test.each(METHOD_NAMES.filter((name) => name !== 'full-precision'))(
    'say nothing more of %s as published',
    (method) => {
      expect(linesOf({ method })).toHaveLength(1);
    },
  );

  test('say where quantizers, network and optimizer are not the method’s', () => {
    const stages = { '1': { optimizer: 'adam', learningRate: 0.001 } };
    const [, line] = linesOf({
      method: 'recu',
      quantizers: { weights: 'ir-net' },
      network: { skips: 'block' },
      stages,
    });
    expect(line).toBe(
      'a combination that no paper has: quantizers.weights is ir-net (published: recu), network.skips is block (published: conv), stages.1.optimizer is adam (published: sgd)',
    );
  });

  test('tell BiPer’s weights with ReActNet’s or AdaBin’s activations from BiPer’s own network', () => {
    const [, react] = linesOf({ quantizers: { activations: 'rsign' }, network: { nonlinearity: 'rprelu' } });
    expect(react).toBe(
      'a combination that no paper has: quantizers.activations is rsign (published: per-sample), network.nonlinearity is rprelu (published: hardtanh)',
    );
    const [, adabin] = linesOf({ quantizers: { activations: 'adabin' }, network: { nonlinearity: 'maxout' } });
    expect(adabin).toBe(
      'a combination that no paper has: quantizers.activations is adabin (published: per-sample), network.nonlinearity is maxout (published: hardtanh)',
    );
  });

  test('don’t count what is written as published', () => {
    const stages = { '1': { optimizer: 'sgd', epochs: 10 } };
    expect(
      linesOf({ method: 'recu', quantizers: { weights: 'recu' }, network: { skips: 'conv' }, stages }),
    ).toHaveLength(1);
    expect(linesOf({ recipe: 'paper', quantizers: { activations: 'biper' } })).toHaveLength(1);
    const ofReactNet = {
      method: 'reactnet',
      quantizers: { activations: 'rsign' },
      network: { nonlinearity: 'rprelu' },
    };
    expect(linesOf(ofReactNet)).toHaveLength(1);
  });
});
