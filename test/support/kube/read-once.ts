/** One GET by the transport of the programs, as a process of its own: KUBECONFIG-FILE PATH. */
import { systemClock } from '../../../src/platform/clock.ts';
import { createKubeTransport } from '../../../src/platform/kube/http-transport.ts';

const [kubeconfig = '', path = ''] = process.argv.slice(2);
try {
  const transport = createKubeTransport({ clock: systemClock, kubeconfig });
  const signal = AbortSignal.timeout(30_000);
  const { status } = await transport.send({ method: 'GET', path }, signal);
  process.exit(status === 200 ? 0 : 1);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
