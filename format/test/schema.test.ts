import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { FORMAT_VERSION, OPERATIONS, type Operation } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { FILE_RECIPE, RECIPE } from '../src/operations/maps.js';
import { PADS, SIZE2 } from '../src/operations/row.js';
import * as code from '../src/schema.js';
import type { AnyType } from '../src/schema-writer.js';
import * as verify from '../src/verify.js';

const schemaText = readFileSync(new URL('../signwave.fbs', import.meta.url), 'utf8');

/** `name: type = default (required);` lines of a table or struct of the schema. */
interface SchemaField {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly absent: string | undefined;
}

function schemaFields(body: string): SchemaField[] {
  return [...body.matchAll(/(\w+):\s*([\w[\]]+)\s*(?:=\s*(\S+?))?\s*(\(required\))?;/g)].map(
    ([, name, type, absent, isRequired]) => ({
      name: name!,
      type: type!,
      isRequired: isRequired !== undefined,
      absent,
    }),
  );
}

function bodies(kind: string, text = schemaText): Map<string, string> {
  const pattern = new RegExp(`\\b${kind}\\s+(\\w+)[^{;]*\\{([^}]*)\\}`, 'g');
  return new Map([...text.replace(/\/\/.*/g, '').matchAll(pattern)].map(([, name, body]) => [name!, body!]));
}

/** Converts `border_bias`, `bias_tensor` and `BorderBias` to the names in schema.ts: camelCase, without `_tensor`. */
function codeName(name: string): string {
  return name
    .replace(/_tensor$/, '')
    .replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^\w/, (letter) => letter.toLowerCase());
}

type AnyField = verify.Field<unknown> & Partial<verify.PlainField<unknown>>;
type Fields = Readonly<Record<string, AnyField>>;

const enums = bodies('enum');
const structs = bodies('struct');
const tables = bodies('table');
const unionMembers = membersOf(schemaText);

function membersOf(text: string): string[] {
  return [...bodies('union', text).get('Operation')!.matchAll(/\w+/g)].map(([name]) => name);
}

const structLayouts: Readonly<Record<string, { readonly fields: Readonly<Record<string, verify.Type<unknown>>> }>> = {
  Size2: SIZE2,
  Pads: PADS,
  Tensor: code.TENSOR,
};

const tableLayouts: Readonly<Record<string, { readonly fields: Fields }>> = {
  Recipe: FILE_RECIPE,
  Node: code.NODE,
  AccuracyClaim: code.ACCURACY_CLAIM,
  Model: code.MODEL,
  ...Object.fromEntries(
    Object.entries(OPERATIONS).map(([key, member]) => [key.replace(/^\w/, (c) => c.toUpperCase()), member]),
  ),
};

const scalars: Readonly<Record<string, verify.Type<unknown>>> = {
  uint8: verify.uint8,
  uint16: verify.uint16,
  uint32: verify.uint32,
  int32: verify.int32,
  float: verify.float,
  double: verify.double,
  bool: verify.bool,
  string: verify.text,
};

function expectType(found: unknown, type: string): void {
  const element = /^\[(\w+)\]$/.exec(type)?.[1];
  if (element !== undefined) expectType((found as { element: unknown }).element, element);
  // This type converts the table to a graph's recipe while it reads.
  else if (type === 'Recipe') expect(found).toBe(RECIPE);
  else if (enums.has(type)) {
    const members = [...enums.get(type)!.matchAll(/(\w+) = (\d+)/g)];
    expect((found as { values: string[] }).values).toEqual(members.map(([, name]) => codeName(name!)));
    expect(members.map(([, , value]) => Number(value))).toEqual(members.map((_, i) => i));
  } else expect(found).toBe(scalars[type] ?? structLayouts[type] ?? tableLayouts[type]);
}

function expectField(found: AnyField, { name, type, isRequired, absent }: SchemaField): void {
  if (type === 'Operation') expect(found).toBe(code.OPERATION);
  // Two fields have special types: the checksum, which is read as its position, and the tensors' data.
  else if (name === 'header_crc32') expect(found.type).toBe(verify.placeOfUint32);
  else if (type === '[uint8]' && isRequired) expect(found.type).toBe(verify.lastBytes);
  else {
    expectType(found.type, type);
    expect('absent' in found).toBe(!isRequired);
    // A schema can only say in a comment what the absence of a struct means.
    if (!isRequired && !structs.has(type)) expect(found.absent).toEqual(expectedAbsent(found, type, absent));
  }
}

function expectedAbsent(found: AnyField, type: string, absent: string | undefined): unknown {
  if (enums.has(type)) return (found.type as unknown as { values: string[] }).values[0];
  if (type === 'bool') return false;
  if (type in scalars && type !== 'string') return Number(absent ?? 0);
  // An empty list isn't written.
  return Array.isArray(found.absent) ? [] : undefined;
}

