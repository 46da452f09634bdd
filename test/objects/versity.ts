import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { BUCKET, clientOf, REGION, type ServerKind, type User } from './object-server.js';

const OWNER: User = { accessKeyId: 'owner', secretAccessKey: randomUUID() };

/**
 * Versity's gateway, a server that stores objects as files; a Go module (CONTRIBUTING.md). Unlike Amazon, it takes keys for one that differ only in empty
 * parts and `.`, refuses those that lead out of the bucket (400), and tells of a missing key who may not list the bucket.
 */
export const VERSITY: ServerKind = {
  name: 'versitygw',
  variable: 'SIGNWAVE_S3_SERVER',
  // From nothing, Go takes minutes to build it.
  isForFullRuns: true,

  start(program, port, folder) {
    const [accounts, buckets] = ['accounts', 'buckets'].map((name) => join(folder, name)) as [string, string];
    for (const path of [accounts, buckets]) mkdirSync(path);
    const options = [
      '--port',
      `127.0.0.1:${port}`,
      '--region',
      REGION,
      '--iam-dir',
      accounts,
      '--keep-alive',
      '--quiet',
    ];
    // Asked under a name of Amazon's it knows the bucket, as Amazon does.
    const names = ['--virtual-domain', `s3.${REGION}.amazonaws.com`];
    return spawn(program, [...options, ...names, 'posix', buckets], {
      stdio: 'ignore',
      env: { ...process.env, ROOT_ACCESS_KEY: OWNER.accessKeyId, ROOT_SECRET_KEY: OWNER.secretAccessKey },
    });
  },

  async prepare(program, address) {
    const reader = await makeUser(program, address, 'reader');
    const stranger = await makeUser(program, address, 'stranger');
    const client = clientOf(address, OWNER);
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const Resource = `arn:aws:s3:::${BUCKET}/*`;
    const statement = { Effect: 'Allow', Principal: reader.accessKeyId, Action: 's3:GetObject', Resource };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await client.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }));
    client.destroy();
    return { owner: OWNER, reader, stranger };
  },
};

async function makeUser(program: string, address: string, name: string): Promise<User> {
  const user = { accessKeyId: name, secretAccessKey: randomUUID() };
  const options = ['--access', user.accessKeyId, '--secret', user.secretAccessKey, '--role', 'user'];
  await promisify(execFile)(program, ['admin', '--region', REGION, 'create-user', ...options], {
    env: {
      ...process.env,
      ADMIN_ENDPOINT_URL: address,
      ADMIN_ACCESS_KEY: OWNER.accessKeyId,
      ADMIN_SECRET_KEY: OWNER.secretAccessKey,
    },
  });
  return user;
}
