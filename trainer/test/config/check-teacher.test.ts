import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.js';

const parse = (
  architecture: string,
  teacher: string | undefined,
  method = 'lcr-bnn',
  more: object = {},
  format = 'cifar10',
) =>
  parseConfig(
    JSON.stringify({
      architecture,
      method,
      ...(teacher && { distillation: { teacher: 'teacher.safetensors', architecture: teacher, ...more } }),
      data: { format, folder: 'data' },
      output: 'run',
    }),
    'student.json',
  );

describe.each(['lcr-bnn', 'dir-net'])('the teacher of %s', (method) => {
  test('gives its stages alone, unless a config weighs its logits, too', () => {
    expect(parse('resnet20_1w1a', 'resnet20_float', method).distillation).toMatchObject({ weight: 0 });
    expect(parse('imagenet_resnet18_1w1a', 'imagenet_resnet34_float', method).distillation).toBeDefined();
  });

  test('has to be there', () => {
    expect(() => parse('resnet20_1w1a', undefined, method)).toThrow(
      /needs a trained float network; give its checkpoint/,
    );
  });

  test('has to have the student’s stages', () => {
    expect(() => parse('resnet20_1w1a', 'resnet18_float', method)).toThrow(
      /its stages aren't those of resnet20_1w1a; train one of resnet20_float as teacher/,
    );
    expect(() => parse('imagenet_resnet18_1w1a', 'resnet18_float', method)).toThrow(
      /train one of imagenet_resnet18_float, imagenet_resnet34_float as teacher/,
    );
    expect(() => parse('demo_1w1a', 'resnet20_float', method)).toThrow(/train one of demo_float as teacher/);
  });

  test('is no use to a network without stages', () => {
    expect(() => parse('vgg_small_1w1a', 'vgg_small_float', method)).toThrow(/vgg_small_1w1a has none/);
  });
});

describe('a cache of the teacher’s logits', () => {
  const cache = 'runs/teacher.logits';

  test('is a path', () => {
    expect(parse('resnet20_1w1a', 'resnet18_float', 'biper', { cache }).distillation).toMatchObject({
      cache,
      weight: 0.9,
    });
  });

  test('is no use to methods that learn from the teacher’s maps', () => {
    expect(() => parse('resnet20_1w1a', 'resnet20_float', 'dir-net', { cache, weight: 0.5 })).toThrow(
      /"distillation\.cache" keeps a teacher's logits, but "dir-net" learns from the teacher's maps/,
    );
  });

  test('is refused for images that are cropped and resized at random', () => {
    expect(() => parse('imagenet_resnet18_1w1a', 'imagenet_resnet18_float', 'biper', { cache }, 'folder')).toThrow(
      /"distillation\.cache" is for data sets of small images/,
    );
  });
});
