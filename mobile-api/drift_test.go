package mobileapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/sestante/sestante/api"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/apierr"
	mobileapi "github.com/sestante/sestante/mobile-api"
	fieldsync "github.com/sestante/sestante/sync"
)

// A spec is as much of api/openapi.yaml as the tests compare.
type spec struct {
	Paths      map[string]map[string]operation
	Components struct {
		Schemas    map[string]schema
		Responses  map[string]response
		Parameters map[string]parameter
	}
}

type operation struct {
	OperationID string `yaml:"operationId"`
	Summary     string
	Security    []map[string][]string
	Parameters  []ref
	RequestBody struct {
		Required bool
		Content  map[string]content
	} `yaml:"requestBody"`
	Responses map[string]response
}

type ref struct {
	Ref string `yaml:"$ref"`
}

type response struct {
	Ref         string `yaml:"$ref"`
	Description string
	Content     map[string]content
}

type content struct{ Schema schema }

type parameter struct {
	Name, In, Description string
	Required              bool
}

type schema struct {
	Ref         string `yaml:"$ref"`
	Type        any
	Description string
	Required    []string
	Properties  map[string]schema
	Items       *schema
	AllOf       []schema `yaml:"allOf"`
	OneOf       []schema `yaml:"oneOf"`
	Enum        []any
	Const       any
}

