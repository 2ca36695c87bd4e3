package fieldsync

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
)

// A Drill finds, on the side of a device, where what it holds differs from the
// server: Next says what to ask, Take takes a Split of the answer in, until
// there is nothing more to ask. Each Put and Exit of the answers is to be
// applied by the device. It is for one goroutine, and for one use.
type Drill struct {
	begun bool
	held  map[digestOf][]keyed // by key
	split []Part
	list  []Listing
}

type digestOf struct {
	scope int64
	coll  string
}

type keyed struct {
	Element
	key uint32
}

// NewDrill returns a drill over everything a device holds.
func NewDrill() *Drill { return &Drill{held: map[digestOf][]keyed{}} }

// Hold tells the drill of a record that the device holds through a scope. It
// goes before the first Next.
func (d *Drill) Hold(scope int64, coll string, e Element) {
	of := digestOf{scope, coll}
	d.held[of] = append(d.held[of], keyed{e, KeyOf(e.ID)[0]})
}

// Next returns what to ask next: of the request, Digests, Split and List are
// filled. It returns false when there is nothing more.
func (d *Drill) Next() (req VerifyRequest, more bool) {
	if !d.begun {
		d.begun = true
		for of, all := range d.held {
			slices.SortFunc(all, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
			req.Digests = append(req.Digests, Digested{of.scope, of.coll, sum(all)})
		}
		slices.SortFunc(req.Digests, func(a, b Digested) int { return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Coll, b.Coll)) })
		if len(req.Digests) == 0 {
			req.Digests = []Digested{{Coll: "reports"}} // a question has to be asked to learn that everything is missing
		}
		return req, true
	}
	take := min(len(d.split), maxParts)
	req.Split, d.split = d.split[:take], d.split[take:]
	take = min(len(d.list), maxParts)
	req.List, d.list = d.list[:take], d.list[take:]
	return req, len(req.Split)+len(req.List) > 0
}

// Take takes in what the server says a part holds. One that makes no sense is
// ErrBody.
func (d *Drill) Take(s Split) error {
	if len(s.B) != Ways || len(s.P) >= deepest || !validPrefix(s.P) {
		return ErrBody.In("split")
	}
	of := digestOf{s.I, s.C}
	if len(s.Newer) > 0 {
		newer := map[string]bool{}
		for _, id := range s.Newer {
			newer[id] = true
		}
		d.held[of] = slices.DeleteFunc(d.held[of], func(k keyed) bool { return newer[k.ID] })
	}
	for i, theirs := range s.B {
		prefix := s.P + strconv.FormatInt(int64(i), 16)
		ours := within(d.held[of], prefix)
		if sum(ours) == theirs {
			continue
		}
		part := Part{s.I, s.C, prefix}
		if len(prefix) < deepest && max(int64(len(ours)), theirs.N) > FewIDs {
			d.split = append(d.split, part)
			continue
		}
		l := Listing{Part: part}
		for _, k := range ours {
			l.Elements = append(l.Elements, k.Element)
		}
		d.list = append(d.list, l)
	}
	return nil
}

func sum(all []keyed) (d Digest) {
	for _, k := range all {
		d.Add(MixOf(k.ID, k.Ver))
	}
	return d
}

// within returns those whose key begins with the prefix, of which there is at
// least one digit.
func within(all []keyed, prefix string) []keyed {
	n, err := strconv.ParseUint(prefix, 16, 32)
	if err != nil {
		return nil
	}
	free := uint(32 - 4*len(prefix))
	from, to := n<<free, (n+1)<<free
	lo := sort.Search(len(all), func(i int) bool { return uint64(all[i].key) >= from })
	hi := sort.Search(len(all), func(i int) bool { return uint64(all[i].key) >= to })
	return all[lo:hi]
}
