/** Proxies that note by which way a request came, and lead to one server whatever they are asked for. */
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcp, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Whatever server it is asked for, it connects to the one on this port. */
export async function startHttpProxy(port: number, ways: string[]): Promise<string> {
  const proxy = createServer();
  proxy.on('connect', (request, client: Socket) => {
    ways.push(`http ${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
    client.write('HTTP/1.1 200 OK\r\n\r\n');
    joinTo(client, port);
  });
  return await listening(proxy, 'http');
}

/** SOCKS 5 (RFC 1928) with a name and a password (RFC 1929), for one name at a time. */
export async function startSocksProxy(port: number, ways: string[]): Promise<string> {
  const proxy = createTcp((client) => {
    let stage: 'greeting' | 'password' | 'request' = 'greeting';
    let given = '';
    client.on('error', () => undefined);
    client.on('data', function take(bytes: Buffer) {
      if (stage === 'greeting') {
        const method = bytes.subarray(2).includes(2) ? 2 : 0;
        stage = method === 2 ? 'password' : 'request';
        client.write(Buffer.from([5, method]));
      } else if (stage === 'password') {
        given = bytes
          .subarray(2)
          .toString('latin1')
          .replace(/[^a-z]/g, ' ');
        stage = 'request';
        client.write(Buffer.from([1, 0]));
      } else {
        const name = bytes[3] === 3 ? bytes.subarray(5, -2).toString() : 'an address';
        ways.push(`socks5 ${name} ${given}`);
        client.off('data', take);
        client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
        joinTo(client, port);
      }
    });
  });
  return await listening(proxy, 'socks5');
}

function joinTo(client: Socket, port: number): void {
  const upstream = connect(port, '127.0.0.1');
  upstream.on('error', () => client.destroy());
  client.on('error', () => upstream.destroy());
  upstream.pipe(client).pipe(upstream);
}

async function listening(
  server: ReturnType<typeof createTcp> | ReturnType<typeof createServer>,
  protocol: string,
): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
