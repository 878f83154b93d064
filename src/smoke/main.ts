/** `signing-keys smoke-test`: flags in, an exit code out. Helm runs it for `helm test`. */
import { connect } from '../platform/cli/cluster-options.ts';
import { USAGE_EXIT_CODE } from '../platform/cli/options.ts';
import { runProgram } from '../platform/cli/run-program.ts';
import { systemClock } from '../platform/clock.ts';
import { createKubeClient } from '../platform/kube/client.ts';
import { KubeApiError } from '../platform/kube/errors.ts';
import { KubeConfigError } from '../platform/kubeconfig/config.ts';
import { SMOKE_OPTIONS, type SmokeConfig } from './flags.ts';
import { SmokeTestError, smokeTest } from './smoke-test.ts';

const EXIT_FAILED = 1;

/** @returns the exit code: 0 if a token was verified, 1 if not, 2 for bad input. */
export function runSmokeTest(argv: readonly string[], stopping: AbortSignal): Promise<number> {
  return runProgram(
    {
      name: 'signing-keys smoke-test',
      help: "Creates a set, waits until it is ready, signs a token and verifies it against the set's JWKS, then deletes the set.",
      options: SMOKE_OPTIONS,
      run: (config) => runWith(config, stopping),
      exitCodeOf,
    },
    argv,
  );
}

function exitCodeOf(error: unknown): number | null {
  if (error instanceof SmokeTestError || error instanceof KubeApiError) return EXIT_FAILED;
  return error instanceof KubeConfigError ? USAGE_EXIT_CODE : null;
}

async function runWith(config: SmokeConfig, stopping: AbortSignal): Promise<number> {
  const transport = connect(config);
  const namespace = config.namespace ?? transport.namespace ?? 'default';
  try {
    await smokeTest({
      client: createKubeClient({ transport, clock: systemClock }),
      clock: systemClock,
      ref: { namespace, name: config.name },
      timeoutMs: config.timeout,
      say: (line) => void process.stdout.write(`${line}\n`),
      signal: stopping,
    });
    return 0;
  } finally {
    await transport.close();
  }
}
