package mobileapi

import (
	"context"

	"github.com/sestante/sestante/api"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/apierr"
)

// keptForAnHour is for what changes only with the program.
const keptForAnHour = "public, max-age=3600"

// openAPI serves the promise itself.
func (a *API) openAPI(context.Context, *request) (answer, error) {
	return answer{blob: api.OpenAPI, contentType: typeYAML, tag: digest(api.OpenAPI), cache: keptForAnHour}, nil
}

// A FaultInfo is one way a request can fail.
type FaultInfo struct {
	Code    string     `json:"code"`
	Kind    fault.Kind `json:"kind"`   // what the caller may do about it
	Status  int        `json:"status"` // of the HTTP answer
	English string     `json:"english"`
	Italian string     `json:"italian"`
}

// A Faults is every way a request can fail, sorted by code.
type Faults struct {
	Faults []FaultInfo `json:"faults"`
}

func (a *API) faults(context.Context, *request) (answer, error) {
	out := Faults{Faults: []FaultInfo{}}
	for _, f := range fault.All() {
		out.Faults = append(out.Faults, FaultInfo{
			Code: f.Code, Kind: f.Kind, Status: apierr.Status(f.Kind), English: f.Text, Italian: f.Italian,
		})
	}
	return answer{body: out, cache: keptForAnHour}, nil
}
