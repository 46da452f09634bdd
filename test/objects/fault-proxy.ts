import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with a request: no answer, a server that is busy, one behind a broken proxy, half a body, and one that is only slow. */
export const FAULTS = ['drop', 'busy', 'page', 'cut', 'slow'] as const;
export type Fault = (typeof FAULTS)[number];

const BUSY =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';
const SLOW_PIECES = 5;
const SLOW_PIECE_MS = 20;

/** A proxy before a server that spoils some requests, and counts all. */
export class FaultProxy implements Disposable {
  readonly #server = createServer((question, answer) => this.#answer(question, answer));
  readonly #target: string;
  readonly #faultOf: (path: string, attempt: number) => Fault | undefined;
  /** How often each path was asked for. */
  readonly attempts = new Map<string, number>();
  /** Names that it was asked under. */
  readonly hosts = new Set<string>();
  readonly faults = new Map<Fault, number>();
  /** What the server answered, in the order of its answers. */
  readonly statuses: number[] = [];
  connections = 0;

  /** @param faultOf what happens to the `attempt`th request for a path, from 1; none if undefined. */
  static async start(
    target: string,
    faultOf: (path: string, attempt: number) => Fault | undefined = () => undefined,
  ): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, faultOf);
    proxy.#server.on('connection', () => proxy.connections++);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(target: string, faultOf: (path: string, attempt: number) => Fault | undefined) {
    this.#target = target;
    this.#faultOf = faultOf;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer({ url, headers }: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = url!;
    this.hosts.add(headers.host!);
    const attempt = (this.attempts.get(path) ?? 0) + 1;
    this.attempts.set(path, attempt);
    const fault = this.#faultOf(path, attempt);
    if (fault) this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
    if (fault === 'drop') answer.destroy();
    else if (fault === 'busy') answer.writeHead(503, { 'content-type': 'application/xml' }).end(BUSY);
    else if (fault === 'page')
      answer.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad Gateway<br></html>');
    else {
      const { status, fields, body } = await this.#ask(path, headers);
      answer.writeHead(status, fields);
      if (fault === 'cut') answer.write(body.subarray(0, body.length / 2), () => answer.destroy());
      else if (fault === 'slow') drip(body, answer);
      else answer.end(body);
    }
  }

  /** Asks the server with the same path and host, which are signed. */
  #ask(path: string, headers: IncomingMessage['headers']) {
    return new Promise<{ status: number; fields: IncomingMessage['headers']; body: Buffer }>((resolve, reject) => {
      const question = request(`${this.#target}`, { path, headers }, async (response) => {
        const pieces = await response.toArray();
        this.statuses.push(response.statusCode!);
        // Whether a connection is kept is between neighbours.
        const { connection, ...fields } = response.headers;
        resolve({ status: response.statusCode!, fields, body: Buffer.concat(pieces) });
      });
      question.on('error', reject).end();
    });
  }
}

function drip(body: Buffer, answer: ServerResponse): void {
  const pieceBytes = Math.ceil(body.length / SLOW_PIECES);
  let sent = 0;
  const timer = setInterval(() => {
    answer.write(body.subarray(sent, sent + pieceBytes));
    sent += pieceBytes;
    if (sent < body.length) return;
    clearInterval(timer);
    answer.end();
  }, SLOW_PIECE_MS);
}
