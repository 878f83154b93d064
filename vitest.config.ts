import { defineConfig } from 'vitest/config';

// Three projects: `fast` needs nothing but Node; `cluster` starts a real kube-apiserver first; `e2e`
// starts a whole cluster of one node, and needs root, or the kubeconfig of another cluster.
export default defineConfig({
  test: {
    // The second ends each suite in one line of JSON with its figures.
    reporters: ['default', './test/support/json-line-reporter.ts'],
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/cluster/**', 'test/e2e/**'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          globalSetup: ['test/cluster/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // They wait, for minutes, and compute next to nothing: all of them at a time.
          maxWorkers: 8,
        },
      },
    ],
  },
});
