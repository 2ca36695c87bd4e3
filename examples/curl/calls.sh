#!/bin/sh
# Make a call on a report, signed in (see signin.sh). Without a name it prints
# the report and, in "moves", the calls you may make on it now.
#
#   ./calls.sh SE-2026-000001-F
#   ./calls.sh REPORT_ID report.take
#   ./calls.sh REPORT_ID report.program '{"plannedCloseDate":"2026-12-01"}'
#
# CALL_ID tells a retry from a second call: sent again with the same one it has
# no second effect.
set -eu
BASE=${BASE:-http://127.0.0.1:8090}
REPORT=${1:?id or code of a report} NAME=${2:-} ARGS=${3:-}

if [ -z "$NAME" ]; then
	curl -sS --compressed --fail-with-body -H "Authorization: ${TOKEN:?sign in first}" \
		"$BASE/api/mobile/v1/reports/$REPORT"
	echo
	exit
fi
CALL_ID=${CALL_ID:-$(LC_ALL=C tr -dc a-z0-9 </dev/urandom | head -c 15)}
curl -sS --fail-with-body -H "Authorization: ${TOKEN:?sign in first}" \
	-H 'Content-Type: application/json' \
	-d "{\"id\":\"$CALL_ID\",\"name\":\"$NAME\",\"report\":\"$REPORT\",\"args\":${ARGS:-{\}}}" \
	"$BASE/api/mobile/v1/calls"
echo
