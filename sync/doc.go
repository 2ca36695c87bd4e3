// Package fieldsync is the engine that keeps devices in step with the server:
// which records a person may hold, what travels of each, what a push means,
// what a pull sends, and how a cursor resumes. The protocol it speaks is
// docs/sync-protocol.md.
//
// It refuses to know HTTP, SQL or PocketBase, reads no clock and starts no
// goroutine: the storage is behind Ledger and View, the door encodes what the
// engine hands out.
package fieldsync
