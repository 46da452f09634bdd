import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { configSchema, sweepSchema } from '../../scripts/write-config-schema.mjs';
import { CONFIG } from '../../src/config/schema.js';
import { METHODS } from '../../src/methods/index.js';
import { SWEEP } from '../../src/sweep/schema.js';

const FILE = new URL('../../config.schema.json', import.meta.url);
const text = readFileSync(FILE, 'utf8');
const schema: Node & { required: string[]; allOf: Rule[] } = JSON.parse(text);

interface Node {
  readonly description?: string;
  readonly properties?: Record<string, Node>;
  readonly additionalProperties?: boolean;
}

interface Rule {
  readonly if: { readonly properties: { readonly method: { readonly const: string } } };
  readonly then: { readonly properties: { readonly methodOptions: Node } };
}

/** Paths of all keys below a schema that no description explains. */
function undescribed({ properties = {} }: Node, path = ''): string[] {
  return Object.entries(properties).flatMap(([key, value]) => [
    ...(value.description ? [] : [`${path}${key}`]),
    ...undescribed(value, `${path}${key}.`),
  ]);
}

describe('config.schema.json', () => {
  test('is what the checker gives: run node trainer/scripts/write-config-schema.mjs', () => {
    expect(text).toBe(configSchema(CONFIG, METHODS));
  });

  test('requires what a config must have, and describes every key', () => {
    expect(schema.required).toEqual(['architecture', 'data', 'output']);
    expect(undescribed(schema)).toEqual([]);
  });

  test('allows a method the options that it has', () => {
    const rule = schema.allOf.find((it) => it.if.properties.method.const === 'dorefa')!;
    const { properties, additionalProperties } = rule.then.properties.methodOptions;
    expect(properties?.bits).toEqual({ type: 'integer', minimum: 1, maximum: 4, default: 1 });
    expect(additionalProperties).toBe(false);
  });

  const folder = new URL('../../configs/', import.meta.url);
  test.each(readdirSync(folder))('is named by %s', (name) => {
    const { $schema } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    expect(existsSync(fileURLToPath(new URL($schema, folder)))).toBe(true);
  });
});

describe('sweep.schema.json', () => {
  const sweep = readFileSync(new URL('../../sweep.schema.json', import.meta.url), 'utf8');

  test('is what the checker gives: run node trainer/scripts/write-config-schema.mjs', () => {
    expect(sweep).toBe(sweepSchema(SWEEP));
  });

  test('requires a base, and describes every key', () => {
    expect(JSON.parse(sweep).required).toEqual(['base']);
    expect(undescribed(JSON.parse(sweep))).toEqual([]);
  });
});
