import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on this machine that counts connections and tells when one is closed. */
export async function serve(listener: RequestListener) {
  let connections = 0;
  let closed = 0;
  const server = createServer(listener);
  server.on('connection', (socket) => {
    connections++;
    socket.on('close', () => closed++);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    connections: () => connections,
    closed: () => closed,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
