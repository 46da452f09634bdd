// Stands for `vitest` where Vitest itself doesn't run, in tests that are bundled for another CPU: its own expect, on Node's test runner, and
// as much of `vi` as those tests take. Modules can't be replaced here.

import { after, before, afterEach as nodeAfterEach, describe as nodeDescribe, test as nodeTest } from 'node:test';
import { format } from 'node:util';
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import * as chai from 'chai';

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);
export const expect = chai.expect;

export const beforeAll = before;
export const afterAll = after;
export const afterEach = nodeAfterEach;
/** A time limit, as last argument or as options before the action, is Vitest's: an emulated CPU is slower. */
export const test = withEach((name, action) => nodeTest(name, () => action()));
export const describe = withEach((name, action) => nodeDescribe(name, () => action()));

/** What puts back what was replaced, the first replaced last. */
const originals = { globals: [], methods: [] };
export const vi = {
  stubGlobal: (name, value) => replace(globalThis, name, value, originals.globals),
  unstubAllGlobals: () => restore(originals.globals),
  spyOn: (object, name) => {
    const implement = (method) => replace(object, name, method, originals.methods);
    return {
      mockImplementation: implement,
      mockReturnValue: (value) => implement(() => value),
      mockRejectedValue: (reason) => implement(() => Promise.reject(reason)),
    };
  },
  restoreAllMocks: () => restore(originals.methods),
};

function replace(object, name, value, undo) {
  const original = Object.getOwnPropertyDescriptor(object, name);
  undo.push(() => (original ? Object.defineProperty(object, name, original) : delete object[name]));
  Object.defineProperty(object, name, { value, configurable: true, writable: true, enumerable: true });
}

function restore(undo) {
  while (undo.length > 0) undo.pop()();
}

function withEach(define) {
  const defineMany =
    (cases) =>
    (title, ...rest) => {
      const action = actionOf(rest);
      for (const given of cases) {
        const args = Array.isArray(given) ? given : [given];
        define(titleOf(title, args), () => action(...args));
      }
    };
  return Object.assign((name, ...rest) => define(name, actionOf(rest)), { each: defineMany });
}

function actionOf(rest) {
  return rest.find((it) => typeof it === 'function');
}

/** `%s` and so on, and `$name` of a case that is an object. */
function titleOf(title, args) {
  const named = title.replace(/\$(\w+)/g, (_, key) => String(args[0]?.[key]));
  return named.includes('%') ? format(named, ...args) : named;
}
