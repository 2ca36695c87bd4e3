#!/bin/sh
# Send a report, with a photo when one is named:
#
#   ./report.sh                 a pothole, without a photo
#   ./report.sh pothole.jpg     the same with a photo
#
# BASE is the server (default http://127.0.0.1:8090). LON and LAT are degrees on
# WGS84. CLIENT_ID tells a retry from a second report: run it twice with the
# same one, and there is still one report. Who has a TOKEN (see signin.sh) sends
# it as themselves, others as guests.
set -eu
BASE=${BASE:-http://127.0.0.1:8090}
CLIENT_ID=${CLIENT_ID:-curl-$(date +%s)-$$}

set -- ${1:+-F "photos=@$1"}
curl -sS --fail-with-body "$BASE/api/mobile/v1/reports" \
	${TOKEN:+-H "Authorization: $TOKEN"} \
	-H 'Accept-Language: en' \
	-F "clientId=$CLIENT_ID" \
	-F "description=${DESCRIPTION:-A deep pothole in front of number 12}" \
	-F "lon=${LON:-9.19025}" \
	-F "lat=${LAT:-45.46421}" \
	-F accuracyM=8 \
	"$@"
echo
