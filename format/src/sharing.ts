import type { Builder, Offset } from 'flatbuffers';

/** Writes tables, vectors and strings of equal content once, however often they are asked for. */
export class Sharing {
  readonly #written = new Map<string, Offset>();

  constructor(readonly builder: Builder) {}

  /** @param kind the type in the schema. @param content all that `write` depends on. */
  once(kind: string, content: unknown, write: () => Offset): Offset {
    const key = `${kind} ${canonical(content)}`;
    const offset = this.#written.get(key) ?? write();
    this.#written.set(key, offset);
    return offset;
  }

  text(value: string): Offset {
    return this.once('string', value, () => this.builder.createString(value));
  }
}

/** JSON with sorted keys that also distinguishes infinities and -0, which plain JSON loses. */
function canonical(content: unknown): string {
  return JSON.stringify(content, (_, value: unknown) => {
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
