/** What a supervisor or a terminal sends to end a program in order. */
const STOP_SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Takes over SIGTERM and SIGINT for the rest of the process's life. The kernel drops a signal that
 * process 1 of a container has no handler for: this has to come before all that takes time.
 *
 * A second one of either ends the process at once, with the exit code that a shell gives to a process
 * that died of it.
 *
 * @returns what aborts with the first of them
 */
export function takeStopSignals(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted)
      process.exit(128 + STOP_SIGNAL_NUMBERS[name as 'SIGINT' | 'SIGTERM']);
    controller.abort(new Error(`stopped by ${name}`));
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  return controller.signal;
}
