import { type ChildProcess, spawn } from 'node:child_process';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { freePort } from '../../scripts/modules/free-port.mjs';

/** A Python with the packages of requirements.txt, in which moto speaks S3's language and checks signatures and rights; .ci/run makes one. */
export const PYTHON = process.env.SIGNWAVE_OBJECTS_PYTHON;

const REGION = 'eu-north-1';
export const BUCKET = 'photos';
/** What moto takes for a signature until the users are made. */
const UNCHECKED = 'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x';
const START_MS = 120_000;

export interface User {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A server with objects. */
export class ObjectServer {
  readonly #client: S3Client;

  private constructor(
    private readonly child: ChildProcess,
    readonly address: string,
    /** May read all objects. */
    readonly reader: User,
    /** May do nothing. */
    readonly stranger: User,
  ) {
    this.#client = new S3Client({ endpoint: address, region: REGION, credentials: reader, forcePathStyle: true });
  }

  /** @param objects bytes by key, of {@link BUCKET}. */
  static async start(python: string, objects: ReadonlyMap<string, Uint8Array>): Promise<ObjectServer> {
    const port = await freePort();
    const child = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
      stdio: 'ignore',
      env: { ...process.env, INITIAL_NO_AUTH_ACTION_COUNT: '1000000' },
    });
    try {
      return await ObjectServer.#prepare(child, `http://127.0.0.1:${port}`, objects);
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  static async #prepare(
    child: ChildProcess,
    address: string,
    objects: ReadonlyMap<string, Uint8Array>,
  ): Promise<ObjectServer> {
    await untilItAnswers(address, child);
    const reader = await makeUser(address, 'reader');
    const stranger = await makeUser(address, 'stranger');
    await askIam(address, {
      Action: 'PutUserPolicy',
      UserName: 'reader',
      PolicyName: 'reads',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: '*' }],
      }),
    });
    const server = new ObjectServer(child, address, reader, stranger);
    await server.#client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    // From here on signatures and rights are checked.
    await fetch(`${address}/moto-api/reset-auth`, { method: 'POST', body: '0' });
    for (const [key, bytes] of objects) await server.put(key, bytes);
    return server;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: bytes }));
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

  stop(): void {
    this.#client.destroy();
    this.child.kill();
  }
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

async function makeUser(address: string, name: string): Promise<User> {
  await askIam(address, { Action: 'CreateUser', UserName: name });
  const text = await askIam(address, { Action: 'CreateAccessKey', UserName: name });
  const field = (tag: string): string => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(text)![1]!;
  return { accessKeyId: field('AccessKeyId'), secretAccessKey: field('SecretAccessKey') };
}

async function askIam(address: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const body = new URLSearchParams({ ...fields, Version: '2010-05-08' });
  const response = await fetch(address, { method: 'POST', headers: { authorization: UNCHECKED }, body });
  if (!response.ok) throw new Error(`${fields.Action}: ${response.status}`);
  return response.text();
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
