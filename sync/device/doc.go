// Package device is the device's half of the sync protocol: a local store that
// survives a kill at any byte, an outbox written in the same step as what the
// person sees, and a loop that brings both in step with a server.
//
// What a person sees is the last checkpoint with what waits in the outbox on
// top (base ⊕ overlay); a download never waits for an upload, and half a
// download is never visible. It refuses to know HTTP (a Transport carries the
// bytes), reads no clock and starts no goroutine.
package device
