package desk

import (
	"cmp"
	"slices"

	"github.com/sestante/sestante/geo"
)

// mostNeighbours bounds how many areas an edit is laid over: what touches more
// is no edit of one border.
const mostNeighbours = 200

// around says whose the territory is that the area of an edit gains, and whose
// that would be which it loses, as far as it is the territory of neighbours that
// stay as they are. A transfer from a neighbour is territory that both cover
// afterwards, one to a neighbour what both covered before. It is nil when nobody
// looked: for what is meant to lie over others, and among too many neighbours.
func (p areaPlan) around() []geo.Transfer {
	was, is := p.edited.was, p.edited.is
	touched := slices.Concat(was, is)
	if len(touched) == 0 || slices.ContainsFunc(touched, liesOver) {
		return nil
	}
	bound := touched[0].Bound
	for _, a := range touched {
		bound = bound.Union(a.Bound)
	}
	var beside []geo.Area
	for _, a := range p.after {
		stays := !slices.ContainsFunc(touched, func(t geo.Area) bool { return t.ID == a.ID || t.Code == a.Code })
		if stays && a.Kind == touched[0].Kind && a.ValidAt(p.from) && !liesOver(a) && a.Bound.Intersects(bound) {
			beside = append(beside, a)
		}
	}
	if len(beside) > mostNeighbours {
		return nil
	}
	neighbour := func(code string) bool {
		return slices.ContainsFunc(beside, func(a geo.Area) bool { return a.Code == code })
	}
	out := []geo.Transfer{}
	for _, t := range geo.Compare(slices.Concat(was, beside), is).Transfers {
		if neighbour(t.From) && t.To != "" {
			out = append(out, t)
		}
	}
	for _, t := range geo.Compare(was, slices.Concat(is, beside)).Transfers {
		if neighbour(t.To) && t.From != "" {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(s, t geo.Transfer) int { return -cmp.Compare(s.AreaM2, t.AreaM2) })
	return out
}

// liesOver reports whether an area is meant to lie over others.
func liesOver(a geo.Area) bool { return a.Kind == geo.Overlay || a.Selector.Specificity() > 0 }
