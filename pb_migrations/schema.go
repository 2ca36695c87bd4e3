// Package pb_migrations is the schema, one change a file, never edited once
// released. A file's name is its identity and its place in the order.
//
// Every collection is closed: no API rule is set, so that PocketBase's record
// API answers superusers only. People read and write through the mobile API.
package pb_migrations

import (
	"fmt"
	"slices"

	"github.com/pocketbase/pocketbase/core"
)

// collection describes one base collection of a migration.
type collection struct {
	name    string
	fields  []core.Field
	indexes []string
}

// creating returns a migration that creates the collections in order and, on
// the way down, deletes them in reverse. PocketBase names a migration after the
// file that calls Register, so each file calls it itself.
func creating(cs ...collection) (up, down func(core.App) error) {
	up = func(app core.App) error {
		for _, c := range cs {
			if err := create(app, c); err != nil {
				return err
			}
		}
		return nil
	}
	down = func(app core.App) error {
		for _, c := range slices.Backward(cs) {
			if err := drop(c.name)(app); err != nil {
				return err
			}
		}
		return nil
	}
	return up, down
}

func create(app core.App, c collection) error {
	col := core.NewBaseCollection(c.name)
	for _, f := range c.fields {
		if err := resolve(app, f); err != nil {
			return fmt.Errorf("collection %s: %w", c.name, err)
		}
		col.Fields.Add(f)
	}
	col.Fields.Add(
		&core.AutodateField{Name: "created", OnCreate: true},
		&core.AutodateField{Name: "updated", OnCreate: true, OnUpdate: true},
	)
	col.Indexes = c.indexes
	if err := app.Save(col); err != nil {
		return fmt.Errorf("create collection %s: %w", c.name, err)
	}
	return nil
}

// resolve replaces the name of a related collection by its id.
func resolve(app core.App, f core.Field) error {
	rel, ok := f.(*core.RelationField)
	if !ok {
		return nil
	}
	target, err := app.FindCollectionByNameOrId(rel.CollectionId)
	if err != nil {
		return fmt.Errorf("field %s relates to %s: %w", rel.Name, rel.CollectionId, err)
	}
	rel.CollectionId = target.Id
	return nil
}

// The fields, short. A text without a limit of its own takes 200 characters.

func text(name string) core.Field { return &core.TextField{Name: name, Max: 200} }

func longText(name string, limit int) core.Field { return &core.TextField{Name: name, Max: limit} }

func required(name string) core.Field {
	return &core.TextField{Name: name, Max: 200, Required: true}
}

func number(name string) core.Field { return &core.NumberField{Name: name} }

func whole(name string) core.Field { return &core.NumberField{Name: name, OnlyInt: true} }

func yes(name string) core.Field { return &core.BoolField{Name: name} }

func when(name string) core.Field { return &core.DateField{Name: name} }

func choice(name string, values ...string) core.Field {
	return &core.SelectField{Name: name, Values: values, MaxSelect: 1}
}

func data(name string, limit int64) core.Field {
	return &core.JSONField{Name: name, MaxSize: limit}
}

func one(name, collection string) core.Field {
	return &core.RelationField{Name: name, CollectionId: collection, MaxSelect: 1}
}

func must(name, collection string) core.Field {
	return &core.RelationField{Name: name, CollectionId: collection, MaxSelect: 1, Required: true}
}

func many(name, collection string) core.Field {
	return &core.RelationField{Name: name, CollectionId: collection, MaxSelect: 999}
}

// kB is a size limit for json fields.
const kB = 1 << 10

// addSelf adds a relation of a collection to itself.
func addSelf(app core.App, name, field string) error {
	col, err := app.FindCollectionByNameOrId(name)
	if err != nil {
		return fmt.Errorf("find collection %s: %w", name, err)
	}
	col.Fields.Add(&core.RelationField{Name: field, CollectionId: col.Id, MaxSelect: 1})
	if err := app.Save(col); err != nil {
		return fmt.Errorf("add %s to %s: %w", field, name, err)
	}
	return nil
}

// drop returns the way down of a migration that created one collection.
func drop(name string) func(core.App) error {
	return func(app core.App) error {
		col, err := app.FindCollectionByNameOrId(name)
		if err != nil {
			return fmt.Errorf("find collection %s: %w", name, err)
		}
		if err := app.Delete(col); err != nil {
			return fmt.Errorf("delete collection %s: %w", name, err)
		}
		return nil
	}
}
