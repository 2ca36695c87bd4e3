package mobileapi_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	mobileapi "github.com/sestante/sestante/mobile-api"
)

// compare holds an answer against the spec: its status must be promised for
// the route, and a body in JSON must have the promised shape.
func (s *site) compare(t testing.TB, a ask, r reply) {
	t.Helper()
	op, ok := s.operation(a)
	if !ok {
		return // no route of ours
	}
	promised, ok := op.Responses[strconv.Itoa(r.status)]
	if !ok {
		t.Errorf("%s %s = %d, which the spec does not promise", a.method, a.path, r.status)
		return
	}
	if promised.Ref != "" {
		promised = s.spec.Components.Responses[named(promised.Ref)]
	}
	kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	if len(promised.Content) == 0 && len(r.body) > 0 {
		t.Errorf("%s %s = %d with a body: %s", a.method, a.path, r.status, r.body)
	}
	if m, ok := promised.Content[kind]; ok && strings.Contains(kind, "json") && !strings.Contains(kind, "nd") {
		var v any
		if err := json.Unmarshal(r.body, &v); err != nil {
			t.Errorf("%s %s: %v", a.method, a.path, err)
		}
		for _, wrong := range s.spec.check(m.Schema, v, "") {
			t.Errorf("%s %s = %d: %s", a.method, a.path, r.status, wrong)
		}
	}
}

// operation finds the promise for a request.
func (s *site) operation(a ask) (operation, bool) {
	path, _, _ := strings.Cut(mobileapi.Prefix+a.path, "?")
	parts := strings.Split(path, "/")
	for pattern, ops := range s.spec.Paths {
		names := strings.Split(pattern, "/")
		fits := len(names) == len(parts)
		for i := 0; fits && i < len(names); i++ {
			fits = names[i] == parts[i] || strings.HasPrefix(names[i], "{")
		}
		if op, ok := ops[strings.ToLower(a.method)]; ok && fits && (!strings.Contains(pattern, "{") || s.spec.Paths[path] == nil) {
			return op, true
		}
	}
	return operation{}, false
}

// check returns where a value is not what a schema says. It knows as much of
// JSON Schema as the spec uses.
func (s spec) check(sch schema, v any, at string) []string {
	if sch.Ref != "" {
		sch = s.Components.Schemas[named(sch.Ref)]
	}
	if wrong := wrongType(sch, v); wrong != "" {
		return []string{at + ": " + wrong}
	}
	if len(sch.Enum) > 0 && !slices.Contains(sch.Enum, v) {
		return []string{fmt.Sprintf("%s: %v is none of %v", at, v, sch.Enum)}
	}
	var wrong []string
	switch v := v.(type) {
	case map[string]any:
		if len(sch.Properties) == 0 {
			return nil
		}
		for _, name := range sch.Required {
			if _, ok := v[name]; !ok {
				wrong = append(wrong, at+"."+name+" is missing")
			}
		}
		for name, value := range v {
			p, ok := sch.Properties[name]
			if !ok {
				wrong = append(wrong, at+"."+name+" is not promised")
				continue
			}
			wrong = append(wrong, s.check(p, value, at+"."+name)...)
		}
	case []any:
		for i, value := range v {
			if sch.Items != nil {
				wrong = append(wrong, s.check(*sch.Items, value, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	}
	return wrong
}

func wrongType(sch schema, v any) string {
	is := map[string]bool{}
	switch v := v.(type) {
	case nil:
		is["null"] = true
	case string:
		is["string"] = true
	case bool:
		is["boolean"] = true
	case float64:
		is["number"], is["integer"] = true, v == float64(int64(v))
	case []any:
		is["array"] = true
	case map[string]any:
		is["object"] = true
	}
	switch want := sch.Type.(type) {
	case nil:
		return ""
	case string:
		if is[want] {
			return ""
		}
	case []any:
		for _, w := range want {
			if is[w.(string)] {
				return ""
			}
		}
	}
	return fmt.Sprintf("%v is no %v", v, sch.Type)
}
