package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/config"
)

// a source of one test: a file's text, variables and flags.
type from struct {
	yaml string
	env  []string
	args []string
}

func load(t *testing.T, f from) (config.Config, error) {
	t.Helper()
	dir := t.TempDir()
	if f.yaml != "" {
		write(t, dir, "sestante.yaml", f.yaml)
	}
	return config.Load(config.Sources{Args: f.args, Environ: f.env, Dir: dir})
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	dir := t.TempDir()
	c, err := config.Load(config.Sources{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Dir: filepath.Join(dir, "sestante_data"), HTTP: "127.0.0.1:8090", PublicURL: "http://127.0.0.1:8090",
		OrgName: "Sestante", LanguageDefault: "it", Timezone: "Europe/Rome", Location: rome, Production: true,
		LogLevel: "info", LogFormat: "text", TrustedProxyHeaders: []string{},
		Intake:     config.Intake{RatePerMinute: 10, RateBurst: 60, MaxPhotos: 10, MaxPhotoBytes: 40e6, MaxBodyBytes: 64e6},
		Territory:  config.Territory{ToleranceM: 500, CodePrefix: "SE", MaxImportBytes: 128_000_000},
		Report:     config.Report{ReopenDays: 14},
		Duplicates: config.Duplicates{RadiusM: 50, AreaRadiusM: 250, AreaObjects: []string{}, ClosedDays: 14},
		Export:     config.Export{RatePerMinute: 10, RateBurst: 60, AtOnce: 4, MaxRows: 1e6},
		Tiles:      config.Tiles{RatePerMinute: 6000, RateBurst: 2000},
		Sync:       config.Sync{MaxMutations: 500, MaxPushBytes: 1e6, MaxPullBytes: 4e6, MaxPageRows: 1000, MaxVerifyBytes: 4e6, MaxKeptBytes: 16e6, StreamsPerUser: 5, Heartbeat: 25 * time.Second},
		Push:       config.Push{Workers: 4, Lease: time.Minute, MaxAttempts: 10},
		Mail:       config.Mail{SMTP: config.SMTP{Port: 587}},
		Shutdown:   config.Shutdown{Drain: 20 * time.Second},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("Load of nothing =\n%+v, want\n%+v", c, want)
	}
}

// TestPrecedence gives one key in every combination of sources.
func TestPrecedence(t *testing.T) {
	yaml, env, args := "http: file:1\n", []string{"SESTANTE_HTTP=env:2"}, []string{"--http", "flag:3"}
	for _, c := range []struct {
		name string
		from from
		want string
	}{
		{"nothing", from{}, "127.0.0.1:8090"},
		{"file", from{yaml: yaml}, "file:1"},
		{"variable", from{env: env}, "env:2"},
		{"flag", from{args: args}, "flag:3"},
		{"variable over file", from{yaml: yaml, env: env}, "env:2"},
		{"flag over file", from{yaml: yaml, args: args}, "flag:3"},
		{"flag over variable", from{env: env, args: args}, "flag:3"},
		{"flag over both", from{yaml: yaml, env: env, args: args}, "flag:3"},
		{"an empty variable is none", from{yaml: yaml, env: []string{"SESTANTE_HTTP="}}, "file:1"},
		{"the default given again goes before the file", from{yaml: yaml, args: []string{"--http=127.0.0.1:8090"}}, "127.0.0.1:8090"},
	} {
		got, err := load(t, c.from)
		if err != nil || got.HTTP != c.want {
			t.Errorf("%s: HTTP = %q, %v, want %q", c.name, got.HTTP, err, c.want)
		}
	}
}

func TestGood(t *testing.T) {
	for _, c := range []struct {
		name string
		from from
		got  func(config.Config) any
		want any
	}{
		{"a file of comments", from{yaml: "# nothing\n"}, func(c config.Config) any { return c.HTTP }, "127.0.0.1:8090"},
		{"a group left empty", from{yaml: "intake:\n  # rate_per_minute: 3\n"}, func(c config.Config) any { return c.Intake.RatePerMinute }, 10},
		{"a group", from{yaml: "push:\n  fcm: {project_id: p, endpoint: 'http://localhost:1/v1'}\n"}, func(c config.Config) any { return c.Push.FCM.Endpoint }, "http://localhost:1/v1"},
		{"a dotted key", from{yaml: "intake.rate_per_minute: 3\n"}, func(c config.Config) any { return c.Intake.RatePerMinute }, 3},
		{"a YAML list", from{yaml: "trusted_proxy_headers: [X-Forwarded-For, CF-Connecting-IP]\n"}, func(c config.Config) any { return c.TrustedProxyHeaders }, []string{"X-Forwarded-For", "CF-Connecting-IP"}},
		{"a list in a variable", from{env: []string{"SESTANTE_TRUSTED_PROXY_HEADERS=X-Real-IP, X-Forwarded-For"}}, func(c config.Config) any { return c.TrustedProxyHeaders }, []string{"X-Real-IP", "X-Forwarded-For"}},
		{"kilobytes", from{args: []string{"--sync-max-pull-bytes=500kB"}}, func(c config.Config) any { return c.Sync.MaxPullBytes }, int64(500_000)},
		{"kibibytes", from{args: []string{"--sync-max-pull-bytes", "512 KiB"}}, func(c config.Config) any { return c.Sync.MaxPullBytes }, int64(512 * 1024)},
		{"bytes", from{args: []string{"--sync-max-pull-bytes", "12345"}}, func(c config.Config) any { return c.Sync.MaxPullBytes }, int64(12345)},
		{"production alone", from{yaml: "production: false\n", args: []string{"--production"}}, func(c config.Config) any { return c.Production }, true},
		{"development", from{args: []string{"--production=false"}}, func(c config.Config) any { return c.Production }, false},
		{"a final slash", from{yaml: "public_url: https://segnala.example.org/app/\n"}, func(c config.Config) any { return c.PublicURL }, "https://segnala.example.org/app"},
		{"decimals of a metre", from{yaml: "territory: {tolerance_m: 12.5}\n"}, func(c config.Config) any { return c.Territory.ToleranceM }, 12.5},
		{"another zone", from{yaml: "timezone: America/New_York\n"}, func(c config.Config) any { return c.Location.String() }, "America/New_York"},
		{"other people's variables", from{env: []string{"HOME=/", "SESTANTEX=1", "PATH", "SESTANTE_DATA=somewhere", "SESTANTE_SETTINGS_KEY=x"}}, func(c config.Config) any { return c.LogLevel }, "info"},
		{"flags of a command", from{args: []string{"simulate", "--devices", "40", "--http", "h:1", "-x", "--seed=7", "town"}}, func(c config.Config) any { return c.HTTP }, "h:1"},
		{"asking for help", from{args: []string{"serve", "--help"}}, func(c config.Config) any { return c.HTTP }, "127.0.0.1:8090"},
		{"what follows two dashes", from{args: []string{"run", "--", "--http", "h:1"}}, func(c config.Config) any { return c.HTTP }, "127.0.0.1:8090"},
		{"IPv6", from{args: []string{"--http", "[::1]:8090"}}, func(c config.Config) any { return c.HTTP }, "[::1]:8090"},
		{"a quoted number", from{yaml: "report: {reopen_days: '30'}\n"}, func(c config.Config) any { return c.Report.ReopenDays }, 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := load(t, c.from)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.got(cfg); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// TestBad also checks that the message holds what helps to find the mistake.
func TestBad(t *testing.T) {
	for _, c := range []struct {
		name  string
		from  from
		want  error
		field string
		says  string
	}{
		// names nobody knows
		{"key", from{yaml: "htpp: a:1\n"}, config.ErrKey, "htpp", "line 1: not in the table; did you mean http?"},
		{"key in a group", from{yaml: "intake:\n  rate_per_minut: 3\n"}, config.ErrKey, "intake.rate_per_minut", "line 2: not in the table; did you mean intake.rate_per_minute?"},
		{"key like no other", from{yaml: "zzzzzzzzzzzz: 3\n"}, config.ErrKey, "zzzzzzzzzzzz", "line 1: not in the table)"},
		{"key in capitals", from{yaml: "HTTP: a:1\n"}, config.ErrKey, "HTTP", "line 1"},
		{"merge key", from{yaml: "<<: {http: 'a:1'}\n"}, config.ErrKey, "<<", "line 1"},
		{"empty key", from{yaml: "'': 1\n"}, config.ErrKey, `""`, "line 1"},
		{"group below a key", from{yaml: "http: {port: 1}\n"}, config.ErrValue, "http", "not a plain value"},
		{"variable", from{env: []string{"SESTANTE_HTPP=a:1"}}, config.ErrKey, "SESTANTE_HTPP", "did you mean SESTANTE_HTTP?"},
		{"variable, although empty", from{env: []string{"SESTANTE_HTPP="}}, config.ErrKey, "SESTANTE_HTPP", "did you mean SESTANTE_HTTP?"},

		// values no key takes
		{"word for a number", from{yaml: "report:\n  reopen_days: soon\n"}, config.ErrValue, "report.reopen_days", `line 2: "soon" is not a whole number`},
		{"word in a variable", from{env: []string{"SESTANTE_REPORT_REOPEN_DAYS=soon"}}, config.ErrValue, "report.reopen_days", `SESTANTE_REPORT_REOPEN_DAYS: "soon"`},
		{"word in a flag", from{args: []string{"--report-reopen-days=soon"}}, config.ErrValue, "report.reopen_days", `--report-reopen-days: "soon"`},
		{"fraction", from{yaml: "report: {reopen_days: 1.5}\n"}, config.ErrValue, "report.reopen_days", "not a whole number"},
		{"hexadecimal", from{yaml: "report: {reopen_days: 0x10}\n"}, config.ErrValue, "report.reopen_days", "not a whole number"},
		{"out of bounds", from{yaml: "report: {reopen_days: 366}\n"}, config.ErrValue, "report.reopen_days", "not between 0 and 365"},
		{"negative", from{yaml: "report: {reopen_days: -1}\n"}, config.ErrValue, "report.reopen_days", "not between 0 and 365"},
		{"too large for any number", from{yaml: "report: {reopen_days: 99999999999999999999}\n"}, config.ErrValue, "report.reopen_days", "not a whole number"},
		{"size of nothing", from{args: []string{"--sync-max-push-bytes=MB"}}, config.ErrValue, "sync.max_push_bytes", "not a size"},
		{"size beyond counting", from{args: []string{"--sync-max-push-bytes=9999999999999GB"}}, config.ErrValue, "sync.max_push_bytes", "not a size"},
		{"unknown unit", from{args: []string{"--sync-max-push-bytes=1mb"}}, config.ErrValue, "sync.max_push_bytes", "not a size"},
		{"not a number of metres", from{yaml: "territory: {tolerance_m: .nan}\n"}, config.ErrValue, "territory.tolerance_m", "not a number of metres"},
		{"yes for true", from{yaml: "production: yes\n"}, config.ErrValue, "production", "neither true nor false"},
		{"1 for true", from{env: []string{"SESTANTE_PRODUCTION=1"}}, config.ErrValue, "production", "neither true nor false"},
		{"language", from{yaml: "language_default: de\n"}, config.ErrValue, "language_default", "not one of it, en"},
		{"zone", from{yaml: "timezone: Europe/Roma\n"}, config.ErrValue, "timezone", "not an IANA time zone"},
		{"zone of the machine", from{yaml: "timezone: Local\n"}, config.ErrValue, "timezone", "not an IANA time zone"},
		{"no port", from{yaml: "http: localhost\n"}, config.ErrValue, "http", "not host:port"},
		{"impossible port", from{yaml: "http: localhost:70000\n"}, config.ErrValue, "http", "port from 0 to 65535"},
		{"address without scheme", from{yaml: "public_url: example.org\n"}, config.ErrValue, "public_url", "not an http or https address"},
		{"address with a password", from{yaml: "public_url: https://a:b@example.org\n"}, config.ErrValue, "public_url", "more than host and path"},
		{"prefix", from{yaml: "territory: {code_prefix: mi}\n"}, config.ErrValue, "territory.code_prefix", "two to four letters"},
		{"header", from{yaml: "trusted_proxy_headers: ['X Real']\n"}, config.ErrValue, "trusted_proxy_headers", "not a list of header names"},
		{"empty where something must be", from{args: []string{"--dir="}}, config.ErrValue, "dir", "empty"},
		{"nothing in the file", from{yaml: "dir:\n"}, config.ErrValue, "dir", "line 1: no value"},
		{"list for one value", from{yaml: "dir: [a, b]\n"}, config.ErrValue, "dir", "a, b"},
		{"list in a list", from{yaml: "trusted_proxy_headers: [[a]]\n"}, config.ErrValue, "trusted_proxy_headers", "not a plain value"},
		{"line break", from{yaml: "org_name: \"a\\nb\"\n"}, config.ErrValue, "org_name", "not one line of text"},
		{"flag without its value", from{args: []string{"--http"}}, config.ErrValue, "--http", "needs a value"},

		// the file
		{"not YAML", from{yaml: "a: [1\n"}, config.ErrYAML, "sestante.yaml", "line"},
		{"a list", from{yaml: "- http\n"}, config.ErrYAML, "sestante.yaml", "line 1: a mapping belongs here"},
		{"a word", from{yaml: "hello\n"}, config.ErrYAML, "sestante.yaml", "line 1"},
		{"a word for a group", from{yaml: "intake: 3\n"}, config.ErrYAML, "intake", "line 1: a mapping belongs here"},
		{"two documents", from{yaml: "dir: a\n---\ndir: b\n"}, config.ErrYAML, "sestante.yaml", "more than one document"},
		{"an alias", from{yaml: "dir: &a b\norg_name: *a\n"}, config.ErrValue, "org_name", "line 2: not a plain value"},
		{"a key twice", from{yaml: "dir: a\nhttp: a:1\ndir: b\n"}, config.ErrTwice, "dir", "line 3: first on line 1"},
		{"a group twice", from{yaml: "intake: {max_photos: 1}\nintake: {rate_burst: 3}\n"}, config.ErrTwice, "intake", "line 2: first on line 1"},
		{"a key dotted and in its group", from{yaml: "intake: {max_photos: 1}\nintake.max_photos: 1\n"}, config.ErrTwice, "intake.max_photos", "line 2"},
		{"named and absent", from{args: []string{"--config", "nowhere.yaml"}}, config.ErrFile, "nowhere.yaml", "no such file"},
		{"named by a variable and absent", from{env: []string{"SESTANTE_CONFIG=nowhere.yaml"}}, config.ErrFile, "nowhere.yaml", "no such file"},
		{"too long", from{yaml: strings.Repeat("# a comment\n", 1<<17)}, config.ErrFile, "sestante.yaml", "longer than"},

		// secrets in the open
		{"secret in the file", from{yaml: "mail:\n  smtp:\n    password: hunter2\n"}, config.ErrSecret, "mail.smtp.password", "line 3: use SESTANTE_MAIL_SMTP_PASSWORD or mail.smtp.password_file"},
		{"secret in a flag", from{args: []string{"--mail-smtp-password=hunter2"}}, config.ErrSecret, "mail.smtp.password", "--mail-smtp-password-file"},
		{"secret too short", from{env: []string{"SESTANTE_APP_SECRET=hunter2"}}, config.ErrValue, "app_secret", "shorter than 32"},
		{"secret's file absent", from{yaml: "app_secret_file: nowhere\n"}, config.ErrFile, "app_secret_file", "no such file"},
		{"secret's file is a folder", from{yaml: "app_secret_file: .\n"}, config.ErrFile, "app_secret_file", "not a plain file"},
		{"secret's file holds too little", from{yaml: "app_secret_file: sestante.yaml\n"}, config.ErrValue, "app_secret", "app_secret_file: shorter"},

		// keys that need each other
		{"bucket alone", from{yaml: "storage: {s3: {bucket: b}}\n"}, config.ErrIncomplete, "storage.s3.endpoint", "storage.s3.bucket is set"},
		{"mail without a sender", from{yaml: "mail: {smtp: {host: h}}\n"}, config.ErrIncomplete, "mail.smtp.from", "mail.smtp.host is set"},
		{"Firebase without an account", from{yaml: "push: {fcm: {project_id: p}}\n"}, config.ErrIncomplete, "push.fcm.credentials_file", "push.fcm.project_id is set"},
		{"pushes nobody could read", from{args: []string{"--sync-max-push-bytes=20MB"}}, config.ErrIncomplete, "sync.max_kept_bytes", "less than sync.max_push_bytes"},
		{"less than devices send", from{args: []string{"--sync-max-mutations=100"}}, config.ErrValue, "sync.max_mutations", "not between 500 and 10000"},
		{"no rows on a page", from{yaml: "sync: {max_page_rows: 0}\n"}, config.ErrValue, "sync.max_page_rows", "not between 10 and 10000"},
		{"a tiny verification", from{yaml: "sync: {max_verify_bytes: 1kB}\n"}, config.ErrValue, "sync.max_verify_bytes", "not between"},
		{"photos larger than a request", from{yaml: "intake: {max_body_bytes: 1MB}\n"}, config.ErrIncomplete, "intake.max_body_bytes", "less than intake.max_photo_bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := load(t, c.from)
			if !errors.Is(err, c.want) {
				t.Fatalf("Load = %v, want %v", err, c.want)
			}
			if f := fault.Of(err); f.Field != c.field || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Load = %v about %q, want %q about %q", err, f.Field, c.says, c.field)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the message gives the secret away: %v", err)
			}
			if !reflect.DeepEqual(cfg, config.Config{}) {
				t.Error("a refused configuration was returned all the same")
			}
		})
	}
}

// TestAllMistakes: one start tells everything that is wrong.
func TestAllMistakes(t *testing.T) {
	_, err := load(t, from{
		yaml: "htpp: a:1\nreport: {reopen_days: soon}\n",
		env:  []string{"SESTANTE_DIIR=x"},
		args: []string{"--log-level", "loud"},
	})
	for _, want := range []string{"htpp", "report.reopen_days", "SESTANTE_DIIR", "log_level"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load = %v, without %s", err, want)
		}
	}
}

func TestNamedFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "sestante.yaml", "org_name: standard\n")
	write(t, dir, "a.yaml", "org_name: a\n")
	b := write(t, t.TempDir(), "b.yaml", "org_name: b\n")
	for _, c := range []struct {
		args, env []string
		want      string
	}{
		{nil, nil, "standard"},
		{nil, []string{"SESTANTE_CONFIG=a.yaml"}, "a"},
		{[]string{"--config", b}, []string{"SESTANTE_CONFIG=a.yaml"}, "b"},
	} {
		got, err := config.Load(config.Sources{Args: c.args, Environ: c.env, Dir: dir})
		if err != nil || got.OrgName != c.want {
			t.Errorf("Load(%v, %v) is for %q, %v, want %q", c.args, c.env, got.OrgName, err, c.want)
		}
	}
}

func TestSecrets(t *testing.T) {
	const text = "0123456789abcdef0123456789abcdef"
	dir := t.TempDir()
	write(t, dir, "key", text+"\n")
	write(t, dir, "blank", " \n")
	for _, c := range []struct {
		name string
		src  config.Sources
		want error
	}{
		{"variable", config.Sources{Environ: []string{"SESTANTE_APP_SECRET=" + text}}, nil},
		{"file by variable", config.Sources{Environ: []string{"SESTANTE_APP_SECRET_FILE=key"}}, nil},
		{"file by flag", config.Sources{Args: []string{"--app-secret-file", filepath.Join(dir, "key")}}, nil},
		{"both", config.Sources{Environ: []string{"SESTANTE_APP_SECRET=" + text, "SESTANTE_APP_SECRET_FILE=key"}}, config.ErrTwice},
		{"blank file", config.Sources{Environ: []string{"SESTANTE_APP_SECRET_FILE=blank"}}, config.ErrFile},
	} {
		c.src.Dir = dir
		cfg, err := config.Load(c.src)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if c.want == nil && cfg.AppSecret.Reveal() != text {
			t.Errorf("%s: the secret is %q", c.name, cfg.AppSecret.Reveal())
		}
	}
}

