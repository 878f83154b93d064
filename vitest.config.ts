import { defineConfig } from 'vitest/config';

// Two projects: `fast` needs nothing but Node; `cluster` starts a real kube-apiserver first.
export default defineConfig({
  test: {
    // The second ends each suite in one line of JSON with its figures.
    reporters: ['default', './test/support/json-line-reporter.ts'],
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/cluster/**'],
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
    ],
  },
});
