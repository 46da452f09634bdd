import { MAX_JSON_NESTING, MAX_JSON_NUMBER_CHARACTERS, MAX_JSON_VALUES } from './limits.js';
import { quote } from './quote.js';

/** A value of a JSON text. Objects are maps, so that no key is special; a number without a fraction or an exponent is a bigint. */
export type JsonValue = null | boolean | number | bigint | string | JsonArray | JsonObject;
export interface JsonArray extends ReadonlyArray<JsonValue> {}
export interface JsonObject extends ReadonlyMap<string, JsonValue> {}

/** Says why a text isn't JSON as it is read here, and where. */
export class JsonError extends Error {}

/**
 * Parse JSON as RFC 8259 defines it, and refuse what `JSON.parse` accepts: an object with the same key twice (readers disagree on whether
 * the first or the last counts), deep nesting, more values than {@link MAX_JSON_VALUES}.
 *
 * @throws {JsonError}
 */
export function parseJson(text: string): JsonValue {
  return new Parser(text).document();
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isArray(value: JsonValue | undefined): value is JsonArray {
  return Array.isArray(value);
}

const WHITESPACE = ' \t\n\r';
const NUMBER_CHARACTERS = '+-.0123456789Ee';
const NUMBER = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const LITERALS: readonly (readonly [text: string, value: JsonValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

class Parser {
  #at = 0;
  #values = 0;
  #nesting = 0;

  constructor(private readonly text: string) {}

  document(): JsonValue {
    const value = this.#value();
    if (this.#at < this.text.length) this.#fail('more text after the value');
    return value;
  }

  /** A value and the whitespace around it. */
  #value(): JsonValue {
    if (++this.#values > MAX_JSON_VALUES) this.#fail(`more than ${MAX_JSON_VALUES} values`);
    this.#skipWhitespace();
    const value = this.#bareValue();
    this.#skipWhitespace();
    return value;
  }

  #bareValue(): JsonValue {
    const first = this.text[this.#at];
    if (first === '{') return this.#container('}', () => this.#members());
    if (first === '[') return this.#container(']', () => this.#items());
    if (first === '"') return this.#string();
    for (const [literal, value] of LITERALS) {
      if (!this.text.startsWith(literal, this.#at)) continue;
      this.#at += literal.length;
      return value;
    }
    return this.#number();
  }

  #container<T>(end: string, content: () => T): T {
    if (++this.#nesting > MAX_JSON_NESTING) this.#fail(`nested deeper than ${MAX_JSON_NESTING} levels`);
    this.#at++;
    this.#skipWhitespace();
    const value = content();
    this.#expect(end);
    this.#nesting--;
    return value;
  }

  #members(): JsonObject {
    const members = new Map<string, JsonValue>();
    if (this.text[this.#at] === '}') return members;
    do {
      this.#skipWhitespace();
      const key = this.text[this.#at] === '"' ? this.#string() : this.#fail('a key in quotes is expected');
      if (members.has(key)) this.#fail(`the key ${quote(key)} is there twice`);
      this.#skipWhitespace();
      this.#expect(':');
      members.set(key, this.#value());
    } while (this.#accept(','));
    return members;
  }

  #items(): JsonArray {
    const items: JsonValue[] = [];
    if (this.text[this.#at] === ']') return items;
    do items.push(this.#value());
    while (this.#accept(','));
    return items;
  }

  /** A string; `JSON.parse` undoes its escapes and refuses control characters. */
  #string(): string {
    const start = this.#at;
    let end = start + 1;
    for (;;) {
      const code = this.text.charCodeAt(end);
      if (Number.isNaN(code)) this.#fail('a string without an end');
      if (code === QUOTE) break;
      end += code === BACKSLASH ? 2 : 1;
    }
    this.#at = end + 1;
    try {
      return JSON.parse(this.text.slice(start, this.#at));
    } catch {
      this.#at = start;
      return this.#fail('a string with a control character or a wrong escape');
    }
  }

  #number(): number | bigint {
    const start = this.#at;
    this.#skip(NUMBER_CHARACTERS);
    const length = this.#at - start;
    this.#at = start;
    if (length === 0) return this.#fail(start < this.text.length ? 'no JSON value starts here' : 'a value is missing');
    if (length > MAX_JSON_NUMBER_CHARACTERS) this.#fail(`a number of ${length} characters`);
    const written = this.text.slice(start, start + length);
    const match = NUMBER.exec(written);
    if (!match) return this.#fail('a malformed number');
    this.#at += length;
    return match[1] === undefined && match[2] === undefined ? BigInt(written) : Number(written);
  }

  #skipWhitespace(): void {
    this.#skip(WHITESPACE);
  }

  /** Skip characters of a set. A regular expression would run out of stack after some millions of them. */
  #skip(characters: string): void {
    while (this.#at < this.text.length && characters.includes(this.text[this.#at]!)) this.#at++;
  }

  #accept(character: string): boolean {
    if (this.text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) this.#fail(`"${character}" is expected`);
  }

  #fail(what: string): never {
    throw new JsonError(`${what} at character ${this.#at}`);
  }
}
