#!/bin/sh
# The public map as GeoJSON: what is broken where, and how far it has come.
# Open it in any map program.
#
#   ./map.sh                        everywhere
#   ./map.sh 9.0,45.3,9.4,45.6      minLon,minLat,maxLon,maxLat in degrees
set -eu
BASE=${BASE:-http://127.0.0.1:8090}
curl -sS --compressed --fail-with-body "$BASE/api/mobile/v1/map/public${1:+?bbox=$1}"
echo
