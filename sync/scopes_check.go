package fieldsync

import (
	"fmt"
	"slices"
)

// CheckCollections reports what a table of scopes asks that the capture cannot
// keep: a class of more than one letter or twice in one collection, a parent
// that is a child itself or in the table after its child, and a child that
// wants more than its parent has. Filters look at plain columns; SameAs is for
// children.
func CheckCollections(table []Collection) error {
	parents := map[string]Collection{}
	for _, c := range table {
		parent, ok := parents[c.Parent]
		switch {
		case c.Parent != "" && (!ok || parent.Parent != "" || c.Link == ""):
			return fmt.Errorf("%s: %q is no parent that it can follow", c.Name, c.Parent)
		case c.Name == "" || parents[c.Name].Name != "":
			return fmt.Errorf("%q is no name, or stands twice", c.Name)
		}
		if err := c.check(parent); err != nil {
			return err
		}
		parents[c.Name] = c
	}
	return nil
}

func (c Collection) check(parent Collection) error {
	seen := map[Class]bool{}
	for _, r := range c.Rules {
		if len(r.Class) != 1 || seen[r.Class] {
			return fmt.Errorf("%s: class %q is not of one letter, or has two rules", c.Name, r.Class)
		}
		seen[r.Class] = true
		follows := func(p Rule) bool { return p.Class == r.Class && p.Column == r.Column && p.Open == r.Open }
		if c.Parent != "" && !slices.ContainsFunc(parent.Rules, follows) {
			return fmt.Errorf("%s: %s has no scopes %q of the same column", c.Name, parent.Name, r.Class)
		}
		for _, f := range r.Only {
			used := 0
			for _, is := range []bool{len(f.In) > 0, len(f.Not) > 0, f.SameAs != "" && c.Parent != ""} {
				if is {
					used++
				}
			}
			if f.Column == "" || used != 1 {
				return fmt.Errorf("%s: the filter on %q of %q must be one of In, Not and, in a child, SameAs", c.Name, f.Column, r.Class)
			}
		}
	}
	return nil
}
