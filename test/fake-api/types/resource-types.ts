import { child, type JsonObject, metadataOf, nameOf, withMetadata } from '../json/json.ts';
import type { Cause } from './status-error.ts';
import {
  validateConfigMap,
  validateEvent,
  validateLease,
  validateSecret,
} from './validate-kinds.ts';

/** What the fake knows of one resource; {@link RESOURCE_TYPES} is the registry. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** A custom resource: keeps unknown fields, demands kind and apiVersion. */
  readonly custom: boolean;
  /** Has `generation`, which grows with every change outside metadata and status. */
  readonly generation: boolean;
  readonly statusSubresource: boolean;
  /** A PUT of a name that is not there creates it (Leases, Events). */
  readonly createOnPut: boolean;
  /** A PUT without resourceVersion is refused (custom resources, Leases). */
  readonly versionRequired: boolean;
  /** Top-level fields that are kept; null keeps all. */
  readonly fields: readonly string[] | null;
  /** Paths of structs, which no manager owns as a whole (`spec` of a Lease). */
  readonly structs: readonly string[];
  /** Paths whose whole value one manager owns. */
  readonly atomic: readonly string[];
  /** Field selectors besides `metadata.name` and `metadata.namespace`, by their paths. */
  readonly selectable: readonly string[];
  /** Two versions of one thing share a storage; field names of this one → of the stored. */
  readonly storedAs?: { readonly type: string; readonly fields: Readonly<Record<string, string>> };
  /** Defaults and conversions at reading the body: what is filled in here is the writer's own. */
  readonly decode?: (object: JsonObject) => JsonObject;
  /** What the server itself sets, which nobody owns. */
  readonly prepare?: (object: JsonObject, live: JsonObject | null) => JsonObject;
  readonly validate?: (object: JsonObject, live: JsonObject | null) => Cause[];
}

const BUILT_IN = {
  group: '',
  version: 'v1',
  namespaced: true,
  custom: false,
  generation: false,
  statusSubresource: false,
  createOnPut: false,
  versionRequired: false,
  structs: [],
  atomic: [],
  selectable: [],
} as const;

const EVENT_FIELDS = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'series',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const;

/** `events.k8s.io/v1` name → core v1 name, if they differ. */
const EVENT_NAMES = {
  regarding: 'involvedObject',
  note: 'message',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
  reportingController: 'reportingComponent',
} as const;

export const RESOURCE_TYPES: readonly ResourceType[] = [
  {
    ...BUILT_IN,
    plural: 'namespaces',
    kind: 'Namespace',
    namespaced: false,
    fields: ['spec', 'status'],
    structs: ['spec', 'status'],
    selectable: ['name'],
    decode: labelNamespace,
    prepare: prepareNamespace,
  },
  {
    ...BUILT_IN,
    plural: 'secrets',
    kind: 'Secret',
    fields: ['data', 'stringData', 'type', 'immutable'],
    selectable: ['type'],
    decode: decodeSecret,
    validate: validateSecret,
  },
  {
    ...BUILT_IN,
    plural: 'configmaps',
    kind: 'ConfigMap',
    fields: ['data', 'binaryData', 'immutable'],
    validate: validateConfigMap,
  },
  {
    ...BUILT_IN,
    plural: 'pods',
    kind: 'Pod',
    statusSubresource: true,
    fields: ['spec', 'status'],
    structs: ['spec', 'status'],
    selectable: ['status.phase', 'spec.nodeName'],
    prepare: (pod, live) => (live ? pod : { ...pod, status: { phase: 'Pending' } }),
  },
  ...(
    [
      ['deployments', 'Deployment'],
      ['statefulsets', 'StatefulSet'],
      ['daemonsets', 'DaemonSet'],
    ] as const
  ).map(([plural, kind]) => ({
    ...BUILT_IN,
    group: 'apps',
    plural,
    kind,
    generation: true,
    statusSubresource: true,
    fields: ['spec', 'status'],
    structs: ['spec', 'spec.template', 'spec.template.metadata', 'status'],
  })),
  {
    ...BUILT_IN,
    group: 'coordination.k8s.io',
    plural: 'leases',
    kind: 'Lease',
    createOnPut: true,
    versionRequired: true,
    fields: ['spec'],
    structs: ['spec'],
    validate: validateLease,
  },
  {
    ...BUILT_IN,
    plural: 'events',
    kind: 'Event',
    createOnPut: true,
    fields: EVENT_FIELDS,
    structs: ['source'],
    atomic: ['involvedObject', 'related'],
    selectable: ['reason', 'type', 'reportingComponent'],
    validate: (object, live) => validateEvent(object, live, false),
  },
  {
    ...BUILT_IN,
    group: 'events.k8s.io',
    plural: 'events',
    kind: 'Event',
    createOnPut: true,
    fields: EVENT_FIELDS,
    structs: ['source'],
    atomic: ['involvedObject', 'regarding', 'related'],
    selectable: ['reason', 'type'],
    storedAs: { type: '/events', fields: EVENT_NAMES },
    validate: (object, live) => validateEvent(object, live, true),
  },
];

/** One line for each custom resource: `customResource('example.com', 'v1', 'widgets', 'Widget')`. */
export function customResource(
  group: string,
  version: string,
  plural: string,
  kind: string,
  more: Partial<Pick<ResourceType, 'decode' | 'validate' | 'namespaced' | 'atomic'>> = {},
): ResourceType {
  return {
    ...BUILT_IN,
    group,
    version,
    plural,
    kind,
    custom: true,
    generation: true,
    statusSubresource: true,
    versionRequired: true,
    fields: null,
    ...more,
  };
}

export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** The key under which objects of a type are stored; both kinds of Events share one. */
export function storageOf(type: ResourceType): string {
  return type.storedAs?.type ?? `${type.group}/${type.plural}`;
}

function labelNamespace(object: JsonObject): JsonObject {
  const labels = { ...child(metadataOf(object), 'labels') };
  labels['kubernetes.io/metadata.name'] = nameOf(object);
  return withMetadata(object, { labels });
}

function prepareNamespace(object: JsonObject, live: JsonObject | null): JsonObject {
  if (live) return { ...object, spec: live['spec'] ?? {}, status: live['status'] ?? {} };
  return { ...object, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
}

/** `stringData` is written over `data` and never read back; the type defaults to `Opaque`. */
function decodeSecret(object: JsonObject): JsonObject {
  const { stringData, ...rest } = object;
  const added = Object.entries((stringData ?? {}) as Record<string, string>).map(
    ([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')] as const,
  );
  const data = { ...(rest['data'] as JsonObject | undefined), ...Object.fromEntries(added) };
  return {
    ...rest,
    ...(Object.keys(data).length === 0 ? {} : { data }),
    type: rest['type'] ?? 'Opaque',
  };
}
