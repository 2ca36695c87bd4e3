package fieldsync_test

import (
	"testing"

	fieldsync "github.com/sestante/sestante/sync"
)

// TestCheckCollections holds the table of scopes, and tables that the capture
// could not keep, against what it asks of them.
func TestCheckCollections(t *testing.T) {
	type (
		c = fieldsync.Collection
		r = fieldsync.Rule
		f = fieldsync.Filter
	)
	root := c{Name: "root", Rules: []r{{Class: "a", Column: "x", Open: true}, {Class: "b"}}}
	child := func(rules ...r) c { return c{Name: "child", Parent: "root", Link: "link", Rules: rules} }
	only := func(filters ...f) c { return child(r{Class: "b", Only: filters}) }
	for _, tt := range []struct {
		name  string
		table []c
		ok    bool
	}{
		{"the table", fieldsync.Captured, true},
		{"a child with a part of its parent's scopes", []c{root, child(r{Class: "a", Column: "x", Open: true})}, true},
		{"a child with the same as its parent", []c{root, only(f{Column: "y", SameAs: "x"})}, true},
		{"a class of two letters", []c{{Name: "root", Rules: []r{{Class: "ab"}}}}, false},
		{"two rules of a class", []c{{Name: "root", Rules: []r{{Class: "a"}, {Class: "a", Open: true}}}}, false},
		{"no name", []c{{Rules: []r{{Class: "a"}}}}, false},
		{"a name twice", []c{root, root}, false},
		{"a child before its parent", []c{child(r{Class: "b"}), root}, false},
		{"a child without a link", []c{root, {Name: "child", Parent: "root", Rules: []r{{Class: "b"}}}}, false},
		{"a grandchild", []c{root, child(r{Class: "b"}), {Name: "third", Parent: "child", Link: "link", Rules: []r{{Class: "b"}}}}, false},
		{"a child in scopes its parent is not in", []c{root, child(r{Class: "c"})}, false},
		{"a child of another column", []c{root, child(r{Class: "a", Column: "y", Open: true})}, false},
		{"a child that stays when its parent closes", []c{root, child(r{Class: "a", Column: "x"})}, false},
		{"a filter that asks nothing", []c{root, only(f{Column: "y"})}, false},
		{"a filter that asks two things", []c{root, only(f{Column: "y", In: []string{"1"}, Not: []string{"2"}})}, false},
		{"a filter on a parent there is not", []c{{Name: "root", Rules: []r{{Class: "a", Only: []f{{Column: "y", SameAs: "x"}}}}}}, false},
	} {
		if err := fieldsync.CheckCollections(tt.table); (err == nil) != tt.ok {
			t.Errorf("%s: CheckCollections() = %v, want well: %v", tt.name, err, tt.ok)
		}
	}
}
