import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { VERIFIER_PRESETS, type VerifierPreset } from '../../src/core/formats/presets.ts';
import { formatDurationMs } from '../../src/core/formats/time.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
}

const FILE = new URL('../../crds/signingkeys.dev_signingkeysets.yaml', import.meta.url);
const crd = parse(readFileSync(FILE, 'utf8')) as {
  spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
};

/** Every part of the spec's and the status' schema with its path. */
function parts(schema: Schema, path: string): [string, Schema][] {
  return [
    [path, schema],
    ...Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
      parts(child, `${path}.${name}`),
    ),
    ...(schema.items === undefined ? [] : parts(schema.items, `${path}[]`)),
    ...(schema.additionalProperties === undefined
      ? []
      : parts(schema.additionalProperties, `${path}{}`)),
  ];
}

const root = crd.spec.versions[0]?.schema.openAPIV3Schema;
const all = ['spec', 'status'].flatMap((name) => parts(root?.properties?.[name] ?? {}, name));
const pathsWhere = (wrong: (schema: Schema, path: string) => boolean) =>
  all.filter(([path, schema]) => wrong(schema, path)).map(([path]) => path);

test('there are parts to check', () => {
  expect(all.length).toBeGreaterThan(60);
});

test('every field has a description that is a sentence', () => {
  const undescribed = ({ description = '' }: Schema, path: string) =>
    !path.endsWith('{}') && !/^[A-Z].*\.$/s.test(description);
  expect(pathsWhere(undescribed)).toEqual([]);
});

test('every string, list and map is bounded', () => {
  const unbounded = (schema: Schema) =>
    (schema.type === 'string' && schema.enum === undefined && schema.maxLength === undefined) ||
    (schema.type === 'array' && schema.maxItems === undefined) ||
    (schema.additionalProperties !== undefined && schema.maxProperties === undefined);
  expect(pathsWhere(unbounded)).toEqual([]);
});

test('no field is accepted unread', () => {
  expect(readFileSync(FILE, 'utf8')).not.toContain('x-kubernetes-preserve-unknown-fields');
});

test('it has the presets, with C in both rules that need it, and D', () => {
  const presets = Object.entries(VERIFIER_PRESETS);
  const mapOf = (value: (preset: VerifierPreset) => string) =>
    `{${presets.map(([name, of]) => `'${name}': '${value(of)}'`).join(', ')}}`;
  const cache = mapOf(({ cacheTtlMs }) => formatDurationMs(cacheTtlMs));
  const trust = mapOf(({ trustMs }) => (trustMs === null ? '99999h' : formatDurationMs(trustMs)));
  const found = readFileSync(FILE, 'utf8').match(/\{'jose': [^}]*\}/g) ?? [];
  // Each in a rule and in its message.
  const expected = [cache, cache, trust, trust, cache, cache];
  expect(found.map((text) => text.replace(/\s+/g, ' '))).toEqual(expected);
  const preset = new Map(all).get('spec.verifiers[].preset');
  expect(preset?.enum).toEqual(presets.map(([name]) => name));
});
