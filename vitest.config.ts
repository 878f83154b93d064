import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/vitest/longest-first.ts';

/** What mirrors `src` and opens no socket, and the golden timelines of the core. */
const UNIT = 'test/{api,core,generate,platform,scenarios,server,smoke}/**/!(*.io).test.ts';

// `unit` and `fast` need nothing but Node: `unit` says within seconds which function is wrong, `fast`
// has everything else. `cluster` starts a real kube-apiserver first, `charts` has Helm as well, `image`
// builds the container image and runs it in Docker, and `e2e` starts a whole cluster of one node, and
// needs root, or the kubeconfig of another cluster. `e2e-soak` is a part of `make soak`.
export default defineConfig({
  test: {
    // The second ends each suite in one line of JSON with its figures.
    reporters: ['default', './test/support/vitest/json-line-reporter.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: [UNIT],
          setupFiles: ['./test/support/vitest/no-io.ts'],
          // Loading the same modules again for each file would take as long as the tests.
          isolate: false,
          // A key of 4096 bits takes seconds on a busy machine.
          testTimeout: 20_000,
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'fast',
          // Node runs the files as they are, which costs the simulator an eighth less than Vite's copies.
          experimental: { viteModuleRunner: false },
          include: ['test/**/*.test.ts'],
          exclude: [
            UNIT,
            'test/cluster/**',
            'test/charts/**',
            // What a pod's program does by itself is fast.
            'test/e2e/!(pods)/**',
            'test/e2e/*.test.ts',
            'test/image/**',
            'test/workflows/**',
          ],
          testTimeout: 60_000,
          // All cores: by itself it leaves one of them idle.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          globalSetup: ['test/cluster/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // They wait for half of their time, for leases, gates and watches.
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'charts',
          include: ['test/charts/**/*.test.ts', 'test/workflows/**/*.test.ts'],
          globalSetup: ['test/charts/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'image',
          include: ['test/image/**/*.test.ts'],
          globalSetup: ['test/image/global-setup.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/e2e/soak/**', 'test/e2e/pods/**'],
          globalSetup: ['test/e2e/cluster/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // They wait, for minutes: all of them at a time.
          maxWorkers: 8,
        },
      },
      {
        test: {
          name: 'e2e-soak',
          include: ['test/e2e/soak/**/*.test.ts'],
          globalSetup: ['test/e2e/cluster/global-setup.ts'],
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
