import { SignwaveError } from './errors.js';
import { type AnyField, type AnyType, fileValue, structFields, tableFields } from './schema-writer.js';
import { float, uint16, uint32 } from './verify.js';

const WHOLE_BITS = new Map<unknown, number>([
  [uint16, 16],
  [uint32, 32],
]);

/**
 * Checks that the file's types can hold the values of a table: whole numbers in range, floats within float32, known choices.
 *
 * @param label what messages call the values' owner.
 * @throws {SignwaveError} `E_FORMAT_LIMIT` or `E_GRAPH`.
 */
export function checkStorable(
  fields: Readonly<Record<string, AnyField>>,
  values: Readonly<Record<string, unknown>>,
  label: string,
): void {
  for (const [key, { type }] of Object.entries(fields)) {
    if (type && values[key] !== undefined) checkValue(type, fileValue(type, values[key]), key, label);
  }
}

function checkValue(type: AnyType, value: unknown, key: string, label: string): void {
  const [table, struct] = [tableFields(type), structFields(type)];
  const parts = value as Readonly<Record<string, unknown>>;
  const bits = WHOLE_BITS.get(type);
  if (table) checkStorable(table, parts, label);
  else if (struct) for (const [part, its] of Object.entries(struct)) checkValue(its, parts[part], key, label);
  else if (type.element) for (const each of value as readonly unknown[]) checkValue(type.element, each, key, label);
  else if (type.values && !type.values.includes(value)) {
    throw new SignwaveError('E_GRAPH', `${label}: its ${key} is ${value}, expected one of ${type.values.join(', ')}`);
  } else if (bits && !(Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** bits)) {
    throw new SignwaveError(
      'E_FORMAT_LIMIT',
      `${label}: ${value} is no whole number from 0 to ${2 ** bits - 1}, as the file holds`,
    );
  } else if (type === float) checkFloat(value as number, label);
}

function checkFloat(value: number, label: string): void {
  const rounded = Math.fround(value);
  if (Number.isFinite(value) && (!Number.isFinite(rounded) || (rounded === 0 && value !== 0))) {
    throw new SignwaveError('E_GRAPH', `${label}: ${value} is beyond what a float32 can hold`);
  }
}
