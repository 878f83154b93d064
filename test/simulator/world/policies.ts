/**
 * Hands that never tire: whatever anybody writes, a field of an object is as they want it. They work as
 * mutating admission policies do, or as a client that puts its own value back a moment after each write.
 */
import { ANNOTATION, FINALIZER, LABEL, SET_PLURAL } from '../../../src/core/formats/names.ts';
import { child, type JsonObject, metadataOf, text, texts } from '../../fake-api/json/json.ts';
import type { Fight } from '../record/history.ts';

export type Carried = 'rotation' | 'removal' | 'revocation' | 'status';

export interface FoughtField {
  /** Plural, with its subresource. */
  readonly on: (resource: string, name: string) => boolean;
  readonly mutate: (draft: JsonObject) => void;
  /** Whether what the operator writes is contradicted as long as the object is there. */
  readonly contradicts: 'always' | 'never' | 'at times';
  /**
   * What the field itself carries, and so cannot go on without it: a rotation, the proof that a revoked key
   * is gone, what was asked for and revoked, or what the status says.
   */
  readonly carries: readonly Carried[];
}

const isJwks = (resource: string) => resource === 'configmaps';
const isKey = (resource: string, name: string) => resource === 'secrets' && /-key-\d+$/.test(name);
const isSigner = (resource: string, name: string) =>
  resource === 'secrets' && name.endsWith('-signer');
const isObject = (resource: string) => resource === 'secrets' || resource === 'configmaps';
const isStatus = (resource: string) => resource === `${SET_PLURAL}.status`;

function annotate(draft: JsonObject, name: string, value: string | null): void {
  const annotations = { ...child(metadataOf(draft), 'annotations') };
  if (value === null) delete annotations[name];
  else annotations[name] = value;
  draft['metadata'] = { ...metadataOf(draft), annotations };
}

function withData(draft: JsonObject, name: string, value: string): void {
  draft['data'] = { ...child(draft, 'data'), [name]: value };
}

/** By name. */
export const FOUGHT_FIELDS = {
  /** A label by which people, and the operator's own lists, find the object. */
  label: {
    on: isObject,
    mutate: (draft) => {
      const labels = { ...child(metadataOf(draft), 'labels'), [LABEL.set]: 'platform' };
      draft['metadata'] = { ...metadataOf(draft), labels };
    },
    contradicts: 'always',
    carries: [],
  },
  annotation: {
    on: isObject,
    mutate: (draft) => annotate(draft, ANNOTATION.appliedMetadata, '{}'),
    contradicts: 'always',
    carries: [],
  },
  /** An entry of its own: nobody's key. */
  entry: {
    on: (resource, name) => isJwks(resource) || isSigner(resource, name),
    mutate: (draft) => withData(draft, 'stamp', 'cGxhdGZvcm0='),
    contradicts: 'never',
    carries: [],
  },
  /** Verifiers may go by it, so that no wait is certain. */
  serve: {
    on: isJwks,
    mutate: (draft) => withData(draft, 'serve.json', '{"maxAgeSeconds":1,"sharedMaxAgeSeconds":0}'),
    contradicts: 'always',
    carries: ['rotation', 'removal'],
  },
  /** The same keys in other bytes. */
  format: {
    on: isJwks,
    mutate: (draft) => {
      const jwks = text(child(draft, 'data'), 'jwks.json');
      if (jwks !== '') withData(draft, 'jwks.json', JSON.stringify(JSON.parse(jwks)));
    },
    contradicts: 'always',
    carries: ['rotation', 'removal'],
  },
  /** By which ledger the JWKS was made: the proof that a key is gone. */
  generation: {
    on: isJwks,
    mutate: (draft) => annotate(draft, ANNOTATION.generation, null),
    contradicts: 'always',
    carries: ['removal'],
  },
  copy: {
    on: isJwks,
    mutate: (draft) => annotate(draft, ANNOTATION.ledger, null),
    contradicts: 'always',
    carries: [],
  },
  ledger: {
    on: isSigner,
    mutate: (draft) => annotate(draft, ANNOTATION.ledger, null),
    contradicts: 'always',
    carries: ['rotation', 'removal', 'revocation', 'status'],
  },
  /** On the Secret of a key that is new, it makes the key useless: another one is made. */
  ordinal: {
    on: isKey,
    mutate: (draft) => annotate(draft, ANNOTATION.ordinal, '99'),
    contradicts: 'at times',
    carries: [],
  },
  finalizer: {
    on: (resource) => resource === SET_PLURAL,
    mutate: (draft) => {
      const finalizers = texts(metadataOf(draft), 'finalizers').filter(
        (name) => name !== FINALIZER,
      );
      draft['metadata'] = { ...metadataOf(draft), finalizers };
    },
    contradicts: 'at times',
    carries: [],
  },
  'status-key': {
    on: isStatus,
    mutate: (draft) => {
      draft['status'] = { ...child(draft, 'status'), activeKey: '#99' };
    },
    contradicts: 'never',
    carries: ['status'],
  },
  'status-ledger': {
    on: isStatus,
    mutate: (draft) => {
      const { ledger: _, ...status } = child(draft, 'status');
      draft['status'] = status;
    },
    contradicts: 'never',
    carries: [],
  },
} as const satisfies Readonly<Record<string, FoughtField>>;

export type FieldName = keyof typeof FOUGHT_FIELDS;

export const FIELD_NAMES = Object.keys(FOUGHT_FIELDS) as readonly FieldName[];

/** @throws if there is none of that name. */
export function foughtField(name: string): FoughtField {
  const found = (FOUGHT_FIELDS as Readonly<Record<string, FoughtField>>)[name];
  if (found === undefined) throw new Error(`nobody fights over ${name}`);
  return found;
}

/** A policy over one object, as the fake API takes it. */
export function policyOf({ field, resource, name }: Fight) {
  const [plural = '', subresource = ''] = resource.split('.');
  const { mutate } = foughtField(field);
  return {
    resource: plural,
    subresource,
    mutate: (draft: JsonObject) => {
      if (text(metadataOf(draft), 'name') === name) mutate(draft);
    },
  };
}
