import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { freePort } from '../../scripts/modules/free-port.mjs';

export const REGION = 'eu-north-1';
export const BUCKET = 'photos';
const START_MS = 120_000;

export interface User {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Users {
  /** May do all. */
  readonly owner: User;
  /** May read all objects. */
  readonly reader: User;
  /** May do nothing. */
  readonly stranger: User;
}

/** A program that speaks S3's language, and checks signatures and rights. */
export interface ServerKind {
  readonly name: string;
  /** Variable of the environment that names the program. */
  readonly variable: string;
  /** Whether `.ci/run` has it with `--full` only. */
  readonly isForFullRuns: boolean;
  /** Starts it at a port of 127.0.0.1. @param folder an empty one of its own. */
  start(program: string, port: number, folder: string): ChildProcess;
  /** Makes {@link BUCKET} and the users. */
  prepare(program: string, address: string): Promise<Users>;
}

/** A server with objects. */
export class ObjectServer {
  readonly client: S3Client;
  readonly reader: User;
  readonly stranger: User;

  private constructor(
    private readonly child: ChildProcess,
    /** Its own, of {@link ServerKind.start}. */
    readonly folder: string,
    readonly address: string,
    { owner, reader, stranger }: Users,
  ) {
    this.client = clientOf(address, owner);
    this.reader = reader;
    this.stranger = stranger;
  }

  /** @param program what the variable of `kind` says. @param objects bytes by key, of {@link BUCKET}. */
  static async start(
    kind: ServerKind,
    program: string,
    objects: ReadonlyMap<string, Uint8Array>,
  ): Promise<ObjectServer> {
    const folder = mkdtempSync(join(tmpdir(), 'signwave-objects-'));
    const port = await freePort();
    const child = kind.start(program, port, folder);
    try {
      const address = `http://127.0.0.1:${port}`;
      await untilItAnswers(address, child);
      const server = new ObjectServer(child, folder, address, await kind.prepare(program, address));
      for (const [key, bytes] of objects) await server.put(key, bytes);
      return server;
    } catch (error) {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: bytes }));
  }

  /** The environment of a process that may read the objects. @param address of a proxy before the server. */
  environment(address = this.address, user = this.reader): Record<string, string> {
    return {
      ...environmentWithoutAws(),
      AWS_ENDPOINT_URL_S3: address,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: user.accessKeyId,
      AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
    };
  }

  async stop(): Promise<void> {
    this.client.destroy();
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    // It has nothing to lose, and its folder goes with it.
    this.child.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A client of a server on this machine. */
export function clientOf(address: string, credentials: User): S3Client {
  return new S3Client({ endpoint: address, region: REGION, credentials, forcePathStyle: true });
}

/** This process's environment, in which nothing of AWS is found. */
export function environmentWithoutAws(): Record<string, string> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  return {
    ...(Object.fromEntries(others) as Record<string, string>),
    AWS_CONFIG_FILE: '/missing',
    AWS_SHARED_CREDENTIALS_FILE: '/missing',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

async function untilItAnswers(address: string, child: ChildProcess): Promise<void> {
  const endMs = performance.now() + START_MS;
  while (performance.now() < endMs && child.exitCode === null) {
    const answer = await fetch(address).catch(() => undefined);
    if (answer) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the server of objects doesn't answer; its exit code is ${child.exitCode}`);
}
