/** `replay SEED`: repeats a run, and tells it step by step. */

import { parseSeed } from '../faults/seed.ts';
import { storyText } from './report.ts';
import { trySeed } from './trial.ts';

/**
 * @param until where to stop: a step (`update:secrets:payments-signer:3`), or nowhere
 * @returns whether no promise was broken
 */
export async function replay(
  text: string,
  options: { readonly until: string | null; readonly requests: boolean },
  print: (text: string) => void,
): Promise<boolean> {
  const trial = await trySeed(parseSeed(text));
  const story = storyText(trial, options.requests || options.until !== null);
  print(options.until === null ? story : storyUntil(story, options.until));
  return trial.violations.length === 0;
}

function storyUntil(story: string, step: string): string {
  const lines = story.split('\n');
  const last = lines.findIndex((line) => line.split(/\s+/).includes(step));
  return last < 0 ? `${story}\nthere was no step ${step}` : lines.slice(0, last + 1).join('\n');
}
