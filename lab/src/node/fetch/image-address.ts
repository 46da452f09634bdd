import { SignwaveError } from '@signwave/format';

/** Where an image is fetched from. `shown` is how texts call it: without what may be secret. */
export type ImageAddress =
  | { readonly shown: string; readonly url: URL }
  | { readonly shown: string; readonly bucket: string; readonly key: string };

/**
 * Reads an address that begins with http:, https: or s3:. In `s3://BUCKET/KEY` the key is everything behind the bucket's slash, as it is: nothing in
 * it is decoded, so `%`, `?`, `#`, `+`, spaces and empty parts are its own, as in the AWS command line.
 *
 * Of a web address, `shown` has neither the query, where signatures are, nor user and password. These are refused: fetch sends none.
 *
 * @throws {SignwaveError} `E_IO` if it is no such address.
 */
export function parseImageAddress(text: string): ImageAddress {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(text) ?? [];
  if (/^s3$/i.test(scheme ?? '')) return parseS3(text);
  if (!/^https?$/i.test(scheme ?? '') || !URL.canParse(text)) {
    // What can't be parsed may have a password anywhere.
    const found = scheme === undefined ? 'a text without one of these' : `${scheme}:...`;
    throw new SignwaveError('E_IO', `expected an address that begins with http:, https: or s3:, got ${found}`);
  }
  const url = new URL(text);
  const shown = `${url.origin}${url.pathname}${url.search === '' ? '' : '?...'}`;
  if (url.username !== '' || url.password !== '') {
    throw new SignwaveError(
      'E_IO',
      `${shown} can't be fetched: a user and a password in an address are not sent; give one that is signed, or s3://`,
    );
  }
  return { shown, url };
}

function parseS3(text: string): ImageAddress {
  const [, bucket, key] = /^s3:\/\/([a-z0-9][a-z0-9._-]*)\/(.+)$/is.exec(text) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new SignwaveError('E_IO', `${text} names no object: expected s3://BUCKET/KEY`);
  }
  // A key is sent as UTF-8, in which there are no halves of characters.
  if (/\p{Cs}/u.test(key)) throw new SignwaveError('E_IO', `${text} names no object: its key is no Unicode text`);
  return { shown: text, bucket, key };
}
