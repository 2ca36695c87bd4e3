package config

import (
	"strings"
)

// A Type says how the text of a value is read.
type Type string

// The types of values.
const (
	Text       Type = "text"
	Bool       Type = "true or false"
	Number     Type = "whole number"
	Bytes      Type = "size"          // 500000, 500kB, 4MB, 4MiB
	Seconds    Type = "seconds"       // whole
	Metres     Type = "metres"        // may have decimals
	List       Type = "list"          // separated by commas, or a YAML list
	Path       Type = "path"          // relative ones begin at the current folder
	SecretText Type = "secret"        // only in the environment
	SecretFile Type = "secret's file" // path of a file that holds the secret and nothing else
)

// A Key is one line of the table.
type Key struct {
	Name    string // snake_case, groups before a dot: intake.rate_per_minute
	Type    Type
	Default string // as one would write it; empty means none
	Doc     string // what it means, in whole sentences, and its unit

	// Check refuses values of the right type that make no sense, and says in
	// a few words what would. It is given what parse made of the text; nil
	// accepts everything.
	Check func(value any) error
}

// Group returns the part of the name before the last dot, or "".
func (k Key) Group() string {
	if i := strings.LastIndexByte(k.Name, '.'); i >= 0 {
		return k.Name[:i]
	}
	return ""
}

// Env returns the variable that sets the key: SESTANTE_ and the name in
// capitals, dots as underscores.
func (k Key) Env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(k.Name, ".", "_"))
}

// Flag returns the flag that sets the key, without its two dashes, or "" for
// a secret, which has none: a command line is read by every process.
func (k Key) Flag() string {
	if k.Type == SecretText {
		return ""
	}
	return flagName(k.Name)
}

