import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute or more, whatever their size, by the end of their path; the longest first. */
const LONG = [
  'operator-safety.test.ts',
  'high-availability.test.ts',
  'cluster/operator/issuers.test.ts',
  'plans-4-of-4.test.ts',
  'plans-1-of-4.test.ts',
  'plans-2-of-4.test.ts',
  'planted-1-of-2.test.ts',
  'planted-2-of-2.test.ts',
  'plans-3-of-4.test.ts',
];

/**
 * These files first, then the others in their usual order: a long one at the end would keep the other
 * cores idle. A clean clone does not know how long a file took the last time.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isNamed = (name: string) => (file: TestSpecification) =>
      file.moduleId.endsWith(`/${name}`);
    const sorted = await super.sort(files);
    const long = LONG.flatMap((name) => sorted.filter(isNamed(name)));
    return [...long, ...sorted.filter((file) => !long.includes(file))];
  }
}
