/** A custom resource of the conformance suite's own, with a status subresource. */
export const WIDGET = {
  group: 'conformance.signingkeys.dev',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
} as const;

const SCHEMA = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer' },
        tags: { type: 'array', items: { type: 'string' } },
      },
    },
    status: { type: 'object', properties: { phase: { type: 'string' } } },
  },
};

/** For a real API server; the fake registers {@link WIDGET}. */
export const WIDGET_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${WIDGET.plural}.${WIDGET.group}` },
  spec: {
    group: WIDGET.group,
    scope: 'Namespaced',
    names: {
      plural: WIDGET.plural,
      singular: 'widget',
      kind: WIDGET.kind,
      listKind: 'WidgetList',
    },
    versions: [
      {
        name: WIDGET.version,
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: SCHEMA },
      },
    ],
  },
};

export function widget(name: string, more: Readonly<Record<string, unknown>> = {}) {
  const head = { apiVersion: `${WIDGET.group}/${WIDGET.version}`, kind: WIDGET.kind };
  return { ...head, metadata: { name }, ...more };
}
