#!/bin/sh
# What a phone does: register, pull everything it may hold as NDJSON, and print
# the lines. Run it again with the cursor of the last line ("cur") to get only
# what changed since. Signed in (see signin.sh).
#
#   ./sync.sh
#   CURSOR=... ./sync.sh
#
# DEVICE is 15 characters of a-z0-9, made on the device and kept there.
set -eu
BASE=${BASE:-http://127.0.0.1:8090}
DEVICE=${DEVICE:-curl00000000001}
: "${TOKEN:?sign in first}"

curl -sS --fail-with-body -o /dev/null -X PUT -H "Authorization: $TOKEN" -H 'Content-Type: application/json' \
	-d '{"platform":"go","name":"curl"}' "$BASE/api/mobile/v1/devices/$DEVICE"
curl -sS --compressed --fail-with-body -H "Authorization: $TOKEN" -H 'Content-Type: application/json' \
	-d "{\"v\":1,\"did\":\"$DEVICE\",\"cur\":\"${CURSOR:-}\"}" "$BASE/api/mobile/v1/sync/pull"
