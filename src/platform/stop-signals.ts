/** What a supervisor or a terminal sends to end a program in order. */
const STOP_SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

export interface StopSignals {
  /** Aborts with the first SIGTERM or SIGINT. */
  readonly stopping: AbortSignal;
  /** Gives the signals their usual effect back. */
  release(): void;
}

/**
 * Takes over SIGTERM and SIGINT. A second one of either ends the process at once, with the exit
 * code that a shell gives to a process that died of it.
 */
export function takeStopSignals(): StopSignals {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted)
      process.exit(128 + STOP_SIGNAL_NUMBERS[name as 'SIGINT' | 'SIGTERM']);
    controller.abort(new Error(`stopped by ${name}`));
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  return {
    stopping: controller.signal,
    release() {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, onSignal);
    },
  };
}
