/** The signals by which a supervisor or a terminal stops a program. */
const STOP_SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Handles SIGTERM and SIGINT from now on, and ignores SIGUSR1. Call it before anything that takes time: the kernel drops a
 * signal for which process 1 of a container has no handler.
 *
 * The second signal ends the process immediately, with the exit code that shells report for a process
 * that the signal killed.
 *
 * @returns a signal that aborts at the first of them
 */
export function takeStopSignals(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted)
      process.exit(128 + STOP_SIGNAL_NUMBERS[name as 'SIGINT' | 'SIGTERM']);
    controller.abort(new Error(`stopped by ${name}`));
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  // Node answers this one with a debugger, which reads every key. Node's own flag, with which this
  // program is started where we start it, leaves the signal's default: it would end the process.
  process.on('SIGUSR1', () => {});
  return controller.signal;
}
