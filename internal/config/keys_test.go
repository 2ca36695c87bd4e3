package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/config"
)

// sample holds a value for every key that is not its default.
var sample = map[string]string{
	"dir": "elsewhere", "http": "0.0.0.0:80", "public_url": "https://example.org", "org_name": "Comune di Prova",
	"language_default": "en", "timezone": "UTC", "production": "false", "log_level": "debug", "log_format": "json",
	"trusted_proxy_headers": "X-Forwarded-For", "app_secret": "0123456789abcdef0123456789abcdef",
	"intake.rate_per_minute": "11", "intake.rate_burst": "61", "intake.max_photos": "9",
	"intake.max_photo_bytes": "30MB", "intake.max_body_bytes": "65MB",
	"territory.tolerance_m": "50", "territory.code_prefix": "MI", "territory.max_import_bytes": "100MB",
	"report.reopen_days": "15", "report.plan_needs_approval": "true", "report.auto_verify_days": "5",
	"duplicates.radius_m": "40", "duplicates.area_radius_m": "300", "duplicates.area_objects": "park", "duplicates.closed_days": "7",
	"export.rate_per_minute": "12", "export.rate_burst": "62", "export.at_once": "3", "export.max_rows": "7", "tiles.pmtiles": "maps",
	"tiles.rate_per_minute": "120", "tiles.rate_burst": "61",
	"sync.max_mutations": "501", "sync.max_push_bytes": "2MB", "sync.max_pull_bytes": "5MB",
	"sync.max_page_rows": "1001", "sync.max_verify_bytes": "5MB", "sync.max_kept_bytes": "17MB",
	"sync.streams_per_user": "6", "sync.heartbeat_s": "26",
	"push.workers": "5", "push.lease_s": "61", "push.max_attempts": "11",
	"push.fcm.project_id": "p", "push.fcm.credentials": "{}", "push.fcm.endpoint": "http://localhost:1",
	"storage.s3.endpoint": "http://localhost:2", "storage.s3.bucket": "b", "storage.s3.region": "r",
	"storage.s3.access_key": "k", "storage.s3.secret": "s", "storage.s3.force_path_style": "true",
	"mail.smtp.host": "h", "mail.smtp.port": "25", "mail.smtp.username": "u", "mail.smtp.password": "p", "mail.smtp.from": "a@example.org",
	"shutdown.drain_s": "21",
}

// TestEveryKeyFromEverySource loads the whole sample from variables, from
// flags and from the file, and wants the same answer, with no field left as
// it was by default.
func TestEveryKeyFromEverySource(t *testing.T) {
	dir := t.TempDir()
	var env, secretEnv, args []string
	var file strings.Builder
	for _, k := range config.Keys() {
		text, ok := sample[k.Name]
		switch {
		case k.Type == config.SecretFile:
			continue
		case !ok:
			t.Fatalf("%s has no sample", k.Name)
		case k.Type == config.SecretText:
			secretEnv = append(secretEnv, k.Env()+"="+text)
		default:
			args = append(args, "--"+k.Flag()+"="+text)
			file.WriteString(k.Name + ": " + text + "\n")
		}
		env = append(env, k.Env()+"="+text)
	}
	path := write(t, t.TempDir(), "all.yaml", file.String())

	byEnv := mustLoad(t, config.Sources{Environ: env, Dir: dir})
	byFlag := mustLoad(t, config.Sources{Args: args, Environ: secretEnv, Dir: dir})
	byFile := mustLoad(t, config.Sources{Args: []string{"--config", path}, Environ: secretEnv, Dir: dir})
	if !reflect.DeepEqual(byFlag, byEnv) {
		t.Errorf("flags give %+v, variables %+v", byFlag, byEnv)
	}
	if !reflect.DeepEqual(byFile, byEnv) {
		t.Errorf("the file gives %+v, variables %+v", byFile, byEnv)
	}
	for _, name := range sameLeaves(reflect.ValueOf(byEnv), reflect.ValueOf(mustLoad(t, config.Sources{Dir: dir})), "Config") {
		t.Errorf("%s has no key, or its sample is the default", name)
	}
}

