{{- define "jwks-server.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Names of objects: the release's name, which is enough where it holds the chart's. */}}
{{- define "jwks-server.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "jwks-server.selectorLabels" -}}
app.kubernetes.io/name: {{ include "jwks-server.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "jwks-server.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "jwks-server.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: signing-key-operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* `annotations:` on a line of its own, from the common ones and `own`; or nothing at all. */}}
{{- define "jwks-server.annotations" -}}
{{- with merge (deepCopy (.own | default dict)) .root.Values.commonAnnotations }}
{{- printf "annotations:\n%s" (toYaml . | indent 2) | nindent (int $.indent) }}
{{- end }}
{{- end }}

{{/* The two paths that verifiers ask for, as JSON. */}}
{{- define "jwks-server.paths" -}}
{{- $issuerPath := trimSuffix "/" .Values.issuerPath }}
{{- list (printf "%s/.well-known/jwks.json" $issuerPath) (printf "%s/.well-known/openid-configuration" $issuerPath) | toRawJson }}
{{- end }}

{{- define "jwks-server.serviceAccountName" -}}
{{- $default := ternary (include "jwks-server.fullname" .) "default" .Values.serviceAccount.create }}
{{- default $default .Values.serviceAccount.name }}
{{- end }}

{{/* Those of the chart, and those that a chart has for all its parts: maps or, as some write them, names. */}}
{{- define "jwks-server.imagePullSecrets" -}}
{{- $secrets := list }}
{{- range concat .Values.imagePullSecrets (.Values.global.imagePullSecrets | default list) }}
{{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) }}
{{- end }}
{{- with uniq $secrets }}
{{- printf "imagePullSecrets:\n%s" (toYaml . | indent 2) }}
{{- end }}
{{- end }}

{{- define "jwks-server.image" -}}
{{- $image := .Values.image }}
{{- $name := printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) }}
{{- if $image.digest }}{{ printf "%s@%s" $name $image.digest }}{{ else }}{{ $name }}{{ end }}
{{- end }}

{{/* A duration such as `1m30s` in milliseconds. */}}
{{- define "jwks-server.durationMs" -}}
{{- $units := dict "h" 3600000 "m" 60000 "s" 1000 "ms" 1 }}
{{- $total := 0 }}
{{- range regexFindAll "[0-9]+(h|ms|m|s)" . -1 }}
{{- $total = add $total (mul (regexFind "[0-9]+" . | int64) (get $units (regexFind "[a-z]+" .))) }}
{{- end }}
{{- $total }}
{{- end }}

{{/* Nothing, or what the program would say only when its Pod starts. From `name`, `value`, `min`, `max`. */}}
{{- define "jwks-server.checkDuration" -}}
{{- $given := include "jwks-server.durationMs" .value | int64 }}
{{- $least := include "jwks-server.durationMs" .min | int64 }}
{{- $most := include "jwks-server.durationMs" .max | int64 }}
{{- if or (lt $given $least) (gt $given $most) }}
{{- fail (printf "%s is %s: write a duration from %s to %s" .name .value .min .max) }}
{{- end }}
{{- end }}

{{/* The same for a wait in a Pod's end, which the kubelet cuts short. */}}
{{- define "jwks-server.checkGrace" -}}
{{- include "jwks-server.checkDuration" (dict "name" .name "value" .value "min" "0s" "max" "10m") }}
{{- if ge (include "jwks-server.durationMs" .value | int64) (mul .graceSeconds 1000) }}
{{- fail (printf "%s is %s, and a Pod is killed after %d s: set terminationGracePeriodSeconds to more than that" .name .value (int64 .graceSeconds)) }}
{{- end }}
{{- end }}

{{/* Nothing, or what contradicts itself in the values for TLS of the metrics. */}}
{{- define "jwks-server.checkMetricsTls" -}}
{{- $tls := .Values.metrics.tls }}
{{- if and $tls.enabled (not $tls.secretName) }}
{{- fail "metrics.tls.enabled is true and metrics.tls.secretName is empty: name the Secret with tls.crt and tls.key" }}
{{- end }}
{{- if and $tls.clientCA.secretName $tls.clientCA.configMapName }}
{{- fail "metrics.tls.clientCA has a secretName and a configMapName: set one of them" }}
{{- end }}
{{- if and (not $tls.enabled) (or (include "jwks-server.hasClientCA" .) .Values.metrics.serviceMonitor.tlsConfig) }}
{{- fail "metrics.tls.enabled is false, and metrics.tls.clientCA or metrics.serviceMonitor.tlsConfig is set: both need TLS. Enable it" }}
{{- end }}
{{- end }}

{{/* Whether clients have to show a certificate: empty if not. */}}
{{- define "jwks-server.hasClientCA" -}}
{{- with .Values.metrics.tls.clientCA }}{{ .secretName }}{{ .configMapName }}{{ end }}
{{- end }}

{{/* The port that has the metrics, and that which has the probes, by name. */}}
{{- define "jwks-server.metricsPort" -}}
{{- ternary "https-metrics" "http-metrics" .Values.metrics.tls.enabled }}
{{- end }}
{{- define "jwks-server.probesPort" -}}
{{- ternary "http-probes" "http-metrics" .Values.metrics.tls.enabled }}
{{- end }}

{{- define "jwks-server.metricsTlsArgs" -}}
{{- if .Values.metrics.tls.enabled -}}
- --metrics-tls-port=8443
- --metrics-tls-dir=/var/run/metrics-tls
{{- if include "jwks-server.hasClientCA" . }}
- --metrics-client-ca-file=/var/run/metrics-client-ca/{{ .Values.metrics.tls.clientCA.key }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whole, not by subPath, which a kubelet never updates. */}}
{{- define "jwks-server.metricsTlsMounts" -}}
{{- if .Values.metrics.tls.enabled -}}
- { name: metrics-tls, mountPath: /var/run/metrics-tls, readOnly: true }
{{- if include "jwks-server.hasClientCA" . }}
- { name: metrics-client-ca, mountPath: /var/run/metrics-client-ca, readOnly: true }
{{- end }}
{{- end }}
{{- end }}

{{/* Optional: a Pod that waited for a certificate of its metrics would do no work. */}}
{{- define "jwks-server.metricsTlsVolumes" -}}
{{- if .Values.metrics.tls.enabled -}}
- name: metrics-tls
  secret: { secretName: {{ .Values.metrics.tls.secretName | quote }}, optional: true }
{{- with .Values.metrics.tls.clientCA }}
{{- if .secretName }}
- name: metrics-client-ca
  secret: { secretName: {{ .secretName | quote }}, optional: true }
{{- else if .configMapName }}
- name: metrics-client-ca
  configMap: { name: {{ .configMapName | quote }}, optional: true }
{{- end }}
{{- end }}
{{- end }}
{{- end }}
