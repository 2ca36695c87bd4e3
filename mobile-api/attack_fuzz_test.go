package mobileapi_test

import (
	"net/http"
	"testing"
)

// FuzzSyncRoutes sends any bytes to any of the four routes that read them from
// devices. Whatever they are, the answer is no mistake of ours.
func FuzzSyncRoutes(f *testing.F) {
	for i := range syncPaths {
		f.Add(uint8(i), false, []byte(envelope("")))
		f.Add(uint8(i), true, []byte(gzipped(envelope(""))))
	}
	f.Add(uint8(0), false, []byte(envelope(`"muts":[{"mid":1,"op":"call","c":"reports","id":"report000000001","name":"report.comment","args":{"text":"x"}}]`)))
	f.Add(uint8(0), false, []byte(envelope(`"muts":[{"mid":1,"op":"patch","c":"users","id":"person000000001","set":{"language":{"f":"it","t":"en"}}}]`)))
	f.Add(uint8(2), false, []byte(envelope(`"muts":[],"pull":{"prio":[0],"max_bytes":1}`)))
	f.Add(uint8(3), false, []byte(envelope(`"cur":"x","split":[[1,"reports","a"]],"list":[[1,"reports","",[["x",1]]]]`)))
	s := newSite(f)
	f.Fuzz(func(t *testing.T, route uint8, packed bool, body []byte) {
		a := attack{name: "fuzz", body: string(body), header: map[string]string{}}
		if packed {
			a.header["Content-Encoding"] = "gzip"
		}
		s.strike(t, "ben", http.MethodPost, syncPaths[int(route)%len(syncPaths)], a)
	})
}