// Keys returns the table: every key there is, in the order of the papers.
func Keys() []Key {
	return []Key{
		{Name: "dir", Type: Path, Default: "sestante_data", Check: notEmpty, Doc: "Data folder: the database and, unless S3 is set up, the photos. Made when absent."},
		{Name: "http", Type: Text, Default: "127.0.0.1:8090", Check: listenAddress, Doc: "Address and port to listen on, in clear text: a reverse proxy with TLS belongs in front of it."},
		{Name: "public_url", Type: Text, Check: webAddress, Doc: "Where people reach the server; links in messages begin with it. Empty: http:// and the address it listens on."},
		{Name: "org_name", Type: Text, Default: "Sestante", Check: notEmpty, Doc: "Name of the organisation, as people read it in messages."},
		{Name: "language_default", Type: Text, Default: "it", Check: oneOf("it", "en"), Doc: "Language of whoever has not chosen one: it or en."},
		{Name: "timezone", Type: Text, Default: "Europe/Rome", Check: zone, Doc: "Time zone of calendar days, such as planned closing dates (IANA name). Times on the wire stay UTC."},
		{Name: "production", Type: Bool, Default: "true", Doc: "Keep the SQL console and edits of collections shut. Only false opens them."},
		{Name: "log_level", Type: Text, Default: "info", Check: oneOf("debug", "info", "error"), Doc: "Least weight a log line must have: debug, info or error."},
		{Name: "log_format", Type: Text, Default: "text", Check: oneOf("text", "json"), Doc: "Form of a log line: text or json."},
		{Name: "trusted_proxy_headers", Type: List, Check: headerNames, Doc: "Headers in which a proxy in front of us tells the caller's address, such as X-Forwarded-For. Only name what that proxy always sets itself: otherwise callers choose their own address."},
		{Name: "app_secret", Type: SecretText, Check: longSecret, Doc: "Secret with which tracking links and cursors are signed, 32 characters or more. Empty: one is made, and kept in the database."},
		{Name: "app_secret_file", Type: SecretFile, Doc: "File that holds app_secret."},

		{Name: "intake.rate_per_minute", Type: Number, Default: "10", Check: between(1, 100_000), Doc: "New reports one sender may send in a minute, for long."},
		{Name: "intake.rate_burst", Type: Number, Default: "60", Check: between(1, 100_000), Doc: "New reports one sender may send at once: a phone that comes back from a day without network."},
		{Name: "intake.max_photos", Type: Number, Default: "10", Check: between(0, 100), Doc: "Photos one report may have."},
		{Name: "intake.max_photo_bytes", Type: Bytes, Default: "40MB", Check: between(100_000, 1_000_000_000), Doc: "Size of one photo."},
		{Name: "intake.max_body_bytes", Type: Bytes, Default: "64MB", Check: between(100_000, 4_000_000_000), Doc: "Size of one request that brings a report or photos. Not less than intake.max_photo_bytes."},

		{Name: "territory.tolerance_m", Type: Metres, Default: "500", Check: between(0, 100_000), Doc: "How far outside every district a position may lie and still be given to the nearest one, in metres. 0: not at all."},
		{Name: "territory.code_prefix", Type: Text, Default: "SE", Check: codePrefix, Doc: "Two to four capital letters that begin the code of a report whose district brings none (SE-2026-000123)."},
		{Name: "territory.max_import_bytes", Type: Bytes, Default: "128MB", Check: between(100_000, 4_000_000_000), Doc: "Size of one file of boundaries. Importing one takes several times as much memory."},

		{Name: "report.reopen_days", Type: Number, Default: "14", Check: between(0, 365), Doc: "Days after closing in which the reporter may reopen a report."},
		{Name: "report.plan_needs_approval", Type: Bool, Default: "false", Doc: "Hold a planned closing date back until a lead has approved it."},
		{Name: "report.auto_verify_days", Type: Number, Default: "0", Check: between(0, 365), Doc: "Days after which work reported as done counts as verified. 0: a person always verifies."},

		{Name: "duplicates.radius_m", Type: Metres, Default: "50", Check: between(1, 1000), Doc: "How far apart two reports of one thing may lie, in metres, before the accuracy of their positions. The catalogue may say otherwise for each object (dedupeRadiusM)."},
		{Name: "duplicates.area_radius_m", Type: Metres, Default: "250", Check: between(1, 1000), Doc: "The same for objects that are areas, such as a park."},
		{Name: "duplicates.area_objects", Type: List, Doc: "Codes of the objects that are areas."},
		{Name: "duplicates.closed_days", Type: Number, Default: "14", Check: between(0, 365), Doc: "Days for which a closed report is still suggested, and may be linked to. The catalogue may say less for each object (dedupeDays)."},

		{Name: "export.rate_per_minute", Type: Number, Default: "10", Check: between(1, 100_000), Doc: "Exports one caller may ask for in a minute, for long."},
		{Name: "export.rate_burst", Type: Number, Default: "60", Check: between(1, 100_000), Doc: "Exports one caller may ask for at once, after a pause."},
		{Name: "export.at_once", Type: Number, Default: "4", Check: between(1, 100), Doc: "Exports that are written at the same time, for all callers together. A GeoPackage takes as much room in the folder for temporary files as it has bytes."},
		{Name: "export.max_rows", Type: Number, Default: "1000000", Check: between(0, 1_000_000_000), Doc: "Reports one export may hold. 0: any number."},

		{Name: "tiles.rate_per_minute", Type: Number, Default: "6000", Check: between(60, 1_000_000), Doc: "Map tiles of reports one caller may ask for in a minute, for long. A large screen takes 40 each time it is drawn."},
		{Name: "tiles.rate_burst", Type: Number, Default: "2000", Check: between(60, 1_000_000), Doc: "Map tiles of reports one caller may ask for at once, after a pause."},
		{Name: "tiles.pmtiles", Type: Path, Doc: "Base maps in PMTiles version 3: one file, or a folder of files ending in .pmtiles. Everybody may read them. Empty: none is served."},

		{Name: "sync.max_mutations", Type: Number, Default: "500", Check: between(500, 10_000), Doc: "Changes one push of a device may bring. Devices send up to 500 at once."},
		{Name: "sync.max_push_bytes", Type: Bytes, Default: "1MB", Check: between(1_000_000, 100_000_000), Doc: "Size of one push, unpacked. Devices send up to 1 MB at once."},
		{Name: "sync.max_pull_bytes", Type: Bytes, Default: "4MB", Check: between(10_000, 100_000_000), Doc: "Size after which a pull ends and says that there is more."},
		{Name: "sync.max_page_rows", Type: Number, Default: "1000", Check: between(10, 10_000), Doc: "Records between two points from which a pull that broke off goes on."},
		{Name: "sync.max_verify_bytes", Type: Bytes, Default: "4MB", Check: between(100_000, 100_000_000), Doc: "Size of one question of a device that compares what it holds, unpacked."},
		{Name: "sync.max_kept_bytes", Type: Bytes, Default: "16MB", Check: between(1_000_000, 1_000_000_000), Doc: "Size of all that is kept of one person's pushes which nobody could read. Not less than sync.max_push_bytes."},
		{Name: "sync.streams_per_user", Type: Number, Default: "5", Check: between(1, 100), Doc: "Open streams one person may have at a time."},
		{Name: "sync.heartbeat_s", Type: Seconds, Default: "25", Check: between(5, 300), Doc: "Seconds between signs of life on a stream. Shorter than the idle limit of any proxy on the way."},

		{Name: "push.workers", Type: Number, Default: "4", Check: between(1, 100), Doc: "Notices sent at the same time."},
		{Name: "push.lease_s", Type: Seconds, Default: "60", Check: between(20, 3600), Doc: "Seconds after which a notice that was taken but not settled is taken again."},
		{Name: "push.max_attempts", Type: Number, Default: "10", Check: between(1, 100), Doc: "Tries after which a notice is given up."},
		{Name: "push.fcm.project_id", Type: Text, Doc: "Project at Firebase Cloud Messaging. Empty: nothing is pushed to phones."},
		{Name: "push.fcm.credentials", Type: SecretText, Doc: "Service account of that project, as JSON."},
		{Name: "push.fcm.credentials_file", Type: SecretFile, Doc: "File that holds push.fcm.credentials."},
		{Name: "push.fcm.endpoint", Type: Text, Check: webAddress, Doc: "Address of a stand-in for Firebase, for tests and demonstrations, asked without credentials when none are given. Empty: Google's own."},

		{Name: "storage.s3.endpoint", Type: Text, Check: webAddress, Doc: "Address of an S3-compatible store."},
		{Name: "storage.s3.bucket", Type: Text, Doc: "Bucket for photos. Empty: they are kept in the data folder."},
		{Name: "storage.s3.region", Type: Text, Doc: "Region of the bucket."},
		{Name: "storage.s3.access_key", Type: Text, Doc: "Name of the access key."},
		{Name: "storage.s3.secret", Type: SecretText, Doc: "Secret of the access key."},
		{Name: "storage.s3.secret_file", Type: SecretFile, Doc: "File that holds storage.s3.secret."},
		{Name: "storage.s3.force_path_style", Type: Bool, Default: "false", Doc: "Put the bucket into the path instead of the host name, as many stores outside Amazon ask."},

		{Name: "mail.smtp.host", Type: Text, Doc: "Mail server. Empty: no mail is sent."},
		{Name: "mail.smtp.port", Type: Number, Default: "587", Check: between(1, 65535), Doc: "Its port."},
		{Name: "mail.smtp.username", Type: Text, Doc: "Account on it. Empty: none is needed."},
		{Name: "mail.smtp.password", Type: SecretText, Doc: "Password of the account."},
		{Name: "mail.smtp.password_file", Type: SecretFile, Doc: "File that holds mail.smtp.password."},
		{Name: "mail.smtp.from", Type: Text, Check: mailAddress, Doc: "Sender of every letter."},

		{Name: "shutdown.drain_s", Type: Seconds, Default: "20", Check: between(0, 600), Doc: "Seconds a request under way is given to end when the program is stopped. Give the process supervisor a little more."},
	}
}

// nearest returns the candidate closest to name by edit distance, or "" when
// none is close enough to be what was meant.
func nearest(name string, candidates []string) string {
	best, limit := "", max(2, len(name)/3)+1
	for _, c := range candidates {
		if d := distance(name, c); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// distance is Levenshtein's: how many letters to change, add or take away.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
