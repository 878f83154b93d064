{{- define "operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Names of objects: the release's name, which is enough where it holds the chart's. */}}
{{- define "operator.fullname" -}}
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

{{/* Of objects without a namespace: two releases of one name do not get into each other's way. */}}
{{- define "operator.clusterName" -}}
{{- $name := include "operator.fullname" . }}
{{- if eq $name .Release.Namespace }}{{ $name }}{{ else }}{{ printf "%s-%s" $name .Release.Namespace }}{{ end }}
{{- end }}

{{- define "operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "operator.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: signing-key-operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* `annotations:` on a line of its own, from the common ones and `own`; or nothing at all. */}}
{{- define "operator.annotations" -}}
{{- with merge (deepCopy (.own | default dict)) .root.Values.commonAnnotations }}
{{- printf "annotations:\n%s" (toYaml . | indent 2) | nindent (int $.indent) }}
{{- end }}
{{- end }}

{{- define "operator.serviceAccountName" -}}
{{- $default := ternary (include "operator.fullname" .) "default" .Values.serviceAccount.create }}
{{- default $default .Values.serviceAccount.name }}
{{- end }}

{{- define "operator.leaseName" -}}
{{- default (include "operator.fullname" .) .Values.leaderElection.leaseName }}
{{- end }}

{{/* Those of the chart, and those that a chart has for all its parts: maps or, as some write them, names. */}}
{{- define "operator.imagePullSecrets" -}}
{{- $secrets := list }}
{{- range concat .Values.imagePullSecrets (.Values.global.imagePullSecrets | default list) }}
{{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) }}
{{- end }}
{{- with uniq $secrets }}
{{- printf "imagePullSecrets:\n%s" (toYaml . | indent 2) }}
{{- end }}
{{- end }}

{{- define "operator.image" -}}
{{- $image := .Values.image }}
{{- $name := printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) }}
{{- if $image.digest }}{{ printf "%s@%s" $name $image.digest }}{{ else }}{{ $name }}{{ end }}
{{- end }}

{{/* What the operator may do in the namespaces that it works in; SECURITY.md says what for. */}}
{{- define "operator.rules" -}}
- apiGroups: [signingkeys.dev]
  resources: [signingkeysets]
  verbs: [get, list, watch, update]
- apiGroups: [signingkeys.dev]
  resources: [signingkeysets/status]
  verbs: [update]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch, create, update, delete]
{{- if .Values.issuers.check }}
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
{{- end }}
{{- if .Values.issuers.restart }}
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets]
  verbs: [get, patch]
{{- end }}
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end }}

{{/* Also the name of the set of `helm test`: a set's has at most 52 characters. */}}
{{- define "operator.smokeTestName" -}}
{{- printf "%s-smoke-test" (include "operator.fullname" . | trunc 41 | trimSuffix "-") }}
{{- end }}

{{/* The namespace in which `helm test` makes its set: one that the operator works in. */}}
{{- define "operator.smokeTestNamespace" -}}
{{- if .Values.watchNamespaces }}{{ first .Values.watchNamespaces }}{{ else }}{{ .Release.Namespace }}{{ end }}
{{- end }}

{{/* A duration such as `1m30s` in milliseconds. */}}
{{- define "operator.durationMs" -}}
{{- $units := dict "h" 3600000 "m" 60000 "s" 1000 "ms" 1 }}
{{- $total := 0 }}
{{- range regexFindAll "[0-9]+(h|ms|m|s)" . -1 }}
{{- $total = add $total (mul (regexFind "[0-9]+" . | int64) (get $units (regexFind "[a-z]+" .))) }}
{{- end }}
{{- $total }}
{{- end }}

{{/* Nothing, or what the program would say only when its Pod starts. From `name`, `value`, `min`, `max`. */}}
{{- define "operator.checkDuration" -}}
{{- $given := include "operator.durationMs" .value | int64 }}
{{- $least := include "operator.durationMs" .min | int64 }}
{{- $most := include "operator.durationMs" .max | int64 }}
{{- if or (lt $given $least) (gt $given $most) }}
{{- fail (printf "%s is %s: write a duration from %s to %s" .name .value .min .max) }}
{{- end }}
{{- end }}