describe('the schema of the reader is that of signwave.fbs', () => {
  test('in its structs', () => {
    expect([...structs.keys()]).toEqual(Object.keys(structLayouts));
    for (const [name, body] of structs) {
      const fields = schemaFields(body);
      const found = Object.entries(structLayouts[name]!.fields);
      expect(found.map(([key]) => key)).toEqual(fields.map((field) => codeName(field.name)));
      fields.forEach(({ type }, i) => {
        expectType(found[i]![1], type);
      });
    }
  });

  test('in the order of the operations', () => {
    const byType = Object.entries(OPERATIONS).sort(([, a], [, b]) => a.type - b.type);
    expect(byType.map(([op, { type }]) => `${type} ${op}`)).toEqual(
      unionMembers.map((name, i) => `${i + 1} ${codeName(name)}`),
    );
  });

  test('in its tables, all of them', () => {
    expect([...tables.keys()].sort()).toEqual(Object.keys(tableLayouts).sort());
  });

  test.each([...tables])('in the fields of %s', (name, body) => {
    const fields = schemaFields(body);
    const found = Object.entries(tableLayouts[name]!.fields).filter(([, { slots }]) => slots > 0);
    expect(found.map(([key]) => key)).toEqual(fields.map((field) => codeName(field.name)));
    fields.forEach((field, i) => {
      expectField(found[i]![1], field);
    });
  });
});

/** Lists the names in a schema, such as `Operation.Conv`, `Conv.groups` and `DataType.F16`. */
function namesIn(text: string): string[] {
  const fields = [...bodies('table', text)].flatMap(([table, body]) =>
    schemaFields(body).map(({ name }) => `${table}.${name}`),
  );
  const values = [...bodies('enum', text)].flatMap(([name, body]) =>
    [...body.matchAll(/(\w+) = \d+/g)].map(([, value]) => `${name}.${value}`),
  );
  return [...membersOf(text).map((name) => `Operation.${name}`), ...fields, ...values];
}

/** The minor version that introduced a name, according to the rows and schema.ts. */
function sinceOf(name: string): number {
  const [owner, member] = name.split('.') as [string, string];
  if (owner === 'Operation') return OPERATIONS[codeName(member) as Operation]?.since ?? 0;
  const field = tableLayouts[owner]?.fields[codeName(member)];
  if (field) return field.since ?? 0;
  const every = [...Object.values(tableLayouts), ...Object.values(structLayouts)].flatMap(({ fields }) =>
    Object.values<AnyField | verify.Type<unknown>>(fields).map((it) => ('slots' in it ? it.type : it)),
  ) as (AnyType | undefined)[];
  const names = [...(enums.get(owner) ?? '').matchAll(/(\w+) = \d+/g)].map(([, value]) => codeName(value!));
  const type = every.find((it) => it?.values?.join() === names.join());
  return type?.since?.[codeName(member)] ?? 0;
}

describe('what a released schema has not says the later version that brought it', () => {
  const folder = new URL('./golden/', import.meta.url);
  const { major, minor } = FORMAT_VERSION;

  // Like a golden file, the schema is stored once, before its version is released:
  //   SIGNWAVE_WRITE_GOLDEN=1 npx vitest run format/test/schema.test.ts
  if (process.env.SIGNWAVE_WRITE_GOLDEN) writeFileSync(new URL(`v${major}.${minor}.fbs`, folder), schemaText);

  const schemas = readdirSync(folder).filter((name) => name.endsWith('.fbs'));

  test.each(schemas)('%s', (name) => {
    const released = namesIn(readFileSync(new URL(name, folder), 'utf8'));
    const releasedMinor = Number(/\.(\d+)\.fbs$/.exec(name)![1]);
    const added = namesIn(schemaText).filter((it) => !released.includes(it));
    const ofKnownTables = added.filter((it) => released.some((old) => old.startsWith(`${it.split('.')[0]}.`)));
    expect(ofKnownTables.filter((it) => sinceOf(it) <= releasedMinor)).toEqual([]);
    expect(released.filter((it) => !namesIn(schemaText).includes(it))).toEqual([]);
  });

  test('and the newest is the version that this package reads', () => {
    // Version 1.1 introduced a rule, but no name.
    expect(Math.max(1, ...namesIn(schemaText).map(sinceOf))).toBe(minor);
    expect(schemas).toContain(`v${major}.${minor}.fbs`);
  });
});

describe('SPEC.md', () => {
  const spec = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8');

  test('is of the version that this package reads', () => {
    expect(spec).toMatch(`version ${FORMAT_VERSION.major}.${FORMAT_VERSION.minor}\n`);
  });

  test.each(Object.keys(OPERATIONS))('says in a section of its own what %s computes', (op) => {
    expect(spec).toMatch(new RegExp(`(^|[.\\n] ?)4\\.\\d+ \\*\\*${op}\\b`, 'm'));
  });
});

test('the generated accessors are those of this schema', () => {
  const generated = readFileSync(new URL('./generated/signwave.ts', import.meta.url), 'utf8');
  expect(generated).toContain(`SHA-256 of signwave.fbs: ${createHash('sha256').update(schemaText).digest('hex')}`);
});
