{{/*
The roles: a line for what each runs, which key it has, and what it talks to. A role that comes later is a line here
and one in `roles` of the values.
key: `root` opens what is kept; `intake` seals what comes in. recreate: one at a time.
*/}}
{{- define "nextvisit.roles" -}}
api: {args: [api], key: intake, serves: true}
worker-journeys: {args: [worker, --queues, journeys], key: root, begins: true}
worker-channels: {args: [worker, --queues, channels], key: root}
gateway: {args: [gateway], key: intake, recreate: true}
{{- end }}

{{/* What every container of ours is given. Of: root. */}}
{{- define "nextvisit.env" -}}
env:
  - {name: NEXTVISIT_CONFIG, value: /etc/nextvisit/nextvisit.yaml}
  - {name: HOME, value: /tmp}
{{- end }}

{{/* Where what is where every container has it. Of: root. */}}
{{- define "nextvisit.commonMounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: config, mountPath: /etc/nextvisit, readOnly: true}
{{- if include "nextvisit.databaseCa" .root }}
- {name: database-ca, mountPath: /run/nextvisit/database-ca, readOnly: true}
{{- end }}
{{- end }}

{{/* What a role, or who asks providers as one does, has besides. Of: root. */}}
{{- define "nextvisit.connectionMounts" -}}
{{- if ne .root.Values.temporal.tls.mode "none" }}
- {name: temporal-tls, mountPath: /run/nextvisit/temporal, readOnly: true}
{{- end }}
{{- if .root.Values.secrets }}
- {name: secrets, mountPath: /run/nextvisit/secrets, readOnly: true}
{{- end }}
{{- range .root.Values.csiSecrets }}
- {name: csi-{{ .name }}, mountPath: /run/nextvisit/csi/{{ .name }}, readOnly: true}
{{- end }}
{{- end }}

{{/* Files of mounts are 0440 (288): the role's group, the pod's fsGroup, reads them, and nobody else. Of: root. */}}
{{- define "nextvisit.commonVolumes" -}}
- name: tmp
  emptyDir: {sizeLimit: {{ .root.Values.pod.tmpSize }}}
- name: config
  configMap: {name: {{ .root.Values.config.existingConfigMap | default (printf "%s-config" (include "nextvisit.fullname" .root)) }}, defaultMode: 288}
{{- with include "nextvisit.databaseCa" .root }}
- name: database-ca
  secret: {secretName: {{ . }}, defaultMode: 288, items: [{key: {{ $.root.Values.database.ca.key }}, path: ca.crt}]}
{{- end }}
{{- end }}

{{/* Of: root. */}}
{{- define "nextvisit.connectionVolumes" -}}
{{- with .root.Values.temporal.tls }}
{{- if ne .mode "none" }}
- name: temporal-tls
  secret:
    secretName: {{ .existingSecret }}
    defaultMode: 288
    items:
      - {key: ca.crt, path: ca.crt}
      {{- if eq .mode "mutual" }}
      - {key: tls.crt, path: tls.crt}
      - {key: tls.key, path: tls.key}
      {{- end }}
{{- end }}
{{- end }}
{{- with .root.Values.secrets }}
- name: secrets
  projected:
    defaultMode: 288
    sources:
      {{- range . }}
      - secret: {name: {{ .existingSecret }}, items: [{key: {{ .key }}, path: {{ .name }}}]}
      {{- end }}
{{- end }}
{{- range .root.Values.csiSecrets }}
- name: csi-{{ .name }}
  csi: {{ toYaml .csi | nindent 4 }}
{{- end }}
{{- end }}

{{/* Of: root, whose. */}}
{{- define "nextvisit.databaseVolume" -}}
- name: database-{{ .whose }}
  secret: {secretName: {{ include "nextvisit.databaseSecret" . }}, defaultMode: 288, items: [{key: {{ include "nextvisit.databaseKey" . }}, path: {{ .whose }}.dsn}]}
{{- end }}

{{/* Of: root. */}}
{{- define "nextvisit.rootKeyVolume" -}}
{{- $key := .root.Values.keys.root }}
- name: root-key
  {{- if $key.csi }}
  csi: {{ toYaml $key.csi | nindent 4 }}
  {{- else }}
  secret: {secretName: {{ include "nextvisit.rootKeySecret" .root }}, defaultMode: 288, items: [{key: {{ $key.key }}, path: root.key}]}
  {{- end }}
{{- end }}

{{/* Of: root, role (its line). */}}
{{- define "nextvisit.keyVolumes" -}}
{{- $keys := .root.Values.keys }}
{{- if eq .role.key "root" }}
{{- include "nextvisit.rootKeyVolume" . }}
- name: intake-key
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
- name: erased-list
  persistentVolumeClaim: {claimName: {{ include "nextvisit.erasedClaim" .root }}}
{{- else }}
- name: intake-key
  secret: {secretName: {{ $keys.intake.existingSecret }}, defaultMode: 288, items: [{key: {{ $keys.intake.key }}, path: intake.key}]}
{{- end }}
{{- end }}

{{/* Of: root, role. */}}
{{- define "nextvisit.keyMounts" -}}
- {name: database-app, mountPath: /run/nextvisit/database, readOnly: true}
{{- if eq .role.key "root" }}
- {name: root-key, mountPath: /run/nextvisit/root, readOnly: true}
- {name: intake-key, mountPath: /run/nextvisit/intake}
- {name: erased-list, mountPath: /var/lib/nextvisit}
{{- else }}
- {name: intake-key, mountPath: /run/nextvisit/intake, readOnly: true}
{{- end }}
{{- end }}

{{/* What has to have happened before a role runs. Each can be repeated, and by several pods at once. Of: root, role. */}}
{{- define "nextvisit.before" -}}
- name: migrate
  image: {{ include "nextvisit.image" (dict "image" .root.Values.image "root" .root) }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command: [nextvisit, db, migrate]
  {{- include "nextvisit.env" . | nindent 2 }}
  {{- include "nextvisit.briefly" . | nindent 2 }}
  {{- include "nextvisit.containerSecurity" . | nindent 2 }}
  workingDir: /tmp
  volumeMounts:
    {{- include "nextvisit.commonMounts" . | nindent 4 }}
    - {name: database-owner, mountPath: /run/nextvisit/owner, readOnly: true}
{{- if eq .role.key "root" }}
# The list of who was erased is begun once; the intake key is for whoever makes its Secret of it.
- name: grant
  image: {{ include "nextvisit.image" (dict "image" .root.Values.image "root" .root) }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command: [nextvisit, vault, grant]
  {{- include "nextvisit.env" . | nindent 2 }}
  {{- include "nextvisit.briefly" . | nindent 2 }}
  {{- include "nextvisit.containerSecurity" . | nindent 2 }}
  workingDir: /tmp
  volumeMounts:
    {{- include "nextvisit.commonMounts" . | nindent 4 }}
    {{- include "nextvisit.keyMounts" . | nindent 4 }}
{{- end }}
{{- if and .role.begins (eq .root.Values.temporal.mode "bundled") }}
{{- include "nextvisit.temporalNamespace" . }}
{{- end }}
{{- end }}

{{- define "nextvisit.backups" -}}/var/backups/nextvisit{{- end }}

{{/* The chart's part of nextvisit.yaml over the clinic's. Of: root. */}}
{{- define "nextvisit.settings" -}}
{{- $root := .root }}
{{- $tls := $root.Values.temporal.tls }}
{{- $database := dict "app" "file:/run/nextvisit/database/app.dsn" "owner" "file:/run/nextvisit/owner/owner.dsn" "pool_size" (int $root.Values.database.poolSize) }}
{{- if eq $root.Values.database.tls "none" }}{{ $_ := set $database "tls" "none" }}{{ end }}
{{- $temporal := dict "address" (include "nextvisit.temporalAddress" $root) "namespace" $root.Values.temporal.namespace }}
{{- if eq $tls.mode "none" }}{{ $_ := set $temporal "tls" "none" }}
{{- else }}
{{- $how := dict "ca_file" "/run/nextvisit/temporal/ca.crt" }}
{{- if eq $tls.mode "mutual" }}{{ $_ := set $how "cert_file" "/run/nextvisit/temporal/tls.crt" }}{{ $_ := set $how "key" "file:/run/nextvisit/temporal/tls.key" }}{{ end }}
{{- with $tls.serverName }}{{ $_ := set $how "server_name" . }}{{ end }}
{{- $_ := set $temporal "tls" $how }}
{{- end }}
{{- $vault := dict "root_key_file" "/run/nextvisit/root/root.key" "intake_key_file" "/run/nextvisit/intake/intake.key" "erased_file" "/var/lib/nextvisit/erased.jsonl" }}
{{- $api := merge (dict "host" "0.0.0.0" "port" 8080) ($root.Values.settings.api | default dict) }}
{{- $ours := dict "database" $database "temporal" $temporal "vault" $vault "attempt" (printf "PT%dS" (int $root.Values.attemptSeconds)) "api" $api }}
{{- if $root.Values.backup.enabled }}{{ $_ := set $ours "backup" (dict "to" (include "nextvisit.backups" $root)) }}{{ end }}
{{- toYaml (merge $ours (omit $root.Values.settings "api")) }}
{{- end }}
