package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/store"
)

// TestDoctorSeesTheCapture harms the capture of changes in every way somebody
// at a SQL console can, and wants the doctor to say so, to change nothing
// unasked, and to put it right when asked.
func TestDoctorSeesTheCapture(t *testing.T) {
	dir := pbtest.Dir(t)
	run := func(qs ...string) {
		t.Helper()
		app := store.NewApp(dir)
		if err := app.Bootstrap(); err != nil {
			t.Fatal(err)
		}
		for _, q := range qs {
			if _, err := app.NonconcurrentDB().NewQuery(q).Execute(); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
		if err := app.ResetBootstrapState(); err != nil {
			t.Fatal(err)
		}
	}
	run("INSERT INTO reports (id, code, state, district) VALUES ('r', 'r', 'registered', 'd1')",
		"INSERT INTO users (id, tokenKey, email) VALUES ('ann', 'k', 'a@x')")
	for _, tt := range []struct{ do, want string }{
		{"DROP TRIGGER _s_reports_update", "_s_reports_update is missing."},
		{"DROP VIEW _s_in_media", "_s_in_media is missing."},
		{"CREATE TRIGGER _s_mine AFTER INSERT ON sites BEGIN SELECT 1; END", "_s_mine should not be there."},
		{"DROP TRIGGER _s_sites_update; CREATE TRIGGER _s_sites_update AFTER UPDATE ON sites BEGIN SELECT 1; END", "_s_sites_update differs from the table of scopes."},
		{"DELETE FROM _s_rec WHERE id = 'r'", "1 records of reports are not where the log says."},
		{"UPDATE _s_member SET st = 0 WHERE id = 'r'", "1 records of reports are not where the log says."},
		{"UPDATE _s_digest SET n = n + 1 WHERE coll = 'reports'", "digests are not the sum of what is in their scope."},
		{"DELETE FROM _s_grant", "2 scopes are not held by whom the roles say."},
	} {
		run(strings.Split(tt.do, "; C")[0])
		if _, create, two := strings.Cut(tt.do, "; C"); two {
			run("C" + create)
		}
		for range 2 { // and it does not heal by being looked at
			if code, out, err := command(t, "--dir", dir, "doctor"); code != exitFailed || !strings.Contains(out, "fail  capture") || !strings.Contains(out, tt.want) {
				t.Errorf("after %s: doctor = %d, want %q: %s%s", tt.do, code, tt.want, out, err)
			}
		}
		if code, out, err := command(t, "--dir", dir, "doctor", "--repair"); code != 0 || !strings.Contains(out, "put right: ") || !strings.Contains(out, "ok    capture") {
			t.Errorf("after %s: doctor --repair = %d: %s%s", tt.do, code, out, err)
		}
		if code, out, err := command(t, "--dir", dir, "doctor"); code != 0 {
			t.Errorf("after %s was repaired: doctor = %d: %s%s", tt.do, code, out, err)
		}
	}
}

// TestDoctorNamesBaseMaps: a base map is said to be well when somebody can ask
// for it, with the address it has.
func TestDoctorNamesBaseMaps(t *testing.T) {
	archive := append([]byte("PMTiles\x03"), make([]byte, 119)...)
	for at, offset := range map[int]uint64{8: 127, 24: 127, 40: 127, 56: 127} {
		binary.LittleEndian.PutUint64(archive[at:], offset)
	}
	archive[97] = 1 // plain inside
	dir := pbtest.Dir(t)
	for _, tt := range []struct {
		name string
		code int
		want string
	}{
		{"italy", 0, "served as tiles/base/italy.pmtiles"},
		{"Mappa città", 0, "served as tiles/base/Mappa%20citt%C3%A0.pmtiles"},
		{"a\tb", exitFailed, "nobody can ask for it"},
	} {
		maps := t.TempDir()
		if err := os.WriteFile(filepath.Join(maps, tt.name+".pmtiles"), archive, 0o600); err != nil {
			t.Skipf("there can be no such file here: %v", err)
		}
		code, out, err := command(t, "--dir", dir, "--tiles-pmtiles", maps, "doctor")
		if code != tt.code || !strings.Contains(out, tt.want) {
			t.Errorf("doctor over %q = %d, want %d with %s: %s%s", tt.name, code, tt.code, tt.want, out, err)
		}
	}
}
