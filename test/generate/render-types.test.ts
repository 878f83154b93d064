import { expect, test } from 'vitest';
import { type CrdSchema, renderTypes } from '../../src/generate/render-types.ts';

const text = { type: 'string' } as const;

const SCHEMA: CrdSchema = {
  type: 'object',
  description: 'A set.',
  required: ['spec'],
  properties: {
    metadata: { type: 'object' },
    spec: {
      type: 'object',
      required: ['name'],
      properties: {
        name: { ...text, description: 'Its name.', maxLength: 10 },
        mode: { ...text, enum: ['A', 'B'], default: 'A' },
        size: { type: 'integer', enum: [1, 2] },
        labels: { type: 'object', maxProperties: 2, additionalProperties: text },
        parts: {
          type: 'array',
          maxItems: 3,
          'x-kubernetes-list-map-keys': ['id'],
          items: {
            type: 'object',
            required: ['id'],
            properties: { id: { ...text, maxLength: 5 }, on: { type: 'boolean' } },
          },
        },
      },
    },
  },
};

test('required and defaulted fields are there, the others may be missing', () => {
  expect(renderTypes(SCHEMA, 'crd.yaml')).toBe(`\
// Generated from crd.yaml by \`make generate\`. Do not edit.
import type { JsonSchema } from './json-schema.ts';
import type { StoredMeta } from './stored-meta.ts';

export interface SigningKeySetSpecPart {
  readonly id: string;
  readonly on?: boolean;
}

export interface SigningKeySetSpec {
  /** Its name. */
  readonly name: string;
  readonly mode: 'A' | 'B';
  readonly size?: 1 | 2;
  readonly labels?: Readonly<Record<string, string>>;
  readonly parts?: readonly SigningKeySetSpecPart[];
}

/** A set. */
export interface SigningKeySet {
  readonly metadata: StoredMeta;
  readonly spec: SigningKeySetSpec;
}

/** What the API server checks of a spec before any CEL rule, and its defaults. */
export const SPEC_SCHEMA: JsonSchema = ${JSON.stringify(
    {
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string', maxLength: 10 },
        mode: { type: 'string', enum: ['A', 'B'], default: 'A' },
        size: { type: 'integer', enum: [1, 2] },
        labels: { type: 'object', maxProperties: 2, additionalProperties: { type: 'string' } },
        parts: {
          type: 'array',
          maxItems: 3,
          listMapKeys: ['id'],
          items: {
            type: 'object',
            required: ['id'],
            properties: { id: { type: 'string', maxLength: 5 }, on: { type: 'boolean' } },
          },
        },
      },
    },
    null,
    2,
  )};
`);
});

test('the schema of the status follows, if there is one', () => {
  const status: CrdSchema = { type: 'object', properties: { kid: { ...text, maxLength: 9 } } };
  const schema = { ...SCHEMA, properties: { ...SCHEMA.properties, status } };
  expect(renderTypes(schema, 'crd.yaml')).toContain(`
/** What the API server checks of a status. */
export const STATUS_SCHEMA: JsonSchema = ${JSON.stringify(status, null, 2)};
`);
});

test('a type that it does not know is an error, not a guess', () => {
  const spec: CrdSchema = { type: 'object', properties: { x: { type: 'number' } } };
  expect(() => renderTypes({ type: 'object', properties: { spec } }, 'crd.yaml')).toThrow(
    "SigningKeySetSpecX: the type 'number' is not known",
  );
});