// TestSecretStaysHidden prints a whole configuration in every way we know.
func TestSecretStaysHidden(t *testing.T) {
	const text = "0123456789abcdef0123456789abcdef"
	c, err := load(t, from{env: []string{"SESTANTE_APP_SECRET=" + text}})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "config", c, "secret", c.AppSecret)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "config", c, "secret", c.AppSecret)
	for _, got := range []string{
		fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%x", c.AppSecret), string(encoded), log.String(),
	} {
		if strings.Contains(got, text) || !strings.Contains(got, "[secret]") {
			t.Errorf("printed as %s", got)
		}
	}
	if got := fmt.Sprint(config.Secret{}); got != "" {
		t.Errorf("no secret prints as %q", got)
	}
}

func TestAddFlags(t *testing.T) {
	set := pflag.NewFlagSet("x", pflag.ContinueOnError)
	set.String("dir", "elsewhere", "the framework's own")
	config.AddFlags(set)
	if got := set.Lookup("dir").Usage; got != "the framework's own" {
		t.Errorf("--dir was replaced: %s", got)
	}
	for _, k := range config.Keys() {
		f := set.Lookup(k.Flag())
		if (f == nil) != (k.Type == config.SecretText) {
			t.Errorf("%s has the flag %v", k.Name, f)
		}
	}
	usage := set.FlagUsages()
	if !strings.Contains(usage, "--public-url") || strings.Contains(usage, "--intake") {
		t.Errorf("help shows the wrong flags:\n%s", usage)
	}
}
