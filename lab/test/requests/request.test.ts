import { describe, expect, test } from 'vitest';
import { parseRequest } from '../../src/requests/request.js';

describe('parseRequest', () => {
  test.each<[string, object]>([
    ['{"path":"a.png"}', { id: 5, path: 'a.png' }],
    ['{"id":"x","url":"https://a"}', { id: 'x', url: 'https://a' }],
    ['{"id":0,"base64":""}', { id: 0, base64: '' }],
    ['{"npy":"a.npy","row":2}', { id: 5, npy: 'a.npy', row: 2 }],
  ])('takes %s', (text, expected) => {
    expect(parseRequest(text, 5)).toEqual(expected);
  });

  test.each<[string, string | number, RegExp]>([
    ['{"path":"a.png"', 5, /the line is not JSON/],
    [`${'['.repeat(100)}${']'.repeat(100)}`, 5, /nested deeper than/],
    ['["a.png"]', 5, /expected a JSON object, got an Array/],
    ['null', 5, /expected a JSON object, got null/],
    ['{"id":"x"}', 'x', /expected one of path, url, base64, npy, got none/],
    ['{"id":"x","path":"a","url":"b"}', 'x', /got path and url/],
    ['{"id":"x","paht":"a"}', 'x', /no field "paht"; there are id, path, url, base64, npy, row/],
    ['{"id":"x","path":["a"]}', 'x', /path: expected a text, got an Array/],
    ['{"id":"x","path":"a","row":1}', 'x', /row belongs to npy/],
    ['{"id":"x","npy":"a"}', 'x', /row: expected the number of a row of "a", from 0 on, got undefined/],
    ['{"id":"x","npy":"a","row":-1}', 'x', /got -1/],
    ['{"id":{},"path":"a"}', 5, /id: expected a text or a number, got an Object/],
    ['{"id":"x","path":"a","path":"b"}', 5, /stands twice/],
  ])('refuses %s, with its id where it has one', (text, id, message) => {
    let error: unknown;
    try {
      parseRequest(text, 5);
    } catch (it) {
      error = it;
    }
    expect(error).toMatchObject({ code: 'E_REQUEST', id, message: expect.stringMatching(message) });
  });
});