{{/* The same for a wait in a Pod's end, which the kubelet cuts short. */}}
{{- define "operator.checkGrace" -}}
{{- include "operator.checkDuration" (dict "name" .name "value" .value "min" "0s" "max" "10m") }}
{{- if ge (include "operator.durationMs" .value | int64) (mul .graceSeconds 1000) }}
{{- fail (printf "%s is %s, and a Pod is killed after %d s: set terminationGracePeriodSeconds to more than that" .name .value (int64 .graceSeconds)) }}
{{- end }}
{{- end }}

{{/* Names that the policy does not protect: those of src/core/formats/reserved-names.ts, which a test compares. */}}
{{- define "operator.reservedConfigMapNames" -}}
^(kube-root-ca[.]crt|openshift-service-ca[.]crt|istio-ca-root-cert|istio-ca-crl|linkerd-identity-trust-roots|linkerd-config|extension-apiserver-authentication|kube-apiserver-legacy-service-account-token-tracking|cluster-info|kubeadm-config|kubelet-config|kube-proxy|coredns|coredns-custom|kube-dns|node-local-dns|aws-auth|sh[.]helm[.]release[.]v1[.].*)$
{{- end }}
{{- define "operator.reservedSecretNames" -}}
^(bootstrap-token-.*|default-token-.*|.*-token-[a-z0-9]{5}|.*-dockercfg-[a-z0-9]{5}|kubeadm-certs|cacerts|istio-ca-secret|linkerd-identity-issuer|sh[.]helm[.]release[.]v1[.].*)$
{{- end }}

{{/* Nothing, or what contradicts itself in the values for TLS of the metrics. */}}
{{- define "operator.checkMetricsTls" -}}
{{- $tls := .Values.metrics.tls }}
{{- if and $tls.enabled (not $tls.secretName) }}
{{- fail "metrics.tls.enabled is true and metrics.tls.secretName is empty: name the Secret with tls.crt and tls.key" }}
{{- end }}
{{- if and $tls.clientCA.secretName $tls.clientCA.configMapName }}
{{- fail "metrics.tls.clientCA has a secretName and a configMapName: set one of them" }}
{{- end }}
{{- if and (not $tls.enabled) (or (include "operator.hasClientCA" .) .Values.metrics.serviceMonitor.tlsConfig) }}
{{- fail "metrics.tls.enabled is false, and metrics.tls.clientCA or metrics.serviceMonitor.tlsConfig is set: both need TLS. Enable it" }}
{{- end }}
{{- end }}

{{/* Whether clients have to show a certificate: empty if not. */}}
{{- define "operator.hasClientCA" -}}
{{- with .Values.metrics.tls.clientCA }}{{ .secretName }}{{ .configMapName }}{{ end }}
{{- end }}

{{/* The port that has the metrics, and that which has the probes, by name. */}}
{{- define "operator.metricsPort" -}}
{{- ternary "https-metrics" "http-metrics" .Values.metrics.tls.enabled }}
{{- end }}
{{- define "operator.probesPort" -}}
{{- ternary "http-probes" "http-metrics" .Values.metrics.tls.enabled }}
{{- end }}

{{- define "operator.metricsTlsArgs" -}}
{{- if .Values.metrics.tls.enabled -}}
- --metrics-tls-listen=:8443
- --metrics-tls-dir=/var/run/metrics-tls
{{- if include "operator.hasClientCA" . }}
- --metrics-client-ca-file=/var/run/metrics-client-ca/{{ .Values.metrics.tls.clientCA.key }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whole, not by subPath, which a kubelet never updates. */}}
{{- define "operator.metricsTlsMounts" -}}
{{- if .Values.metrics.tls.enabled -}}
- { name: metrics-tls, mountPath: /var/run/metrics-tls, readOnly: true }
{{- if include "operator.hasClientCA" . }}
- { name: metrics-client-ca, mountPath: /var/run/metrics-client-ca, readOnly: true }
{{- end }}
{{- end }}
{{- end }}

{{/* Optional: a Pod that waited for a certificate of its metrics would do no work. */}}
{{- define "operator.metricsTlsVolumes" -}}
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
