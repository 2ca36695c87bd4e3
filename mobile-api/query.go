package mobileapi

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
)

// checkQuery refuses parameters the route does not know, and repeated ones.
func (rt Route) checkQuery(q url.Values) error {
	for name, values := range q {
		if !slices.Contains(rt.Query, name) {
			return ErrUnknownField.In(shown(name))
		}
		if len(values) > 1 {
			return ErrValue.In(name).With("given twice; lists are separated by commas")
		}
	}
	return nil
}

// maxList bounds the values of one parameter.
const maxList = 100

// words returns the values of a parameter that takes several, separated by
// commas.
func (r *request) words(name string) ([]string, error) {
	text := r.query.Get(name)
	if text == "" {
		return nil, nil
	}
	list := strings.Split(text, ",")
	if len(list) > maxList {
		return nil, ErrTooLarge.In(name).With("at most %d values", maxList)
	}
	return list, nil
}

// number returns a parameter in decimals, or nil when it is absent.
func (r *request) number(name string) (*float64, error) {
	text := r.query.Get(name)
	if text == "" {
		return nil, nil //nolint:nilnil // absent is an answer
	}
	v, err := number(text)
	if err != nil {
		return nil, ErrValue.In(name).With("a number, with a dot before the decimals")
	}
	return &v, nil
}

// limit returns how many are asked for at most, or 0 when that is not said.
func (r *request) limit() (int, error) {
	text := r.query.Get("limit")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, ErrValue.In("limit").With("from 1 to %d", maxLimit)
	}
	return n, nil
}

// maxLimit is the most that can be asked for at once; the desk may answer with
// less.
const maxLimit = 1000

// bbox returns minLon,minLat,maxLon,maxLat in degrees, or nil when it is
// absent.
func (r *request) bbox() (*[4]float64, error) {
	text := r.query.Get("bbox")
	if text == "" {
		return nil, nil //nolint:nilnil // absent is an answer
	}
	parts := strings.Split(text, ",")
	var box [4]float64
	if len(parts) != len(box) {
		return nil, ErrValue.In("bbox").With("minLon,minLat,maxLon,maxLat")
	}
	for i, part := range parts {
		v, err := number(strings.TrimSpace(part))
		if err != nil {
			return nil, ErrValue.In("bbox").With("four numbers, with dots before the decimals")
		}
		box[i] = v
	}
	if box[0] < -180 || box[1] < -90 || box[2] > 180 || box[3] > 90 || box[0] > box[2] || box[1] > box[3] {
		return nil, ErrValue.In("bbox").With("degrees: minLon,minLat,maxLon,maxLat, the least first")
	}
	return &box, nil
}

// narrow reads the parameters of a list.
func (r *request) narrow() (q desk.Query, err error) {
	if q, err = r.narrowMap("state"); err != nil {
		return q, err
	}
	routings, err := r.words("routing")
	if err != nil {
		return q, err
	}
	for _, w := range routings {
		known := []report.Routing{report.RoutePending, report.Routed, report.RouteUncertain, report.RouteNearest, report.RouteUnroutable}
		if !slices.Contains(known, report.Routing(w)) {
			return q, ErrValue.In("routing").With("one of %v", known)
		}
		q.Routings = append(q.Routings, report.Routing(w))
	}
	if q.Limit, err = r.limit(); err != nil {
		return q, err
	}
	q.Text, q.After = r.query.Get("text"), r.query.Get("after")
	return q, nil
}

// narrowMap reads the parameters of a map. The parameter named states takes
// states and public phases, which stand for their states.
func (r *request) narrowMap(states string) (q desk.Query, err error) {
	if q.BBox, err = r.bbox(); err != nil {
		return q, err
	}
	if q.Districts, err = r.words("district"); err != nil {
		return q, err
	}
	list, err := r.words(states)
	if err != nil {
		return q, err
	}
	for _, w := range list {
		some := statesOf(w)
		if some == nil {
			return q, ErrValue.In(states).With("analysis, scheduling, closure, open, or one of %v", report.States)
		}
		q.States = append(q.States, some...)
	}
	return q, nil
}

// statesOf returns the states a word stands for: a state itself, a phase, or
// open, which is every state that is not an end. nil means that it is no such
// word.
func statesOf(word string) []report.State {
	var some []report.State
	for _, info := range report.StateInfos {
		if string(info.State) == word || string(info.Phase) == word || word == "open" && info.State.Open() {
			some = append(some, info.State)
		}
	}
	return some
}

// oneOf refuses a value that is not in the list; an empty one passes.
func oneOf(field, value string, list []string) error {
	if value != "" && !slices.Contains(list, value) {
		return ErrValue.In(field).With("one of %s", strings.Join(list, ", "))
	}
	return nil
}
