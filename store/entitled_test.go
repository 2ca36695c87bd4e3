package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sestante/sestante/report"
)

// TestPhonesHoldNoMoreThanOneMayRead gives every role, over an area and over
// none, a phone, and compares what it is sent of reports with what the same
// person may read online: report.Readers has the last word.
func TestPhonesHoldNoMoreThanOneMayRead(t *testing.T) {
	c := newCapture(t)
	c.run("INSERT INTO areas (id, kind, code) VALUES ('d1', 'district', 'D1'), ('d2', 'district', 'D2')")
	for i, district := range []string{"d1", "d2", ""} {
		for j, org := range []string{"org1", "org2"} {
			c.run(sqlReport(fmt.Sprintf("r%d%d", i, j), "assigned", "district", district, "responsibleOrg", org, "reporterOrg", org, "assignee", fmt.Sprintf("p%d", i), "contactName", "ZOE"))
		}
	}
	n := 0
	for _, role := range report.Roles {
		for _, areas := range []string{"[]", `["d1"]`} {
			who := report.PersonID(fmt.Sprintf("p%d", n))
			n++
			c.run(
				fmt.Sprintf("INSERT INTO users (id, tokenKey, email) VALUES ('%[1]s', 'k%[1]s', '%[1]s@x')", who),
				fmt.Sprintf("INSERT INTO roles (id, person, role, org, areas) VALUES ('%[1]s', '%[1]s', '%[2]s', 'org1', '%[3]s')", who, role, areas),
				fmt.Sprintf("UPDATE reports SET assignee = '%s' WHERE id IN ('%s', '%s')", who, id("r11"), id("r20")))
			if !slices.Contains([]report.Role{report.RoleAnonymous, report.RoleSystem}, role) {
				c.noMore(who, string(role)+" over "+areas)
			}
		}
	}
}

// noMore compares what one person is sent of each report with what they may
// read of it.
func (c capture) noMore(who report.PersonID, what string) {
	c.t.Helper()
	actor, err := c.s.Actor(c.t.Context(), who, day1)
	if err != nil {
		c.t.Fatal(err)
	}
	s := secrets{capture: c}
	for key, body := range s.putsIn(c.pullFor(who)) {
		if key[:8] != "reports/" {
			continue
		}
		r, err := c.s.Report(c.t.Context(), report.ID(key[8:]))
		if err != nil {
			c.t.Fatal(err)
		}
		audience, ok := report.MayRead(actor, r)
		_, contact := body["contactName"]
		_, inside := body["org"]
		if r.Assignee == who && !contact {
			continue // whoever was given it reads it as the field does, wherever it lies
		}
		if !ok || contact && audience != report.AudienceStaff || inside && audience == report.AudienceReporter {
			c.t.Errorf("%s is sent %s (with contact: %v), and may read it as %q (%v)", what, r.ID, contact, audience, ok)
		}
	}
}