func mustLoad(t *testing.T, s config.Sources) config.Config {
	t.Helper()
	c, err := config.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sameLeaves returns the fields that are equal in a and b.
func sameLeaves(a, b reflect.Value, name string) []string {
	if a.Kind() == reflect.Struct && a.Type() != reflect.TypeFor[config.Secret]() {
		var same []string
		for i := range a.NumField() {
			same = append(same, sameLeaves(a.Field(i), b.Field(i), name+"."+a.Type().Field(i).Name)...)
		}
		return same
	}
	if reflect.DeepEqual(a.Interface(), b.Interface()) {
		return []string{name}
	}
	return nil
}

// TestSecretKeysHaveFiles: each secret has a key for the file it may lie in.
func TestSecretKeysHaveFiles(t *testing.T) {
	kinds := map[string]config.Type{}
	for _, k := range config.Keys() {
		if kinds[k.Name] != "" {
			t.Errorf("%s has two lines", k.Name)
		}
		kinds[k.Name] = k.Type
		if !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s is not documented in whole sentences", k.Name)
		}
	}
	for name, kind := range kinds {
		if kind == config.SecretText && kinds[name+"_file"] != config.SecretFile {
			t.Errorf("%s has no file", name)
		}
		if kind == config.SecretFile && kinds[strings.TrimSuffix(name, "_file")] != config.SecretText {
			t.Errorf("%s is the file of nothing", name)
		}
	}
}

// TestPapers compares what is made from the table with the files that stand
// in the repository; UPDATE=1 writes them.
func TestPapers(t *testing.T) {
	root := filepath.Join("..", "..")
	for path, want := range map[string][]byte{
		filepath.Join(root, "docs", "configuration.md"): config.Reference(),
		filepath.Join(root, "sestante.example.yaml"):    config.Example(),
	} {
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the table says: run make gen", path)
		}
	}
}

// TestExampleLoads takes the # away from every setting and wants the defaults.
func TestExampleLoads(t *testing.T) {
	setting := regexp.MustCompile(`(?m)^#((?:  )*[a-z0-9_]+:.*)$`)
	example := setting.ReplaceAllString(string(config.Example()), "$1")
	dir := t.TempDir()
	want := mustLoad(t, config.Sources{Dir: dir})
	write(t, dir, "sestante.yaml", example)
	if got := mustLoad(t, config.Sources{Dir: dir}); !reflect.DeepEqual(got, want) {
		t.Errorf("the example gives %+v, the defaults are %+v", got, want)
	}
	for _, k := range config.Keys() {
		last := k.Name[strings.LastIndexByte(k.Name, '.')+1:] + ": "
		if shown := strings.Contains(example, last); !shown && k.Type != config.SecretText {
			t.Errorf("%s is not in the example", k.Name)
		}
	}
}

func TestEnvNamesAreDistinct(t *testing.T) {
	var names []string
	for _, k := range config.Keys() {
		if slices.Contains(names, k.Env()) {
			t.Errorf("two keys share %s", k.Env())
		}
		names = append(names, k.Env())
	}
}

// FuzzYAML: whatever the file holds, Load ends, answers faults that name
// their place, and what it accepts it accepts again.
func FuzzYAML(f *testing.F) {
	f.Add(string(config.Example()))
	f.Add("intake: {rate_per_minute: 3}\ntrusted_proxy_headers: [a, b]\n")
	f.Add("a: &a [*a]\n")
	f.Add("? [a]\n: b\n")
	f.Add("--- !!binary aGk=\n...\n%YAML 1.1\n")
	f.Add("dir: a\nhttp: b\ndir: c\n<<: {x: y}\n")
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		path := write(t, dir, "f.yaml", text)
		src := config.Sources{Args: []string{"--config", path}, Dir: dir}
		first, err := config.Load(src)
		if err != nil {
			for _, problem := range err.(interface{ Unwrap() []error }).Unwrap() {
				wantNamed(t, problem)
			}
			return
		}
		if again := mustLoad(t, src); !reflect.DeepEqual(first, again) {
			t.Errorf("loaded as %+v, then as %+v", first, again)
		}
	})
}

// wantNamed fails unless err is one of the package's faults and says where.
func wantNamed(t *testing.T, err error) {
	t.Helper()
	if f := fault.Of(err); !strings.HasPrefix(f.Code, "config.") || f.Field == "" {
		t.Errorf("%v is the fault %s about %q", err, f.Code, f.Field)
	}
}
