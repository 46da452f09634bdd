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
