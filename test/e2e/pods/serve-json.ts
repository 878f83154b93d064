import { createServer } from 'node:http';

/** Answers each path with what its function says, as JSON. */
export async function serveJson(
  port: number,
  routes: Readonly<Record<string, (query: URLSearchParams) => unknown>>,
): Promise<void> {
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const route = routes[pathname];
    response.statusCode = route === undefined ? 404 : 200;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify((await route?.(searchParams)) ?? null));
  });
  await new Promise<void>((resolve) => server.listen(port, resolve));
}
