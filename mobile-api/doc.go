// Package mobileapi is the HTTP door for phones and the web app, everything
// under /api/mobile/v1. It translates: a request into a call of the desk, its
// answer into JSON, GeoJSON, NDJSON, a picture or a stream of events, and an
// error into a fault in the reader's language.
//
// Routes is the whole of it, one line a route; api/openapi.yaml is the same
// promise for people, and a test holds the two together in both directions.
// One function, endpoint, touches bodies and statuses; the handlers are plain
// functions from a request to an answer.
//
// The package decides nothing about reports, opens no transaction and reads no
// database. It keeps no truth in memory: what it remembers (how often an
// address has asked, how many streams a person has open, how many bytes are in
// flight) may be lost at any time. It logs one line a request: the route's
// pattern, never the address that was asked, because tokens and positions are
// in it.
package mobileapi
