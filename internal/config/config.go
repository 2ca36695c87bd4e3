// Package config says how an installation is set up: one table of keys, from
// which the flags, the SESTANTE_* variables, docs/configuration.md and
// sestante.example.yaml are all made, and one function, Load, that reads them
// in order and answers with a Config that is complete and checked.
//
// A flag goes before a variable, a variable before sestante.yaml, and that
// before the default. What nobody knows (a key, a variable) and what cannot be
// read (a word where a number belongs) is refused with the key's name: a
// spelling mistake never runs as a default. Secrets come from the environment
// or from a file of their own, and are refused anywhere else.
//
// It refuses to know the program it sets up: it opens no database, listens
// nowhere, logs nothing and keeps no state. What it reads besides its
// arguments is the configuration file and the files that hold secrets.
package config

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/viper"
)

// Config is the whole set-up of one installation. Load makes it; its fields
// are in the order of the table in docs/configuration.md, which says what each
// one means.
type Config struct {
	Dir                 string         `mapstructure:"dir"`        // absolute path of the data folder
	HTTP                string         `mapstructure:"http"`       // host:port to listen on
	PublicURL           string         `mapstructure:"public_url"` // without a final slash; never empty
	OrgName             string         `mapstructure:"org_name"`
	LanguageDefault     string         `mapstructure:"language_default"` // it or en
	Timezone            string         `mapstructure:"timezone"`         // IANA name
	Location            *time.Location `mapstructure:"-"`                // what Timezone names
	Production          bool           `mapstructure:"production"`
	LogLevel            string         `mapstructure:"log_level"`  // debug, info or error
	LogFormat           string         `mapstructure:"log_format"` // text or json
	TrustedProxyHeaders []string       `mapstructure:"trusted_proxy_headers"`
	AppSecret           Secret         `mapstructure:"app_secret"`

	Intake     Intake     `mapstructure:"intake"`
	Territory  Territory  `mapstructure:"territory"`
	Report     Report     `mapstructure:"report"`
	Duplicates Duplicates `mapstructure:"duplicates"`
	Export     Export     `mapstructure:"export"`
	Tiles      Tiles      `mapstructure:"tiles"`
	Sync       Sync       `mapstructure:"sync"`
	Push       Push       `mapstructure:"push"`
	Storage    Storage    `mapstructure:"storage"`
	Mail       Mail       `mapstructure:"mail"`
	Shutdown   Shutdown   `mapstructure:"shutdown"`
}

// Intake limits what one sender may send in.
type Intake struct {
	RatePerMinute int   `mapstructure:"rate_per_minute"`
	RateBurst     int   `mapstructure:"rate_burst"`
	MaxPhotos     int   `mapstructure:"max_photos"`
	MaxPhotoBytes int64 `mapstructure:"max_photo_bytes"`
	MaxBodyBytes  int64 `mapstructure:"max_body_bytes"`
}

// Territory says how a position finds its district.
type Territory struct {
	ToleranceM float64 `mapstructure:"tolerance_m"` // metres
	CodePrefix string  `mapstructure:"code_prefix"`

	MaxImportBytes int64 `mapstructure:"max_import_bytes"` // of one file of boundaries
}

// Report holds the times and choices in the life of a report.
type Report struct {
	ReopenDays        int  `mapstructure:"reopen_days"`
	PlanNeedsApproval bool `mapstructure:"plan_needs_approval"`
	AutoVerifyDays    int  `mapstructure:"auto_verify_days"` // 0 means never
}

// Duplicates says which reports may be of the same thing.
type Duplicates struct {
	RadiusM     float64  `mapstructure:"radius_m"`      // metres
	AreaRadiusM float64  `mapstructure:"area_radius_m"` // metres, of AreaObjects
	AreaObjects []string `mapstructure:"area_objects"`  // codes
	ClosedDays  int      `mapstructure:"closed_days"`
}

// Export limits what is handed out to other programs.
type Export struct {
	RatePerMinute int `mapstructure:"rate_per_minute"`
	RateBurst     int `mapstructure:"rate_burst"`
	AtOnce        int `mapstructure:"at_once"`
	MaxRows       int `mapstructure:"max_rows"` // 0 means any number
}

// Tiles limits the tiles of maps, and says what they are drawn on.
type Tiles struct {
	RatePerMinute int    `mapstructure:"rate_per_minute"` // tiles of reports
	RateBurst     int    `mapstructure:"rate_burst"`
	PMTiles       string `mapstructure:"pmtiles"` // a file, or a folder of them; empty means none
}

