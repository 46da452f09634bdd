import { describe, expect, test } from 'vitest';
import { parseImageAddress } from '../../../src/node/fetch/image-address.js';

describe('an s3 address', () => {
  test.each([
    ['s3://photos/a/b.jpg', 'photos', 'a/b.jpg'],
    ['S3://photos/a.jpg', 'photos', 'a.jpg'],
    ['s3://photos//a//b.jpg', 'photos', '/a//b.jpg'],
    ['s3://photos/a b+c%20d?e=f#g&h.jpg', 'photos', 'a b+c%20d?e=f#g&h.jpg'],
    ['s3://photos/../é/./ö 写真.jpg ', 'photos', '../é/./ö 写真.jpg '],
    ['s3://photos/line\nfeed', 'photos', 'line\nfeed'],
    ['s3://my.photos_1/a', 'my.photos_1', 'a'],
  ])('%j has the key as it is', (text, bucket, key) => {
    expect(parseImageAddress(text)).toEqual({ shown: text, bucket, key });
  });

  test.each([
    's3:',
    's3://',
    's3://photos',
    's3://photos/',
    's3:///key',
    's3://user:password@photos/key',
    's3://-a/key',
  ])('%s names no object', (text) =>
    expect(() => parseImageAddress(text)).toThrow(/names no object: expected s3:\/\/BUCKET\/KEY/),
  );

  test('with half of a character names no object', () => {
    expect(() => parseImageAddress('s3://photos/\ud800')).toThrow(/its key is no Unicode text/);
  });
});

describe('a web address', () => {
  test.each([
    ['https://example.org/a%20b.jpg', 'https://example.org/a%20b.jpg'],
    ['HTTP://example.org:8080/a.jpg?size=2', 'http://example.org:8080/a.jpg?...'],
    ['https://example.org/@user/a.jpg?X-Amz-Signature=secret#x', 'https://example.org/@user/a.jpg?...'],
  ])('%s is shown without its query', (text, shown) => {
    const address = parseImageAddress(text);
    expect(address.shown).toBe(shown);
    expect('url' in address && address.url.href).toBe(new URL(text).href);
  });

  test.each([
    'https://user:secret@example.org/a.jpg',
    'https:user:secret@example.org/a.jpg',
    'https://secret@example.org/a.jpg',
    'https://user:secret/@example.org:bad/a.jpg?secret',
    'ftp://user:secret@example.org/a.jpg',
    'user:secret@example.org',
    'http://exa mple.org/?secret',
  ])('%s is refused without its secret', (text) => {
    const refuse = () => parseImageAddress(text);
    expect(refuse).toThrow(/a user and a password in an address are not sent|expected an address that begins with/);
    expect(refuse).not.toThrow(/secret/);
  });
});
