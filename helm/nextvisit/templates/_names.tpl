{{/* The release's name before every object of ours. */}}
{{- define "nextvisit.fullname" -}}
{{- if contains "nextvisit" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-nextvisit" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "nextvisit.labels" -}}
{{ include "nextvisit.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "nextvisit.selector" -}}
app.kubernetes.io/name: nextvisit
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Every image goes through here. Of: image (registry, repository, tag, digest), root. */}}
{{- define "nextvisit.image" -}}
{{- $registry := .root.Values.global.imageRegistry | default .image.registry -}}
{{- $name := ternary .image.repository (printf "%s/%s" $registry .image.repository) (empty $registry) -}}
{{- if .image.digest }}{{ $name }}@{{ .image.digest }}{{ else }}{{ $name }}:{{ .image.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "nextvisit.pullSecrets" -}}
{{- with .Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* PodSecurity "restricted". Of: user, group. */}}
{{- define "nextvisit.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .group }}
  fsGroup: {{ .group }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
automountServiceAccountToken: false
enableServiceLinks: false
{{- end }}

{{- define "nextvisit.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* What passes quickly needs little. */}}
{{- define "nextvisit.briefly" -}}
resources:
  requests: {cpu: 50m, memory: 128Mi}
  limits: {memory: 512Mi}
{{- end }}

{{/* Where PostgreSQL answers. */}}
{{- define "nextvisit.databaseHost" -}}
{{- if eq .Values.database.mode "trial" }}{{ include "nextvisit.fullname" . }}-postgres
{{- else if eq .Values.database.mode "cloudnativepg" }}{{ include "nextvisit.fullname" . }}-postgres-rw
{{- else }}{{ .Values.database.host }}{{ end }}
{{- end }}

{{- define "nextvisit.databaseCa" -}}
{{- if .Values.database.ca.existingSecret }}{{ .Values.database.ca.existingSecret }}
{{- else if eq .Values.database.mode "cloudnativepg" }}{{ include "nextvisit.fullname" . }}-postgres-ca{{ end }}
{{- end }}

{{/* The Secret of a connection. Of: root, whose (app, owner). */}}
{{- define "nextvisit.databaseSecret" -}}
{{- if and .root.Values.trial (eq .root.Values.database.mode "trial") }}{{ include "nextvisit.fullname" .root }}-trial-database-{{ .whose }}
{{- else }}{{ (get .root.Values.database .whose).existingSecret }}{{ end }}
{{- end }}

{{- define "nextvisit.databaseKey" -}}
{{- if and .root.Values.trial (eq .root.Values.database.mode "trial") }}dsn{{ else }}{{ (get .root.Values.database .whose).key }}{{ end }}
{{- end }}

{{- define "nextvisit.rootKeySecret" -}}
{{- if .Values.keys.root.existingSecret }}{{ .Values.keys.root.existingSecret }}
{{- else if .Values.trial }}{{ include "nextvisit.fullname" . }}-trial-root-key{{ end }}
{{- end }}

{{- define "nextvisit.temporalSecret" -}}
{{- if .Values.temporal.bundled.database.existingSecret }}{{ .Values.temporal.bundled.database.existingSecret }}
{{- else if and .Values.trial (eq .Values.database.mode "trial") }}{{ include "nextvisit.fullname" . }}-trial-database-temporal{{ end }}
{{- end }}

{{- define "nextvisit.temporalAddress" -}}
{{- if eq .Values.temporal.mode "bundled" }}{{ include "nextvisit.fullname" . }}-temporal:7233{{ else }}{{ .Values.temporal.address }}{{ end }}
{{- end }}

{{- define "nextvisit.erasedClaim" -}}
{{ .Values.erasedList.existingClaim | default (printf "%s-erased-list" (include "nextvisit.fullname" .)) }}
{{- end }}
