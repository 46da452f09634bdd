import { SignwaveError } from '@signwave/format';
import type { QueuePlace } from '@signwave/lab/node';
import { Option } from 'commander';

/** Options of the commands that work with a queue. */
export interface QueueOptions {
  readonly nats: string;
  readonly stream: string;
  readonly creds?: string;
}

export const natsOption = (): Option =>
  new Option('--nats <url>', 'broker: nats://host:4222, tls://host:4222, with user:password@ if it wants them')
    .env('NATS_URL')
    .makeOptionMandatory();
export const streamOption = (): Option =>
  new Option('--stream <name>', "name of the queue's stream").makeOptionMandatory();
export const credsOption = (): Option => new Option('--creds <file>', 'file of credentials').env('NATS_CREDS');

export const placeOf = ({ nats, stream, creds }: QueueOptions): QueuePlace => ({ url: nats, stream, creds });

/** What a command is about: a list, or in its place a sweep. @throws {SignwaveError} `E_USAGE` unless it is one of both. */
export function listOrSweep(
  list: string | undefined,
  sweep: string | undefined,
): { readonly list: string } | { readonly sweep: string } {
  if (list !== undefined && sweep === undefined) return { list };
  if (sweep !== undefined && list === undefined) return { sweep };
  throw new SignwaveError(
    'E_USAGE',
    list === undefined ? 'name a list, or --sweep FILE' : `${list}: name a list or --sweep, not both`,
  );
}
