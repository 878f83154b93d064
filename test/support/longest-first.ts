import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that wait for minutes, whatever their size. */
const LONG = ['operator-idle.test.ts'];

/**
 * The usual order, but that these files come first: one of them at the end would keep the other
 * cores idle. A clean clone knows nothing of how long a file took the last time.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) =>
      LONG.some((name) => moduleId.endsWith(`/${name}`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
