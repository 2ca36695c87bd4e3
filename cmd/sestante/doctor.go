package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/internal/config"
	"github.com/sestante/sestante/notify/fcm"
	"github.com/sestante/sestante/store"
)

// A finding is what the doctor says of one thing.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"` // ok, note, fail
	Found  string `json:"found"`
	Advice string `json:"advice,omitempty"`
}

func doctorCommand(w world) *cobra.Command {
	var asJSON, repair bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the installation and say what to do",
		Long: `Check everything that can be checked from here: the SQLite inside, the data
folder, the clock, the schema, the capture of changes, the storage of photos,
the mail server, the push credentials, the territory.

It changes nothing but a probe file it removes. The exit code is 1 when
something fails. With --repair it also puts the capture of changes right, when
that is what fails: phones are told of what they missed at their next sync.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := settings(w)
			if err != nil {
				return err
			}
			d := &doctor{cfg: cfg, now: w.now(), repair: repair}
			d.examine(cmd.Context())
			if err := d.print(w, asJSON); err != nil {
				return err
			}
			if d.failed {
				return errTold
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	cmd.Flags().BoolVar(&repair, "repair", false, "put the capture of changes right")
	return cmd
}

type doctor struct {
	cfg      config.Config
	now      time.Time
	repair   bool
	findings []finding
	failed   bool
}

func (d *doctor) ok(check, found string) {
	d.findings = append(d.findings, finding{Check: check, Status: "ok", Found: found})
}

func (d *doctor) note(check, found, advice string) {
	d.findings = append(d.findings, finding{check, "note", found, advice})
}

func (d *doctor) fail(check, found, advice string) {
	d.findings = append(d.findings, finding{check, "fail", found, advice})
	d.failed = true
}

func (d *doctor) print(w world, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w.out).Encode(map[string]any{"ok": !d.failed, "findings": d.findings})
	}
	for _, f := range d.findings {
		if _, err := fmt.Fprintf(w.out, "%-5s %-12s %s\n", f.Status, f.Check, f.Found); err != nil {
			return err
		}
		if f.Advice == "" {
			continue
		}
		if _, err := fmt.Fprintf(w.out, "      %-12s -> %s\n", "", f.Advice); err != nil {
			return err
		}
	}
	return nil
}

func (d *doctor) examine(ctx context.Context) {
	d.sqlite()
	d.clock()
	d.address()
	if d.folder() {
		d.database(ctx)
	}
	d.baseMaps()
	d.push(ctx)
	d.mail(ctx)
}

func (d *doctor) sqlite() {
	v, err := store.LinkedSQLite()
	switch {
	case err != nil:
		d.fail("sqlite", err.Error(), "The program is damaged: install it again.")
	case !atLeast(v, store.MinSQLite):
		d.fail("sqlite", v, "At least "+store.MinSQLite+" is needed: older ones may damage the database. Use a newer build.")
	default:
		d.ok("sqlite", v)
	}
}

// atLeast compares dotted numbers.
func atLeast(have, want string) bool {
	h, w := strings.Split(have, "."), strings.Split(want, ".")
	for i := range w {
		if i >= len(h) {
			return false
		}
		a, errA := strconv.Atoi(h[i])
		b, errB := strconv.Atoi(w[i])
		if errA != nil || errB != nil || a < b {
			return false
		}
		if a > b {
			return true
		}
	}
	return true
}

// built is a day on which this program existed: an earlier clock is wrong.
var built = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func (d *doctor) clock() {
	if d.now.Before(built) {
		d.fail("clock", d.now.UTC().Format(time.RFC3339), "The machine's clock is in the past. Set it, and keep it set with NTP.")
		return
	}
	d.ok("clock", d.now.UTC().Format(time.RFC3339)+", days in "+d.cfg.Timezone)
}

func (d *doctor) address() {
	host, _, err := net.SplitHostPort(d.cfg.HTTP)
	local := err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
	switch {
	case strings.HasPrefix(d.cfg.PublicURL, "https://"):
		d.ok("address", d.cfg.HTTP+", public as "+d.cfg.PublicURL)
	case local:
		d.note("address", d.cfg.HTTP, "Only this machine reaches it. Put a proxy with TLS in front, and set public_url to its https:// address.")
	default:
		d.note("address", d.cfg.HTTP+" without TLS", "Passwords would travel in clear text. Put a proxy with TLS in front, and set public_url to its https:// address.")
	}
}

// folder checks the data folder, and returns whether there is a database.
func (d *doctor) folder() bool {
	info, err := os.Stat(d.cfg.Dir)
	if errors.Is(err, os.ErrNotExist) {
		d.note("folder", d.cfg.Dir+" does not exist", "sestante serve makes it. Check that the folder above may be written.")
		return false
	}
	if err != nil || !info.IsDir() {
		d.fail("folder", d.cfg.Dir+" is no folder", "Set dir to a folder of its own.")
		return false
	}
	probe := filepath.Join(d.cfg.Dir, ".doctor")
	if err := os.WriteFile(probe, []byte("probe"), 0o600); err != nil {
		d.fail("folder", err.Error(), "Give the user the program runs as the right to write there, or free some space.")
		return false
	}
	if err := os.Remove(probe); err != nil {
		d.fail("folder", err.Error(), "Give the user the program runs as the right to remove files there.")
	}
	d.space()
	_, err = os.Stat(filepath.Join(d.cfg.Dir, "data.db"))
	if err != nil {
		d.note("database", "none yet", "sestante serve makes it.")
	}
	return err == nil
}

// leastFree is how much of the disk should be free: a day of photos.
const leastFree = 2 << 30

func (d *doctor) space() {
	free, err := freeBytes(d.cfg.Dir)
	if err != nil {
		d.note("folder", d.cfg.Dir, "How much space is free could not be asked: "+err.Error())
		return
	}
	text := fmt.Sprintf("%s, %.1f GB free", d.cfg.Dir, float64(free)/1e9)
	if free < leastFree {
		d.note("folder", text, "Less than 2 GB are free: make room before the disk fills up.")
		return
	}
	d.ok("folder", text)
}

func (d *doctor) database(ctx context.Context) {
	app := store.NewApp(d.cfg.Dir)
	if err := app.Bootstrap(); err != nil {
		d.fail("database", err.Error(), "Restore a backup, or look at the disk.")
		return
	}
	defer func() { _ = app.ResetBootstrapState() }() // the doctor only read
	s := store.New(app)
	if err := s.CheckVersion(ctx); err != nil {
		d.fail("schema", explain(err), "Use the newer program, or restore a backup made with this one.")
		return
	}
	pending, err := s.PendingMigrations(ctx)
	switch {
	case err != nil:
		d.fail("schema", err.Error(), "Restore a backup.")
		return
	case pending > 0:
		d.note("schema", strconv.Itoa(pending)+" migrations to come", "sestante serve (or sestante migrate) applies them. Make a backup first.")
		return
	default:
		d.ok("schema", "up to date")
	}
	d.pragmas(ctx, s)
	d.capture(ctx, s)
	if err := applySettings(app.Settings(), d.cfg); err != nil {
		d.fail("storage", err.Error(), "")
		return
	}
	d.storage(ctx, s)
	d.contents(ctx, s)
}

func (d *doctor) pragmas(ctx context.Context, s *store.Store) {
	for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2"} {
		got, err := s.Pragma(ctx, name)
		if err != nil || got != want {
			d.fail("durability", fmt.Sprintf("%s is %q", name, got), "What is acknowledged may be lost when the power fails. Use this program's own way to open the database.")
			return
		}
	}
	d.ok("durability", "what is acknowledged is on disk (WAL, synchronous=FULL)")
}

func (d *doctor) capture(ctx context.Context, s *store.Store) {
	const advice = "Phones would miss changes: sestante doctor --repair puts it right, also while the server runs."
	drift, err := s.CaptureDrift(ctx)
	if d.repair && err == nil && len(drift) > 0 {
		was := strings.Join(drift, "; ")
		if err = s.RepairCapture(ctx); err == nil {
			d.note("capture", "put right: "+was, "Find out who wrote past the program, and how.")
			drift, err = s.CaptureDrift(ctx)
		}
	}
	switch {
	case err != nil:
		d.fail("capture", err.Error(), advice)
	case len(drift) > 0:
		d.fail("capture", strings.Join(drift, "; "), advice)
	default:
		d.ok("capture", "every change reaches the phones")
	}
}

func (d *doctor) storage(ctx context.Context, s *store.Store) {
	where := "the data folder"
	if d.cfg.Storage.S3.Bucket != "" {
		where = "bucket " + d.cfg.Storage.S3.Bucket
	}
	if err := s.ProbeFiles(ctx); err != nil {
		d.fail("storage", where+": "+err.Error(), "Photos cannot be kept. Check storage.s3.*, or the rights on the data folder.")
		return
	}
	d.ok("storage", "photos in "+where)
}

// contents looks at what an administrator has set up.
func (d *doctor) contents(ctx context.Context, s *store.Store) {
	if org, err := s.ContactPoint(ctx); err != nil || org == "" {
		d.note("contents", "no contact point", "In the dashboard, add an organisation of kind contact_point: it owns the reports.")
	}
	for _, c := range []struct{ collection, advice string }{
		{"areas", "Import the territory: sestante areas import --help, or sestante areas dissolve --table italy."},
		{"objectTypes", "In the dashboard, add the things that can be reported."},
		{"activities", "In the dashboard, say who is responsible for each thing."},
		{"roles", "In the dashboard, add people (users) and what they may do (roles)."},
		{"_superusers", "Make an administrator: sestante superuser create EMAIL PASSWORD."},
	} {
		n, err := s.CountRecords(c.collection)
		switch {
		case err != nil:
			d.fail("contents", err.Error(), "")
		case n == 0:
			d.note("contents", c.collection+": none", c.advice)
		default:
			d.ok("contents", fmt.Sprintf("%s: %d", c.collection, n))
		}
	}
	if n, err := s.UnconfirmedAreas(ctx); err == nil && n > 0 {
		d.note("contents", fmt.Sprintf("%d areas were reconstructed", n), "Look at them in the dashboard, and set confirmed on those that are right.")
	}
}

func (d *doctor) push(ctx context.Context) {
	p := d.cfg.Push.FCM
	if p.ProjectID == "" {
		d.note("push", "not set up", "Nothing is pushed to phones. Set push.fcm.project_id and push.fcm.credentials_file.")
		return
	}
	_, err := fcm.New(ctx, fcmConfig(d.cfg))
	if err != nil {
		d.fail("push", strings.TrimSpace(explain(err)), "Use the service account file that the Firebase console offers for this project.")
		return
	}
	d.ok("push", "credentials of project "+p.ProjectID+" can be read")
}

// mailWait is how long a mail server may take to say hello.
const mailWait = 5 * time.Second

func (d *doctor) mail(ctx context.Context) {
	m := d.cfg.Mail.SMTP
	if m.Host == "" {
		d.note("mail", "not set up", "No mail is sent. Set mail.smtp.host and mail.smtp.from.")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, mailWait)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(m.Host, strconv.Itoa(m.Port)))
	if err != nil {
		d.fail("mail", err.Error(), "Check mail.smtp.host and mail.smtp.port, and that a firewall lets them pass.")
		return
	}
	_ = conn.Close()
	d.ok("mail", net.JoinHostPort(m.Host, strconv.Itoa(m.Port))+" answers")
}
