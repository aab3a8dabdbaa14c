{{- define "sluice.name" -}}
{{- if contains "sluice" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}{{ printf "%s-sluice" (.Release.Name | trunc 43 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "sluice.selector" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sluice.labels" -}}
{{ include "sluice.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "sluice.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "sluice.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "sluice.name" .) }}
{{- else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{- define "sluice.hasFile" -}}
{{- if or .Values.config .Values.configSecret }}yes{{ end }}
{{- end }}

{{- define "sluice.isFleet" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) }}yes{{ end }}
{{- end }}

{{- /* What would run, and then lose or contradict itself. */}}
{{- define "sluice.check" -}}
{{- if and (include "sluice.isFleet" .) (not .Values.database.existingSecret) }}
{{- fail "more than one server needs database.existingSecret: each would have a catalog of its own" }}
{{- end }}
{{- if and (include "sluice.isFleet" .) (not .Values.keysSecret) }}
{{- fail "more than one server needs keysSecret: links of one would be refused by the next" }}
{{- end }}
{{- if and .Values.config .Values.configSecret }}
{{- fail "give config or configSecret, not both" }}
{{- end }}
{{- if and .Values.metrics.serviceMonitor.enabled (not (and .Values.keysSecret .Values.admin.enabled)) }}
{{- fail "metrics.serviceMonitor needs admin.enabled and keysSecret: metrics are given to the owner only" }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.publicUrl) }}
{{- fail "ingress needs publicUrl: profiles and links would name the pod" }}
{{- end }}
{{- end }}

{{- define "sluice.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- /* The pods of this release, for selectors and policies. */}}
{{- define "sluice.podSelector" -}}
matchLabels: {{- include "sluice.selector" . | nindent 2 }}
{{- end }}
