package desk

import (
	"context"

	"github.com/sestante/sestante/report"
)

// ObjectTypes lists what the caller may report, named in lang: everything for
// somebody with a role among the staff, what is public for everybody else.
func (d *Desk) ObjectTypes(ctx context.Context, who report.Actor, lang string) ([]ObjectType, error) {
	public := true
	for _, g := range who.Grants {
		public = public && (g.Role == report.RoleCitizen || g.Role == report.RoleAccredited)
	}
	all, err := d.store.ObjectTypes(ctx, public)
	out := make([]ObjectType, 0, len(all))
	for _, o := range all {
		label := o.Name
		if lang == "it" {
			label = o.NameIt
		}
		out = append(out, ObjectType{ObjectType: o, Label: label})
	}
	return out, err
}
