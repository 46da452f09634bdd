import { describe, expect, test } from 'vitest';
import { checkStreamName, parseBrokerAddress } from '../../../src/node/queue/place.js';

describe('the address of a broker', () => {
  test.each([
    ['nats://host', { servers: ['host:4222'], isEncrypted: false, login: undefined }],
    ['host:1234', { servers: ['host:1234'], isEncrypted: false, login: undefined }],
    ['tls://[::1]:1', { servers: ['[::1]:1'], isEncrypted: true, login: undefined }],
    ['nats://a:1, nats://b:2', { servers: ['a:1', 'b:2'], isEncrypted: false, login: undefined }],
    [
      'nats://me:p%40ss@a,b',
      { servers: ['a:4222', 'b:4222'], isEncrypted: false, login: { user: 'me', pass: 'p@ss' } },
    ],
    ['nats://token@a', { servers: ['a:4222'], isEncrypted: false, login: { token: 'token' } }],
  ])('%s is taken apart', (text, expected) => {
    expect(parseBrokerAddress(text)).toEqual(expected);
  });

  test.each(['', 'http://secret@host', 'nats://', 'nats://a,,b', 'nats://me:sec%ret@a'])(
    'is refused without being quoted: %s',
    (text) => {
      expect(() => parseBrokerAddress(text)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
      expect(() => parseBrokerAddress(text)).not.toThrow(/sec/);
    },
  );
});

test.each(['', 'a.b', 'a b', 'a>', 'ä', 'a'.repeat(65)])('a stream cannot be called "%s"', (name) => {
  expect(() => checkStreamName(name)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
});
