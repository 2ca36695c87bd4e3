package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
)

// A table knows the statements that write one row type: a struct whose db tags
// are the columns. Written once, they cannot drift from the struct.
type table struct {
	name           string
	columns        []string
	insert, update string
}

// tableOf derives the statements of a row type; its first column must be id.
func tableOf(name string, row any) table {
	t := table{name: name}
	typ := reflect.TypeOf(row)
	var values, sets []string
	for f := range typ.Fields() {
		col := f.Tag.Get("db")
		t.columns = append(t.columns, col)
		values = append(values, "{:"+col+"}")
		if col != "id" {
			sets = append(sets, "[["+col+"]] = {:"+col+"}")
		}
	}
	cols := "[[" + strings.Join(t.columns, "]], [[") + "]]"
	t.insert = fmt.Sprintf("INSERT INTO {{%s}} (%s, [[created]], [[updated]]) VALUES (%s, {:now}, {:now})",
		name, cols, strings.Join(values, ", "))
	t.update = fmt.Sprintf("UPDATE {{%s}} SET %s, [[updated]] = {:now} WHERE [[id]] = {:id}",
		name, strings.Join(sets, ", "))
	return t
}

// params returns the row's columns by name, and now for created and updated.
func (t table) params(row any, now time.Time) dbx.Params {
	p := dbx.Params{"now": stamp(now)}
	v := reflect.ValueOf(row)
	for i, col := range t.columns {
		p[col] = v.Field(i).Interface()
	}
	return p
}

// pbLayout is how PocketBase writes a date in its fields.
const pbLayout = "2006-01-02 15:04:05.000Z"

// A stamp is a time as PocketBase stores it: UTC with milliseconds, or empty.
type stamp time.Time

// Value writes the stamp.
func (t stamp) Value() (driver.Value, error) {
	if time.Time(t).IsZero() {
		return "", nil
	}
	return time.Time(t).UTC().Format(pbLayout), nil
}

// Scan reads a stamp.
func (t *stamp) Scan(v any) error {
	var text string
	switch v := v.(type) {
	case nil:
	case string:
		text = v
	case []byte:
		text = string(v)
	case time.Time:
		*t = stamp(v.UTC())
		return nil
	default:
		return fmt.Errorf("read a time from %T", v)
	}
	if text == "" {
		*t = stamp{}
		return nil
	}
	at, err := time.Parse(pbLayout, text)
	if err != nil {
		return fmt.Errorf("read a time: %w", err)
	}
	*t = stamp(at)
	return nil
}

// A list is a set of ids (or words) as PocketBase stores a multiple relation.
type list []string

// Value writes the list as a JSON array; an empty list is [].
func (l list) Value() (driver.Value, error) {
	if len(l) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal([]string(l))
	return string(b), err
}

// Scan reads a list.
func (l *list) Scan(v any) error {
	var raw object
	if err := raw.Scan(v); err != nil {
		return err
	}
	*l = nil
	if len(raw) == 0 || string(raw) == `""` {
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}

// An object is a JSON column; nil is stored as NULL.
type object json.RawMessage

// Value writes the object.
func (o object) Value() (driver.Value, error) {
	if len(o) == 0 {
		return nil, nil
	}
	return string(o), nil
}

// Scan reads an object.
func (o *object) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*o = nil
	case string:
		*o = object(v)
	case []byte:
		*o = append(object(nil), v...)
	default:
		return fmt.Errorf("read JSON from %T", v)
	}
	return nil
}

// encode marshals v for a JSON column; the zero value of a struct is kept.
func encode(v any) (object, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return b, nil
}

// names turns typed ids into plain ones, and back by the type wanted.
func names[To, From ~string](in []From) []To {
	out := make([]To, 0, len(in))
	for _, v := range in {
		out = append(out, To(v))
	}
	return out
}
