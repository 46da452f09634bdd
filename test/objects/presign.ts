import type { S3Client } from '@aws-sdk/client-s3';
import { BUCKET } from './object-server.js';

const EXPIRES_SECONDS = 600;

/** What the client's signer can do, too, but its type doesn't say. */
interface Presigner {
  presign(
    request: object,
    options: { readonly expiresIn: number; readonly signingDate: Date },
  ): Promise<{ readonly query: Record<string, string> }>;
}

/**
 * An http address with a signature, as is given to those who have no credentials.
 *
 * @param path of the key, as it stands in the address.
 * @param signingDate the address is good for ten minutes from then on.
 */
export async function presign(client: S3Client, path: string, signingDate = new Date()): Promise<string> {
  const { protocol, hostname, port } = await client.config.endpoint!();
  const signer = (await client.config.signer()) as unknown as Presigner;
  const host = `${hostname}:${port}`;
  const request = {
    method: 'GET',
    protocol,
    hostname,
    port,
    path: `/${BUCKET}/${path}`,
    query: {},
    headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  };
  const { query } = await signer.presign(request, { expiresIn: EXPIRES_SECONDS, signingDate });
  return `${protocol}//${host}${request.path}?${new URLSearchParams(query)}`;
}
