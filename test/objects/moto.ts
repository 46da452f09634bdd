import { spawn } from 'node:child_process';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { BUCKET, clientOf, type ServerKind, type User } from './object-server.js';

/** What moto takes for a signature until the users are made. */
const UNCHECKED = 'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x';

/** An emulation of Amazon's services, in a Python with the packages of requirements.txt; .ci/run makes one. */
export const MOTO: ServerKind = {
  name: 'moto',
  variable: 'SIGNWAVE_OBJECTS_PYTHON',
  isForFullRuns: false,

  start(program, port) {
    return spawn(program, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
      stdio: 'ignore',
      env: { ...process.env, INITIAL_NO_AUTH_ACTION_COUNT: '1000000' },
    });
  },

  async prepare(_, address) {
    const owner = await makeUser(address, 'owner', ['s3:*']);
    const reader = await makeUser(address, 'reader', ['s3:GetObject']);
    const stranger = await makeUser(address, 'stranger', []);
    const client = clientOf(address, owner);
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    client.destroy();
    // From here on signatures and rights are checked.
    await fetch(`${address}/moto-api/reset-auth`, { method: 'POST', body: '0' });
    return { owner, reader, stranger };
  },
};

async function makeUser(address: string, name: string, actions: readonly string[]): Promise<User> {
  await askIam(address, { Action: 'CreateUser', UserName: name });
  if (actions.length > 0) {
    const statement = { Effect: 'Allow', Action: actions, Resource: '*' };
    const document = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await askIam(address, {
      Action: 'PutUserPolicy',
      UserName: name,
      PolicyName: 'rights',
      PolicyDocument: document,
    });
  }
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
