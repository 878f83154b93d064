import { expect, test } from 'vitest';
import { renderChartCrd } from '../../src/generate/render-chart-crd.ts';

const CRD = `# Why it is so.
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.com
  labels:
    app.kubernetes.io/part-of: things
spec:
  group: example.com
`;

test('the template has the switch, the policy and the labels of the chart, and the spec as it is', () => {
  expect(renderChartCrd(CRD, 'crds/things.yaml').split('\n')).toEqual([
    '{{- /* Generated from crds/things.yaml by `make generate`. Do not edit. */}}',
    '{{- if .Values.crds.enabled }}',
    'apiVersion: apiextensions.k8s.io/v1',
    'kind: CustomResourceDefinition',
    'metadata:',
    '  name: things.example.com',
    '  labels:',
    '    {{- include "operator.labels" . | nindent 4 }}',
    '    app.kubernetes.io/component: crd',
    '  {{- $keep := dict "helm.sh/resource-policy" "keep" }}',
    '  {{- include "operator.annotations" (dict "indent" 2 "root" . "own" $keep) }}',
    'spec:',
    '  group: example.com',
    '{{- end }}',
    '',
  ]);
});

test.each([
  ['# a {{ b }}', /contains \{\{/],
  ['kind: X\nmetadata:\n  name: a\n', /has no metadata/],
])('%j can not be made into one', (crd, problem) => {
  expect(() => renderChartCrd(crd, 'crds/x.yaml')).toThrow(problem);
});