// Sync limits one exchange with a device.
type Sync struct {
	MaxMutations   int           `mapstructure:"max_mutations"`
	MaxPushBytes   int64         `mapstructure:"max_push_bytes"`
	MaxPullBytes   int64         `mapstructure:"max_pull_bytes"`
	MaxPageRows    int           `mapstructure:"max_page_rows"`
	MaxVerifyBytes int64         `mapstructure:"max_verify_bytes"`
	MaxKeptBytes   int64         `mapstructure:"max_kept_bytes"` // of one person
	StreamsPerUser int           `mapstructure:"streams_per_user"`
	Heartbeat      time.Duration `mapstructure:"heartbeat_s"`
}

// Push says how notices leave the house.
type Push struct {
	Workers     int           `mapstructure:"workers"`
	Lease       time.Duration `mapstructure:"lease_s"`
	MaxAttempts int           `mapstructure:"max_attempts"`
	FCM         FCM           `mapstructure:"fcm"`
}

// FCM is the account at Firebase Cloud Messaging. Nothing is sent to phones
// while ProjectID is empty.
type FCM struct {
	ProjectID   string `mapstructure:"project_id"`
	Credentials Secret `mapstructure:"credentials"` // the service account, as JSON
	Endpoint    string `mapstructure:"endpoint"`    // of a stand-in; empty means Google's
}

// Storage says where photos are kept: in the data folder, or in S3 when its
// bucket is named.
type Storage struct {
	S3 S3 `mapstructure:"s3"`
}

// S3 is a bucket of an S3-compatible store.
type S3 struct {
	Endpoint       string `mapstructure:"endpoint"`
	Bucket         string `mapstructure:"bucket"`
	Region         string `mapstructure:"region"`
	AccessKey      string `mapstructure:"access_key"`
	Secret         Secret `mapstructure:"secret"`
	ForcePathStyle bool   `mapstructure:"force_path_style"`
}

// Mail says how letters are sent. None are while SMTP's host is empty.
type Mail struct {
	SMTP SMTP `mapstructure:"smtp"`
}

// SMTP is a mail server and the account on it.
type SMTP struct {
	Host     string `mapstructure:"host"`
	Port     int    `mapstructure:"port"`
	Username string `mapstructure:"username"`
	Password Secret `mapstructure:"password"`
	From     string `mapstructure:"from"`
}

// Shutdown says how the program ends.
type Shutdown struct {
	Drain time.Duration `mapstructure:"drain_s"`
}

// Sources is where a configuration comes from. It is all Load looks at, so
// that a test can hand in any command line and any environment.
type Sources struct {
	Args    []string // the command line without the program's name
	Environ []string // NAME=value, as os.Environ gives it
	Dir     string   // the current folder; relative paths begin here
}

// Load reads the flags, the environment and the configuration file, fills the
// rest with defaults, and checks the whole. The file is the one --config or
// SESTANTE_CONFIG names, which must exist, or sestante.yaml in the current
// folder, which may be absent. Flags that are not in the table are left to
// the command they belong to.
//
// The error joins everything that is wrong, each a fault that names its key
// (ErrKey, ErrValue, ErrSecret, ErrTwice, ErrIncomplete) or its file (ErrFile,
// ErrYAML); no secret is ever part of one. A Config is only returned whole.
func Load(s Sources) (Config, error) {
	var given layers
	var problems []error
	given.flags, problems = readFlags(s.Args)
	env, wrong := readEnviron(s.Environ)
	given.env, problems = env, append(problems, wrong...)
	given.file, wrong = readFile(given.filePath(s.Dir))
	problems = append(problems, wrong...)

	settings, wrong := given.settle(s.Dir)
	if problems = append(problems, wrong...); len(problems) > 0 {
		return Config{}, errors.Join(problems...)
	}
	cfg, err := build(settings)
	if err != nil {
		return Config{}, err
	}
	if err := errors.Join(checkWhole(cfg)...); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// build lays the settled values over the defaults and fills the struct. A key
// without a field is our mistake, and told as one.
func build(settings map[string]any) (Config, error) {
	v := viper.New()
	for _, k := range Keys() {
		if k.Type == SecretFile {
			continue // it says where a secret lies; the struct holds the secret
		}
		standard, err := k.parse(k.Default, "the default")
		if err != nil {
			return Config{}, fmt.Errorf("reading the default of %s: %w", k.Name, err)
		}
		v.SetDefault(k.Name, standard)
	}
	for name, value := range settings {
		v.Set(name, value)
	}
	var cfg Config
	if err := v.UnmarshalExact(&cfg); err != nil {
		return Config{}, fmt.Errorf("filling the configuration: %w", err)
	}
	location, err := time.LoadLocation(cfg.Timezone)
	if err != nil {
		return Config{}, ErrValue.In("timezone").With("%q", cfg.Timezone)
	}
	cfg.Location = location
	if cfg.PublicURL == "" {
		cfg.PublicURL = "http://" + cfg.HTTP
	}
	return cfg, nil
}
