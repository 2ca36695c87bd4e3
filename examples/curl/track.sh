#!/bin/sh
# Follow a report by its private link: the trackToken that report.sh prints.
#
#   ./track.sh TOKEN
set -eu
BASE=${BASE:-http://127.0.0.1:8090}
curl -sS --fail-with-body -H 'Accept-Language: en' "$BASE/api/mobile/v1/track/${1:?the trackToken of a report}"
echo
