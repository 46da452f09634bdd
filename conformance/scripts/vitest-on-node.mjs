// Replaces `vitest` in tests that are bundled for another CPU, where Vitest itself doesn't run: Vitest's own expect on Node's test runner,
// and as much of `vi` as those tests use. It can't replace modules.

import { after, before, afterEach as nodeAfterEach, describe as nodeDescribe, test as nodeTest } from 'node:test';
import { format } from 'node:util';
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import * as chai from 'chai';

/** @typedef {(...args: any[]) => any} Action */

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);
export const expect = chai.expect;

export const beforeAll = before;
export const afterAll = after;
export const afterEach = nodeAfterEach;
/** Vitest's time limits, given as the last argument or in options before the action, are ignored: an emulated CPU is slower. */
export const test = withEach((name, action) => nodeTest(name, async () => void (await action())));
export const describe = withEach((name, action) => nodeDescribe(name, () => void action()));

/**
 * Functions that undo replacements; the last one is undone first.
 *
 * @type {Record<'globals' | 'methods', (() => void)[]>}
 */
const originals = { globals: [], methods: [] };
export const vi = {
  /**
   * @param {string} name
   * @param {unknown} value
   */
  stubGlobal: (name, value) => replace(globalThis, name, value, originals.globals),
  unstubAllGlobals: () => restore(originals.globals),
  /**
   * @param {object} object
   * @param {string} name
   */
  spyOn: (object, name) => {
    /** @param {Action} method */
    const implement = (method) => replace(object, name, method, originals.methods);
    return {
      mockImplementation: implement,
      /** @param {unknown} value */
      mockReturnValue: (value) => implement(() => value),
      /** @param {unknown} reason */
      mockRejectedValue: (reason) => implement(() => Promise.reject(reason)),
    };
  },
  restoreAllMocks: () => restore(originals.methods),
};

/**
 * @param {any} object
 * @param {string} name
 * @param {unknown} value
 * @param {(() => void)[]} undo
 */
function replace(object, name, value, undo) {
  const original = Object.getOwnPropertyDescriptor(object, name);
  undo.push(() => (original ? Object.defineProperty(object, name, original) : delete object[name]));
  Object.defineProperty(object, name, { value, configurable: true, writable: true, enumerable: true });
}

/** @param {(() => void)[]} undo */
function restore(undo) {
  for (let put = undo.pop(); put; put = undo.pop()) put();
}

/** @param {(title: string, action: () => unknown) => unknown} define */
function withEach(define) {
  const defineMany =
    /** @param {readonly unknown[]} cases */
      (cases) =>
      /**
       * @param {string} title
       * @param {...unknown} rest
       */
      (title, ...rest) => {
        const action = actionOf(rest);
        for (const given of cases) {
          const args = Array.isArray(given) ? given : [given];
          define(titleOf(title, args), () => action(...args));
        }
      };
  /**
   * @param {string} name
   * @param {...unknown} rest
   */
  const defineOne = (name, ...rest) => define(name, actionOf(rest));
  return Object.assign(defineOne, { each: defineMany });
}

/**
 * @param {readonly unknown[]} rest
 * @returns {Action}
 */
function actionOf(rest) {
  return /** @type {Action} */ (rest.find((it) => typeof it === 'function'));
}

/**
 * Fills in a title: `%s` and the like, and `$name` if the case is an object.
 *
 * @param {string} title
 * @param {readonly any[]} args
 */
function titleOf(title, args) {
  const named = title.replace(/\$(\w+)/g, (_, key) => String(args[0]?.[key]));
  return named.includes('%') ? format(named, ...args) : named;
}
