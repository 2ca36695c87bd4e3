// Package api holds the promise made to every client: openapi.yaml, an OpenAPI
// 3.1 description of the mobile API. It has no code: the routes are in
// mobile-api, and a test there fails when the two differ.
package api

import _ "embed"

// OpenAPI is openapi.yaml as it is served at /api/mobile/v1/openapi.yaml. It
// must not be written to.
//
//go:embed openapi.yaml
var OpenAPI []byte
