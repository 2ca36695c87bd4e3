// Package notify holds the rules of notices: who is told what, under which
// key, how long it stays worth telling, and in which words. A notice is put
// into the outbox in the transaction of the call that causes it, and is
// rendered only when it is sent, in the language of the person who reads it.
//
// It refuses to send, to store and to read a clock. It carries no personal
// data: no name, no position, no free text of anybody. What a person typed
// stays in the report; a phone that is told about it pulls it.
package notify

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/sestante/sestante/fault"
)

// An ID is the record id of a notice (15 characters of a-z0-9). It is made from
// the dedupe key, so making the same notice twice gives the same id.
type ID string

// A PersonID is the record id of the person who is told.
type PersonID string

// A ReportID is the record id of the report a notice is about.
type ReportID string

// An OrgID is the record id of the organisation that owns the report.
type OrgID string

// A DeviceID is the record id of one device of a person.
type DeviceID string

// What can go wrong when a notice is made. All are mistakes of the program.
var (
	ErrCause = fault.Define(fault.Internal, "notify.cause",
		"There is no such reason to notify anybody.", "Non esiste un motivo di notifica con questo nome.")
	ErrIncomplete = fault.Define(fault.Internal, "notify.incomplete",
		"A notice needs a person and a report.", "Una notifica ha bisogno di una persona e di una segnalazione.")
)

// A Priority orders notices that are due at the same moment.
type Priority int

// The priorities. Urgent notices do not wait for older ones of the same
// person; Urgent and Soon ones wake the phone.
const (
	Urgent   Priority = 1
	Soon     Priority = 2
	Whenever Priority = 3
)

// Params is what the words of a notice are made from. There is no room in it
// for personal data.
type Params struct {
	Code     string `json:"code"`               // the report's code, such as MI-2026-000123
	District string `json:"district,omitempty"` // name of the district
	ObjectIt string `json:"objectIt,omitempty"` // what is broken, in Italian
	ObjectEn string `json:"objectEn,omitempty"` // the same in English
	Org      string `json:"org,omitempty"`      // name of the organisation that is now responsible
	Date     string `json:"date,omitempty"`     // planned day, 2006-01-02
	Moved    *Moved `json:"moved,omitempty"`    // of a notice about many reports
	Reason   string `json:"reason,omitempty"`   // a code: one of a suspension or a closure, or the rule of an escalation; anything else is dropped
}

// Moved counts the open reports that followed the territory when borders moved,
// as far as they concern one person.
type Moved struct {
	Count int    `json:"count"`          // of reports
	From  string `json:"from,omitempty"` // name of the district most of them left; empty: they had none
	To    string `json:"to,omitempty"`   // name of the district most of them came to; empty: none
	Most  int    `json:"most"`           // how many went from From to To
}

// An Event is what happened, seen by one person who is to be told.
type Event struct {
	Cause    Cause
	Person   PersonID
	Report   ReportID
	Run      string // of Rerouted, which is about no one report: the re-routing
	Revision int64  // version of the report after the call; makes the dedupe key
	Org      OrgID
	Params   Params

	// NotBefore holds the notice back, for example until the service hours of
	// the person begin. Zero means at once.
	NotBefore time.Time
	// Zone is where the planned day of a schedule ends. Nil means UTC.
	Zone *time.Location
}

// A Notice is one thing one person is told. Times are UTC.
type Notice struct {
	ID        ID
	Dedupe    string // cause:report:revision:person; the outbox takes each once
	Person    PersonID
	Cause     Cause
	Report    ReportID
	Collapse  string // a newer notice with the same key takes the place of an older one; at most 32 characters of A-Za-z0-9_-
	Params    Params
	Priority  Priority
	NotBefore time.Time
	Expires   time.Time // after it nobody is told any more
	Org       OrgID
	CreatedAt time.Time
}

// New returns the notice that e causes, made at now. It returns ErrCause for a
// cause nobody defined and ErrIncomplete without a person or a report.
func New(now time.Time, e Event) (Notice, error) {
	rule, ok := rules[e.Cause]
	if !ok {
		return Notice{}, fmt.Errorf("make a notice: %w", ErrCause.In("cause").With("%s", e.Cause))
	}
	about := cmp.Or(string(e.Report), e.Run)
	if e.Person == "" || about == "" {
		return Notice{}, fmt.Errorf("make a notice of %s: %w", e.Cause, ErrIncomplete)
	}
	now = now.UTC()
	n := Notice{
		Dedupe: fmt.Sprintf("%s:%s:%d:%s", e.Cause, about, e.Revision, e.Person),
		Person: e.Person, Cause: e.Cause, Report: e.Report, Org: e.Org,
		Collapse: cmp.Or(string(rule.thread), string(e.Cause)) + "-" + about,
		Params:   e.Params.clean(), Priority: rule.priority,
		NotBefore: now, CreatedAt: now,
	}
	if e.NotBefore.After(now) {
		n.NotBefore = e.NotBefore.UTC()
	}
	n.ID = idOf(n.Dedupe)
	n.Expires = n.NotBefore.Add(rule.ttl)
	if rule.untilDay {
		n.Expires = endOfDay(n.Params.Date, e.Zone, n.Expires, n.NotBefore)
	}
	return n, nil
}

// idOf makes a record id from a dedupe key: the first 75 bits of its SHA-256,
// so that the same key has the same id wherever it is made.
func idOf(dedupe string) ID {
	sum := sha256.Sum256([]byte(dedupe))
	return ID(strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:15])
}

// maxDay keeps a notice from waiting longer than a push service would: Firebase
// keeps a message for four weeks at most.
const maxDay = 28 * 24 * time.Hour

// endOfDay returns the end of the planned day, but at least an hour after
// from and at most four weeks; otherwise when there is no day to read.
func endOfDay(day string, zone *time.Location, otherwise, from time.Time) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	at, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return otherwise
	}
	end := at.AddDate(0, 0, 1).UTC()
	if least := from.Add(time.Hour); end.Before(least) {
		return least
	}
	if most := from.Add(maxDay); end.After(most) {
		return most
	}
	return end
}

// ruleCode is the name of an escalation rule (domain 2.8): ESC-02.
var ruleCode = regexp.MustCompile(`^(?i:esc)[-_][0-9]{1,3}$`)

// known reports whether a reason is one of ours: a word somebody typed is not,
// even when it looks like a code.
func known(reason string) bool {
	_, ok := reasons[Languages[0]][reason]
	return ok || ruleCode.MatchString(reason)
}

// clean drops what is no code of ours or no day, and cuts what is too long for the
// four kilobytes of a push message.
func (p Params) clean() Params {
	p.Code, p.District, p.Org = cut(p.Code, 40), cut(p.District, 80), cut(p.Org, 80)
	p.ObjectIt, p.ObjectEn = cut(p.ObjectIt, 80), cut(p.ObjectEn, 80)
	if m := p.Moved; m != nil {
		p.Moved = &Moved{Count: m.Count, From: cut(m.From, 80), To: cut(m.To, 80), Most: m.Most}
	}
	if !known(p.Reason) {
		p.Reason = ""
	}
	if _, err := time.Parse(time.DateOnly, p.Date); err != nil {
		p.Date = ""
	}
	return p
}

// cut returns the first limit characters of s, on one line.
func cut(s string, limit int) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}