func readSpec(t testing.TB) spec {
	t.Helper()
	var s spec
	if err := yaml.Unmarshal(api.OpenAPI, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// named returns what a reference names.
func named(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// TestSpecHasTheRoutes compares the routes with the spec in both directions:
// the spec may neither promise more than is served nor hide any of it.
func TestSpecHasTheRoutes(t *testing.T) {
	s := readSpec(t)
	var served, promised []string
	for _, r := range newSite(t).api.Routes() {
		served = append(served, strings.ToLower(r.Method)+" "+r.Path)
	}
	for path, ops := range s.Paths {
		for method, op := range ops {
			promised = append(promised, method+" "+path)
			if op.OperationID == "" || op.Summary == "" {
				t.Errorf("%s %s has no id or no summary", method, path)
			}
		}
	}
	slices.Sort(served)
	slices.Sort(promised)
	if !slices.Equal(served, promised) {
		t.Errorf("served\n%v\npromised\n%v", served, promised)
	}
}

// TestSpecOfEachRoute compares what a route reads and answers with.
func TestSpecOfEachRoute(t *testing.T) {
	s := readSpec(t)
	for _, r := range newSite(t).api.Routes() {
		op := s.Paths[r.Path][strings.ToLower(r.Method)]
		name := r.Method + " " + r.Path
		wantSet(t, name+" parameters", paramsOf(s, op), append(inPath(r.Path), r.Query...))
		wantSet(t, name+" statuses", slices.Collect(maps.Keys(op.Responses)), statusesOf(r))
		if got, want := securityOf(op), string(r.Auth); got != want {
			t.Errorf("%s lets in %s, the spec says %s", name, want, got)
		}
		var types []string
		if r.Body != nil {
			types = r.Body.Types
			if op.RequestBody.Required == r.Body.May {
				t.Errorf("%s: the body is required = %v in the spec", name, op.RequestBody.Required)
			}
		}
		wantSet(t, name+" body types", slices.Collect(maps.Keys(op.RequestBody.Content)), types)
		for _, m := range op.RequestBody.Content {
			if m.Schema.Ref == "" && m.Schema.Description == "The file." {
				continue // a file as it is
			}
			if got, want := strings.TrimSuffix(named(m.Schema.Ref), "Form"), schemaName(reflect.TypeOf(r.Body.In)); got != want {
				t.Errorf("%s reads %s, the spec says %s", name, want, got)
			}
		}
		for _, status := range r.Status {
			checkAnswer(t, name, r, status, op.Responses[strconv.Itoa(status)])
		}
	}
}

func checkAnswer(t *testing.T, name string, r mobileapi.Route, status int, promised response) {
	t.Helper()
	if status == http.StatusNoContent || status == http.StatusNotModified {
		if len(promised.Content) != 0 {
			t.Errorf("%s: the spec promises a body with %d", name, status)
		}
		return
	}
	if status == http.StatusRequestedRangeNotSatisfiable {
		return // the standard library says it in plain text
	}
	got, ok := promised.Content[r.Type]
	if !ok {
		t.Errorf("%s answers %s, the spec says %v", name, r.Type, slices.Collect(maps.Keys(promised.Content)))
		return
	}
	switch out := r.Out.(type) {
	case nil:
	case []any:
		var have, want []string
		for _, alternative := range got.Schema.OneOf {
			have = append(have, named(alternative.Ref))
		}
		for _, v := range out {
			want = append(want, schemaName(reflect.TypeOf(v)))
		}
		wantSet(t, name+" lines", have, want)
	default:
		if have, want := named(got.Schema.Ref), schemaName(reflect.TypeOf(out)); have != want {
			t.Errorf("%s answers %s, the spec says %s", name, want, have)
		}
	}
}

// TestSchemas compares the schemas with the Go types, in both directions.
func TestSchemas(t *testing.T) {
	s := readSpec(t)
	types := map[string]reflect.Type{}
	collect(types, reflect.TypeFor[fieldsync.Mutation]()) // inside a push as raw JSON
	for _, r := range newSite(t).api.Routes() {
		if r.Body != nil {
			collect(types, reflect.TypeOf(r.Body.In))
		}
		if out, ok := r.Out.([]any); ok {
			for _, v := range out {
				collect(types, reflect.TypeOf(v))
			}
		} else if r.Out != nil {
			collect(types, reflect.TypeOf(r.Out))
		}
	}
	for name, typ := range types {
		sch, ok := s.Components.Schemas[name]
		if !ok {
			t.Errorf("schema %s is missing", name)
			continue
		}
		all, must := fields(typ)
		wantSet(t, name+" properties", slices.Collect(maps.Keys(sch.Properties)), all)
		if name != "PushRequest" && name != "PullRequest" && name != "Mutation" { // requests: what may be left out is the decoder's matter
			wantSet(t, name+" required", sch.Required, must)
		}
		if sch.Description == "" {
			t.Errorf("schema %s has no description", name)
		}
	}
	for name := range s.Components.Schemas {
		_, shared := map[string]bool{"Fault": true, "Routing": true, "NewReportForm": true, "NewPhotosForm": true, "NewAreasForm": true}[name]
		if types[name] == nil && !shared {
			t.Errorf("schema %s describes no Go type", name)
		}
	}
}

// schemaName is the name of a type in the spec; two rooms have a Result and a
// Page.
func schemaName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[fieldsync.Result]():
		return "MutationResult"
	case reflect.TypeFor[fieldsync.Page]():
		return "CursorPage"
	default:
		return t.Name()
	}
}

// collect adds typ, and every struct it holds, by name.
func collect(into map[string]reflect.Type, typ reflect.Type) {
	switch typ.Kind() { //nolint:exhaustive // every other kind holds no struct
	case reflect.Slice, reflect.Pointer, reflect.Map:
		collect(into, typ.Elem())
	case reflect.Struct:
		name := schemaName(typ)
		if typ.Implements(reflect.TypeFor[json.Marshaler]()) || into[name] == typ {
			return // a time, or a struct that is written as a list
		}
		into[name] = typ
		for f := range typ.Fields() {
			switch tag := f.Tag.Get("json"); {
			case tag == "-":
			case f.Anonymous: // its fields are the outer one's
				for inner := range f.Type.Fields() {
					collect(into, inner.Type)
				}
			default:
				collect(into, f.Type)
			}
		}
	}
}

// fields returns the JSON names of typ, and those that are always present.
func fields(typ reflect.Type) (all, must []string) {
	for f := range typ.Fields() {
		name, opt, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
			continue
		case f.Anonymous:
			a, m := fields(f.Type)
			all, must = append(all, a...), append(must, m...)
			continue
		}
		all = append(all, name)
		if opt != "omitempty" && opt != "omitzero" {
			must = append(must, name)
		}
	}
	return all, must
}

func paramsOf(s spec, op operation) []string {
	var names []string
	for _, p := range op.Parameters {
		names = append(names, s.Components.Parameters[named(p.Ref)].Name)
	}
	return names
}

func inPath(path string) []string {
	var names []string
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

func securityOf(op operation) string {
	switch len(op.Security) {
	case 0:
		return "guest"
	case 1:
		return "required"
	default:
		return "optional"
	}
}

func statusesOf(r mobileapi.Route) []string {
	var out []string
	for _, s := range r.Status {
		out = append(out, strconv.Itoa(s))
	}
	for _, k := range append(r.Faults, fault.Busy, fault.Internal) {
		out = append(out, strconv.Itoa(apierr.Status(k)))
	}
	return out
}

func wantSet(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Compact(slices.Sorted(slices.Values(got))), slices.Compact(slices.Sorted(slices.Values(want)))
	if !slices.Equal(got, want) {
		t.Errorf("%s: the spec has %v, Go has %v", what, got, want)
	}
}
