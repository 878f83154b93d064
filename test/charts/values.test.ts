/** values.yaml and values.schema.json say the same, and the schema is strict at every depth. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { OPERATOR_CHART, SERVER_CHART } from './helm.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

function schemaOf(chart: string): Schema {
  return JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8'));
}

function valuesOf(chart: string): Record<string, unknown> {
  return parse(readFileSync(join(chart, 'values.yaml'), 'utf8'));
}

/** What only a chart sets that this one is part of. */
const FROM_PARENT = ['enabled'];
/** It is for all parts of such a chart, and may have values that are for others. */
const SHARED = 'values.global';

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where the two differ. A map that the schema leaves to Kubernetes is not looked into. */
function differences(
  root: Schema,
  schema: Schema,
  value: unknown,
  path: string,
): readonly string[] {
  const resolved = schema.$ref?.replace('#/definitions/', '');
  const here = resolved === undefined ? schema : (root.definitions?.[resolved] ?? {});
  if (here.properties === undefined || !isMap(value)) return [];
  const isRoot = path === 'values';
  const known = Object.keys(here.properties).filter(
    (name) => !(isRoot && FROM_PARENT.includes(name)),
  );
  const isStrict = here.additionalProperties === false || path === SHARED;
  const strict = isStrict ? [] : [`${path} lets other values pass`];
  const unknown = Object.keys(value).filter((name) => !known.includes(name));
  // A list of possible settings, of which values.yaml sets some.
  const isChoice = resolved === 'probe' || resolved === 'resources';
  const missing = isChoice ? [] : known.filter((name) => !Object.hasOwn(value, name));
  return [
    ...strict,
    ...unknown.map((name) => `${path}.${name} is not in the schema`),
    ...missing.map((name) => `${path}.${name} is not in values.yaml`),
    ...known.flatMap((name) =>
      differences(root, here.properties?.[name] ?? {}, value[name], `${path}.${name}`),
    ),
  ];
}

describe.each([
  ['signing-key-operator', OPERATOR_CHART],
  ['jwks-server', SERVER_CHART],
])('%s', (_, chart) => {
  test('the schema knows every value, and values.yaml has every one that it knows', () => {
    expect(differences(schemaOf(chart), schemaOf(chart), valuesOf(chart), 'values')).toEqual([]);
  });

  test('no definition of the schema is dead', () => {
    const text = readFileSync(join(chart, 'values.schema.json'), 'utf8');
    const names = Object.keys(schemaOf(chart).definitions ?? {});
    expect(names.filter((name) => !text.includes(`"#/definitions/${name}"`))).toEqual([]);
  });

  test('a difference would be noticed', () => {
    const values = { ...valuesOf(chart), more: 1, image: { repository: 'x' } };
    const found = differences(schemaOf(chart), schemaOf(chart), values, 'values');
    expect(found).toContain('values.more is not in the schema');
    expect(found).toContain('values.image.tag is not in values.yaml');
  });
});
