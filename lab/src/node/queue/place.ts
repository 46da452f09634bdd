import { SignwaveError } from '@signwave/format';

/** Where a queue is. */
export interface QueuePlace {
  /** One address of a broker, or several of a cluster with commas between them; a user and a password, or a token, may be in it. */
  readonly url: string;
  /** File of credentials (`.creds`). */
  readonly creds?: string | undefined;
  /** Name of the stream. */
  readonly stream: string;
}

/** A broker's addresses, taken apart, so that what is secret of them stays out of every message. */
export interface BrokerAddress {
  /** `host:port` each, which may be shown. */
  readonly servers: readonly string[];
  readonly isEncrypted: boolean;
  readonly login: { readonly user: string; readonly pass: string } | { readonly token: string } | undefined;
}

const DEFAULT_PORT = 4222;

/** @throws {SignwaveError} `E_USAGE` if one is no address of a broker; the message doesn't quote it. */
export function parseBrokerAddress(text: string): BrokerAddress {
  const urls = text.split(',').map(parseUrl);
  const { username, password } = urls.find((it) => it.username !== '') ?? urls[0]!;
  const [user, pass] = [unescaped(username), unescaped(password)];
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || DEFAULT_PORT}`),
    isEncrypted: urls.some(({ protocol }) => protocol === 'tls:'),
    login: user === '' ? undefined : pass === '' ? { token: user } : { user, pass },
  };
}

function parseUrl(text: string): URL {
  const whole = text.includes('://') ? text.trim() : `nats://${text.trim()}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url && url.hostname !== '' && /^(nats|tls):$/.test(url.protocol)) return url;
  throw new SignwaveError('E_USAGE', '--nats: expected the address of a broker, nats://host:4222 or tls://host:4222');
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new SignwaveError('E_USAGE', '--nats: user or password have a % that begins no escape; write it as %25', {
      cause,
    });
  }
}

/** @throws {SignwaveError} `E_USAGE` if a stream can't have this name, which is a part of subjects and of other streams' names. */
export function checkStreamName(name: string): void {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) return;
  throw new SignwaveError('E_USAGE', `--stream ${name}: expected a name of letters, digits, - and _`);
}
