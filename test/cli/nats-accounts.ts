import { nkeys } from '@nats-io/transport-node';

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** A broker's configuration that lets in whoever has the credentials, and a file of credentials: what `nsc` writes. */
export function makeAccounts(): { readonly config: string; readonly creds: string; readonly strangersCreds: string } {
  const operator = nkeys.createOperator();
  const account = nkeys.createAccount();
  const system = nkeys.createAccount();
  const limits = { subs: -1, data: -1, payload: -1 };
  const accountClaims = {
    limits: { ...limits, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 },
    default_permissions: { pub: {}, sub: {} },
    type: 'account',
    version: 2,
  };
  const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const withStorage = { ...accountClaims, limits: { ...accountClaims.limits, ...storage } };
  const credsOf = (issuer: KeyPair): string => {
    const user = nkeys.createUser();
    const token = sign(issuer, user, { ...limits, pub: {}, sub: {}, type: 'user', version: 2 });
    const seed = new TextDecoder().decode(user.getSeed());
    return [
      '-----BEGIN NATS USER JWT-----',
      token,
      '------END NATS USER JWT------',
      '',
      '-----BEGIN USER NKEY SEED-----',
      seed,
      '------END USER NKEY SEED------',
      '',
    ].join('\n');
  };
  return {
    config: [
      'jetstream {}',
      `operator: ${sign(operator, operator, { type: 'operator', version: 2 })}`,
      `system_account: ${system.getPublicKey()}`,
      'resolver: MEMORY',
      'resolver_preload: {',
      `  ${account.getPublicKey()}: ${sign(operator, account, withStorage)}`,
      `  ${system.getPublicKey()}: ${sign(operator, system, accountClaims)}`,
      '}',
    ].join('\n'),
    creds: credsOf(account),
    strangersCreds: credsOf(nkeys.createAccount()),
  };
}

/** A JSON Web Token as NATS has them. */
function sign(issuer: KeyPair, subject: KeyPair, claims: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = {
    jti: 'test',
    iat: 1,
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    name: 'test',
    nats: claims,
  };
  const text = `${encode({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encode(body)}`;
  return `${text}.${Buffer.from(issuer.sign(new TextEncoder().encode(text))).toString('base64url')}`;
}
