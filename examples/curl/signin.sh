#!/bin/sh
# Sign in and print the token, which goes into the Authorization header:
#
#   TOKEN=$(./signin.sh anna@example.org 'her password')
#   export TOKEN
set -eu
BASE=${BASE:-http://127.0.0.1:8090}
IDENTITY=${1:?an e-mail address} PASSWORD=${2:?a password}

curl -sS --fail-with-body "$BASE/api/collections/users/auth-with-password" \
	-F "identity=$IDENTITY" -F "password=$PASSWORD" |
	sed -n 's/.*"token":"\([^"]*\)".*/\1/p'
