/**
 * From the CRD to a template of the chart. Helm installs a chart's folder `crds/` once and never upgrades
 * it. A template is upgraded with the release, and the policy `keep` leaves it in place when the release
 * is deleted.
 */

const METADATA = /^metadata:\n {2}name: (\S+)\n {2}labels:\n(?: {4}\S.*\n)+/m;

/** @param source named in the first line, so that a reader knows what to edit instead */
export function renderChartCrd(crd: string, source: string): string {
  if (crd.includes('{{')) throw new Error(`${source} contains {{, which Helm would evaluate`);
  const body = crd.replace(/^(?:#.*\n)+/, '');
  const metadata = METADATA.exec(body);
  if (metadata === null) throw new Error(`${source} has no metadata with a name and labels`);
  const [found, name] = metadata;
  const head = [
    'metadata:',
    `  name: ${name}`,
    '  labels:',
    '    {{- include "operator.labels" . | nindent 4 }}',
    '    app.kubernetes.io/component: crd',
    '  {{- $keep := dict "helm.sh/resource-policy" "keep" }}',
    '  {{- include "operator.annotations" (dict "indent" 2 "root" . "own" $keep) }}',
    '',
  ].join('\n');
  return [
    `{{- /* Generated from ${source} by \`make generate\`. Do not edit. */}}`,
    '{{- if .Values.crds.enabled }}',
    `${body.replace(found, () => head).trimEnd()}`,
    '{{- end }}',
    '',
  ].join('\n');
}
