/** `signing-keys smoke-test`: flags in, an exit code out. Helm runs it for `helm test`. */
import { systemClock } from '../platform/clock.ts';
import { createKubeClient } from '../platform/kube-client.ts';
import { KubeConfigError } from '../platform/kube-config.ts';
import { KubeApiError } from '../platform/kube-errors.ts';
import { createKubeTransport } from '../platform/kube-transport.ts';
import { parseOptions, USAGE_EXIT_CODE } from '../platform/options.ts';
import { takeStopSignals } from '../platform/stop-signals.ts';
import { SMOKE_OPTIONS, type SmokeConfig } from './config.ts';
import { SmokeTestError, smokeTest } from './smoke-test.ts';

const EXIT_FAILED = 1;

/** @returns the exit code: 0 where a token was verified, 1 where not, 2 for bad input. */
export async function runSmokeTest(argv: readonly string[]): Promise<number> {
  const parsed = parseOptions(
    {
      name: 'signing-keys smoke-test',
      help: 'Makes a set, waits for it, verifies a token by its JWKS, and removes it again.',
      options: SMOKE_OPTIONS,
    },
    argv,
    process.env,
  );
  if (!parsed.ok) {
    process.stdout.write(parsed.stdout);
    process.stderr.write(parsed.stderr);
    return parsed.exitCode;
  }
  try {
    await runWith(parsed.values);
    return 0;
  } catch (error) {
    const isTold = error instanceof SmokeTestError || error instanceof KubeApiError;
    if (!(isTold || error instanceof KubeConfigError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return isTold ? EXIT_FAILED : USAGE_EXIT_CODE;
  }
}

async function runWith(config: SmokeConfig): Promise<void> {
  const { stopping, release } = takeStopSignals();
  const transport = createKubeTransport({
    clock: systemClock,
    ...(config.kubeconfig === null ? {} : { kubeconfig: config.kubeconfig }),
    ...(config.context === null ? {} : { context: config.context }),
  });
  try {
    await smokeTest({
      client: createKubeClient({ transport, clock: systemClock }),
      clock: systemClock,
      ref: {
        namespace: config.namespace ?? transport.namespace ?? 'default',
        name: config.name,
      },
      timeoutMs: config.timeout,
      say: (line) => void process.stdout.write(`${line}\n`),
      signal: stopping,
    });
  } finally {
    await transport.close();
    release();
  }
}
