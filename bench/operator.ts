/** The bundled operator against a real API server, up and ready. */
import { get } from 'node:http';
import type { ControlPlane } from '../test/cluster/control-plane/control-plane.ts';
import { waitFor } from '../test/support/wait/wait-for.ts';
import { freePort, type Program, startProgram } from './program.ts';

export interface RunningOperator extends AsyncDisposable {
  readonly program: Program;
  /** The last lines that it printed. */
  output(): string;
  /** What it answers at `/metrics`. */
  metrics(): Promise<string>;
}

export async function startOperator(controlPlane: ControlPlane): Promise<RunningOperator> {
  const port = await freePort();
  const program = await startProgram(
    ['operator', '--listen', `127.0.0.1:${port}`, '--log-level', 'warn'],
    { KUBECONFIG: controlPlane.kubeconfig() },
  );
  const textOf = (path: string) => textAt(`http://127.0.0.1:${port}${path}`);
  await waitFor(async () => (await textOf('/readyz')) === 'ok\n', {
    timeoutMs: 30_000,
    describe: 'the operator to be ready',
  });
  return {
    program,
    output: () => program.output(),
    metrics: () => textOf('/metrics'),
    [Symbol.asyncDispose]: () => program.stop(),
  };
}

function textAt(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => resolve(Buffer.concat(chunks).toString()));
    }).on('error', reject);
  });
}
