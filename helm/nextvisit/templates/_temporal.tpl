{{/* How Temporal's own tools reach PostgreSQL. Of: root. */}}
{{- define "nextvisit.temporalSql" -}}
{{- $b := .root.Values.temporal.bundled }}
- {name: SQL_PLUGIN, value: postgres12_pgx}
- {name: SQL_HOST, value: {{ include "nextvisit.databaseHost" .root }}}
- {name: SQL_PORT, value: {{ .root.Values.database.port | quote }}}
- {name: SQL_USER, valueFrom: {secretKeyRef: {name: {{ include "nextvisit.temporalSecret" .root }}, key: username}}}
- {name: SQL_PASSWORD, valueFrom: {secretKeyRef: {name: {{ include "nextvisit.temporalSecret" .root }}, key: password}}}
{{- if ne .root.Values.database.tls "none" }}
- {name: SQL_TLS, value: "true"}
- {name: SQL_TLS_CA_FILE, value: /run/nextvisit/database-ca/ca.crt}
- {name: SQL_TLS_SERVER_NAME, value: {{ include "nextvisit.databaseHost" .root }}}
{{- end }}
- {name: HOME, value: /tmp}
{{- end }}

{{/* Waits for the server, and makes the namespace unless it is there. Of: root. */}}
{{- define "nextvisit.temporalNamespace" }}
{{- $b := .root.Values.temporal.bundled }}
- name: temporal-namespace
  image: {{ include "nextvisit.image" (dict "image" $b.adminTools "root" .root) }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command:
    - sh
    - -c
    - |
      until temporal operator namespace describe -n "$NAMESPACE" "$@" > /tmp/said 2>&1 ||
        temporal operator namespace create -n "$NAMESPACE" --retention "$RETENTION" "$@" >> /tmp/said 2>&1
      do cat /tmp/said; sleep 2; done
    - namespace
    {{- if ne .root.Values.temporal.tls.mode "none" }}
    - --tls-ca-path=/run/nextvisit/temporal/ca.crt
    - --tls-server-name={{ .root.Values.temporal.tls.serverName | default (printf "%s-temporal" (include "nextvisit.fullname" .root)) }}
    {{- if eq .root.Values.temporal.tls.mode "mutual" }}
    - --tls-cert-path=/run/nextvisit/temporal/tls.crt
    - --tls-key-path=/run/nextvisit/temporal/tls.key
    {{- end }}
    {{- end }}
  env:
    - {name: TEMPORAL_ADDRESS, value: {{ include "nextvisit.temporalAddress" .root | quote }}}
    - {name: NAMESPACE, value: {{ .root.Values.temporal.namespace }}}
    - {name: RETENTION, value: {{ $b.retention }}}
    - {name: HOME, value: /tmp}
  workingDir: /tmp
  {{- include "nextvisit.briefly" . | nindent 2 }}
  {{- include "nextvisit.containerSecurity" . | nindent 2 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- if ne .root.Values.temporal.tls.mode "none" }}
    - {name: temporal-tls, mountPath: /run/nextvisit/temporal, readOnly: true}
    {{- end }}
{{- end }}
