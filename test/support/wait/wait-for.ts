import { inspect } from 'node:util';

export interface WaitOptions {
  /** How long to wait in all before giving up. */
  readonly timeoutMs: number;
  /** What is waited for, in words; the error that ends a vain wait begins with it. */
  readonly describe: string;
  /** Pause between two looks; by default 50 ms. */
  readonly intervalMs?: number;
}

/** What a condition may answer while it does not hold. */
export type NotYet = undefined | null | false;

/**
 * Looks until `condition` holds and returns what it found. A condition does not hold while it
 * answers `undefined`, `null` or `false`, or throws. After `timeoutMs` the wait ends in an error
 * which says what was waited for and what the last look saw; its cause is the last throw. One
 * look that takes longer than the time left is not waited for either.
 */
export async function waitFor<T>(
  condition: () => T | NotYet | Promise<T | NotYet>,
  options: WaitOptions,
): Promise<T> {
  const deadlineMs = performance.now() + options.timeoutMs;
  let last: Look<T> = { answer: undefined };
  for (;;) {
    last = await look(condition, deadlineMs - performance.now(), last);
    if (holds(last)) return last.answer;
    if (performance.now() >= deadlineMs) throw vain(options, last);
    await new Promise((resolve) => setTimeout(resolve, options.intervalMs ?? 50));
  }
}

type Look<T> = { answer: T | NotYet } | { error: unknown };

function holds<T>(look: Look<T>): look is { answer: T } {
  return (
    'answer' in look && look.answer !== undefined && look.answer !== null && look.answer !== false
  );
}

/** One look; a look that does not end in `leftMs` leaves what the one before it saw. */
async function look<T>(
  condition: () => T | NotYet | Promise<T | NotYet>,
  leftMs: number,
  before: Look<T>,
): Promise<Look<T>> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<Look<T>>((resolve) => {
    timer = setTimeout(() => resolve(before), Math.max(leftMs, 0));
  });
  const one = Promise.resolve()
    .then(condition)
    .then(
      (answer): Look<T> => ({ answer }),
      (error: unknown): Look<T> => ({ error }),
    );
  try {
    return await Promise.race([one, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

function vain<T>(options: WaitOptions, last: Look<T>): Error {
  const what = `waited ${options.timeoutMs} ms in vain for ${options.describe}`;
  if ('error' in last) {
    const { error } = last;
    const message = error instanceof Error ? error.message : inspect(error);
    return new Error(`${what}; the last look failed: ${message}`, { cause: error });
  }
  return new Error(`${what}; the last look saw ${inspect(last.answer)}`);
}
