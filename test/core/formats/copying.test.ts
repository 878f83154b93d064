import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { COPYING_NAMES, copyingFields, withoutCopying } from '../../../src/core/formats/copying.ts';

const ERRORS = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

const annotated = (...names: readonly string[]) => ({
  name: 'x',
  labels: {},
  annotations: Object.fromEntries(names.map((name) => [name, 'true'])),
});

describe('what asks for copies', () => {
  test.each([
    'reflector.v1.k8s.emberstack.com/reflection-allowed',
    'reflector.v1.k8s.emberstack.com/reflection-auto-enabled',
    'replicator.v1.mittwald.de/replicate-to',
    'replicator.v1.mittwald.de/replication-allowed',
    'kubed.appscode.com/sync',
    'propagate.hnc.x-k8s.io/select',
    'accurate.cybozu.com/propagate',
    'field.cattle.io/projectId',
    'synator/sync',
    'replizieren.dev/replicate-all',
    'jenkins.io/credentials-type',
  ])('%s, as an annotation and as a label', (name) => {
    expect(copyingFields(annotated(name))).toEqual([`annotations[${name}]`]);
    const labelled = { name: 'x', labels: { [name]: 'yes' }, annotations: {} };
    expect(copyingFields(labelled)).toEqual([`labels[${name}]`]);
    expect(withoutCopying(labelled)).toEqual({ name: 'x', labels: {}, annotations: {} });
  });

  test.each([
    'propagate.hnc.x-k8s.io/none',
    'reloader.stakater.com/match',
    'example.com/kubed.appscode.com',
    'argocd.argoproj.io/sync-options',
    'velero.io/exclude-from-backup',
    'team',
  ])('not %s', (name) => {
    const template = annotated(name);
    expect(copyingFields(template)).toEqual([]);
    expect(withoutCopying(template)).toEqual(template);
  });
});

test('the rest of a template stays, and what else is in it', () => {
  const template = { ...annotated('kubed.appscode.com/sync', 'note'), reload: 'Watch' as const };
  expect(withoutCopying(template)).toEqual({ ...annotated('note'), reload: 'Watch' });
});

test.each(COPYING_NAMES)('docs/errors.md lists %s of %s', (start, reader) => {
  const row = ERRORS.split('\n').find((line) => line.startsWith(`| \`${start}`));
  expect(row).toMatch(new RegExp(`\\| ${reader.replace('/', '\\/')} \\|$`));
});
