import type { Readable } from 'node:stream';
import { systemReason } from '@signwave/data/node';
import { collectBody, type Failure } from './attempt.js';

/** Fetches an object once. @throws {Error} if the connection fails in the middle of it. */
export type GetObject = (bucket: string, key: string, signal: AbortSignal) => Promise<Uint8Array | Failure>;

const NO_PACKAGE: Failure = {
  reason: '@aws-sdk/client-s3 is not installed; run "npm install @aws-sdk/client-s3" where signwave is installed',
  isFinal: true,
  setup: 'E_PEER',
};
const NO_REGION: Failure = {
  reason: 'no valid region is set; set AWS_REGION, or "region" in the profile that AWS_PROFILE names',
  isFinal: true,
  setup: 'E_IO',
};
/** What it is isn't printed: it may have a password. */
const NO_ENDPOINT: Failure = {
  reason: 'AWS_ENDPOINT_URL, or "endpoint_url" of the profile, is no address that begins with http: or https:',
  isFinal: true,
  setup: 'E_IO',
};
/** The client's own text isn't printed: it may quote the command of a `credential_process`. */
const NO_CREDENTIALS: Failure = {
  reason:
    'no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give this machine a role ("aws sts get-caller-identity" tries them)',
  // A machine's role is asked for over the network.
  isFinal: false,
  setup: 'E_IO',
};

/** What is wrong, by the code of the server's answer. */
const REASONS: Readonly<Record<string, string>> = {
  NoSuchKey: 'the bucket has no such key',
  NoSuchBucket: 'there is no such bucket',
  // So Amazon answers for a missing key, too, to who may not list the bucket.
  AccessDenied:
    'access is denied; the credentials need s3:GetObject for it (or it is missing, and they lack s3:ListBucket)',
  SignatureDoesNotMatch: 'its signature is refused; AWS_SECRET_ACCESS_KEY may be another key than AWS_ACCESS_KEY_ID',
  PermanentRedirect: 'the bucket is in another region than AWS_REGION says, or at another endpoint',
  AuthorizationHeaderMalformed: 'the bucket is in another region than AWS_REGION says',
};
/** Codes that say that the credentials are refused whatever they are used for. */
const REFUSED: readonly string[] = ['ExpiredToken', 'InvalidAccessKeyId', 'InvalidToken', 'TokenRefreshRequired'];
/** Codes with a status of 400 to 499 that a server uses for what may pass. */
const PASSING: readonly string[] = ['RequestTimeout', 'RequestTimeTooSkewed', 'SlowDown'];

/**
 * Opens a client of S3, or of a server that speaks its language. Credentials, region and endpoint are found as by every AWS tool: in the environment
 * (AWS_ENDPOINT_URL_S3, AWS_REGION, ...), in profiles, in a container's or a machine's role.
 */
export async function openS3(): Promise<GetObject | Failure> {
  const sdk = await importClient();
  if ('reason' in sdk) return sdk;
  // Attempts are counted, and waited between, by ImageFetcher.
  const settings = { maxAttempts: 1 };
  const { config } = new sdk.S3Client(settings);
  const endpoint = await config.serviceConfiguredEndpoint?.();
  const isElsewhere = endpoint !== undefined;
  if (isElsewhere && !(/^https?:/i.test(endpoint) && URL.canParse(endpoint))) return NO_ENDPOINT;
  try {
    await config.region();
  } catch {
    return NO_REGION;
  }
  const client = new sdk.S3Client({
    ...settings,
    // Few servers but Amazon's have a name for each bucket.
    forcePathStyle: isElsewhere,
  });
  return async (bucket, key, signal) => {
    try {
      const command = new sdk.GetObjectCommand({ Bucket: bucket, Key: key });
      const { Body, ContentLength } = await client.send(command, { abortSignal: signal });
      const body = Body as Readable;
      // A body that is given up unread ends with an error, which would end the process.
      body.on('error', () => {});
      return await collectBody(body, ContentLength);
    } catch (error) {
      return failureOf(error);
    }
  };
}

/** The client is an optional peer: who has no objects needn't install it. */
async function importClient() {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (error) {
    // Either it is missing, or a package that it requires.
    if (/^(?:ERR_)?MODULE_NOT_FOUND$/.test(String((error as NodeJS.ErrnoException).code))) return NO_PACKAGE;
    return { ...NO_PACKAGE, reason: `@aws-sdk/client-s3 can't be loaded: ${systemReason(error)}` };
  }
}

/** What the client throws, as far as it is looked at. */
interface S3Error {
  readonly name: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly statusCode?: number };
}

/** The server's own text isn't printed either: a server may send back what it was sent. */
function failureOf(error: unknown): Failure {
  const { name, $metadata, $response } = error as S3Error;
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') return NO_CREDENTIALS;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  if (status === undefined) return { reason: reasonOf(error), isFinal: false };
  if (REFUSED.includes(name)) {
    return { reason: `the credentials are refused (${name}); get new ones`, isFinal: true, setup: 'E_IO' };
  }
  const isFinal = status >= 300 && status < 500 && status !== 429 && !PASSING.includes(name);
  const code = /^[A-Z][A-Za-z]{1,40}$/.test(name) ? ` ${name}` : '';
  return { reason: REASONS[name] ?? `the server answered ${status}${code}`, isFinal };
}

/** Why no whole answer came. Of a checksum the client quotes what the server sent. */
function reasonOf(error: unknown): string {
  return /^Checksum mismatch/.test((error as Error).message)
    ? 'its bytes are not those of its checksum'
    : systemReason(error);
}
