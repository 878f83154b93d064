import { Registry } from '@prometheus-io/client';
import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../src/operator/metrics.ts';
import { createServerMetrics } from '../../src/server/metrics.ts';
import { readMarkdown } from './markdown.ts';
import { readProjectFile } from './source-tree.ts';

/** Each metric with its labels, as `name(label, label)`. */
function metricsOf(registry: Registry): readonly string[] {
  return registry.getMetricsAsArray().map((metric) => {
    const labels: readonly string[] = Reflect.get(metric, 'labelNames');
    return described(metric.name, labels);
  });
}

function described(name: string, labels: readonly string[]): string {
  return `${name}(${[...labels].sort().join(', ')})`;
}

/** The rows of the tables with the columns metric, labels, meaning. */
function documented(page: string): readonly string[] {
  const tables = page.matchAll(/^\| metric \| labels \|.*\n\|[-|]+\n((?:\|.*\n)+)/gm);
  return [...tables].flatMap(([, rows = '']) =>
    [...rows.matchAll(/^\| `([a-z_]+)` \| ([^|]*) \|/gm)].map(([, name = '', labels = '']) =>
      described(name, readMarkdown(labels).code),
    ),
  );
}

/**
 * Words of PromQL and of Prometheus' configuration that look like the name of a metric, and what
 * kube-state-metrics has.
 */
const NO_METRICS = ['group_left', 'honor_labels', 'kube_namespace_labels', 'label_team'];

/** What the alert expressions speak of. */
function usedInExpressions(page: string): readonly string[] {
  const [, alerts = ''] = page.split('\n## What to alert on\n');
  return readMarkdown(alerts)
    .code.flatMap((code) => code.match(/\b[a-z]+(?:_[a-z]+)+\b/g) ?? [])
    .filter((word) => !NO_METRICS.includes(word));
}

describe('docs/metrics.md', () => {
  const page = readProjectFile('docs/metrics.md') ?? '';
  const operator = new Registry();
  createMetrics(operator, () => null);
  const known = [...metricsOf(operator), ...metricsOf(createServerMetrics().registry)];

  test('has every metric of both programs with its labels, and no other', () => {
    expect(known.length).toBeGreaterThan(15);
    expect([...documented(page)].sort()).toEqual([...known].sort());
  });

  test('names only metrics that there are in its expressions', () => {
    const names = new Set(known.map((text) => text.slice(0, text.indexOf('('))));
    const words = usedInExpressions(page);
    expect(words.length).toBeGreaterThan(10);
    expect(words.filter((word) => !names.has(word))).toEqual([]);
  });

  test('a metric that is not listed would be noticed', () => {
    const without = page.replace(/^\| `signingkeys_keys` .*\n/m, '');
    expect(documented(without)).toHaveLength(known.length - 1);
    const renamed = page.replace('`namespace`, `set`, `type`', '`namespace`, `type`');
    expect(documented(renamed)).toContain('signingkeys_condition(namespace, reason, type)');
  });
});
