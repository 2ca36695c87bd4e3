package nearby_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/geo/nearby"
)

var (
	rules = nearby.Rules{RadiusM: 50, ClosedDays: 14}
	tree  = nearby.Catalogue{"pothole": "road", "sign": "road", "road": "", "lamp": "light", "light": ""}
)

// metreNorth is a metre in degrees of latitude, at 45 degrees north.
const metreNorth = 1 / 111132.0

// other returns a pothole so many metres north of the subject, an hour older.
func other(id string, metres float64) nearby.Case {
	return nearby.Case{Report: nearby.Report{
		ID: nearby.ID(id), Lon: 9, Lat: 45 + metres*metreNorth, AccuracyM: 5, Registered: day.Add(-time.Hour), Object: "pothole",
	}}
}

func subject() nearby.Case {
	c := other("subject", 0)
	c.Registered = day
	return c
}

func TestRankLeavesOut(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*nearby.Case)
		kin   nearby.Kin
	}{
		{"the same object beside it", func(*nearby.Case) {}, nearby.Same},
		{"within the radius", func(c *nearby.Case) { c.Lat = 45 + 49*metreNorth }, nearby.Same},
		{"outside the radius", func(c *nearby.Case) { c.Lat = 45 + 60*metreNorth }, ""},
		{"outside the radius, within the accuracy", func(c *nearby.Case) { c.Lat, c.AccuracyM = 45+60*metreNorth, 40 }, nearby.Same},
		{"no accuracy lets in what is far", func(c *nearby.Case) { c.Lat, c.AccuracyM = 45+200*metreNorth, 1e9 }, ""},
		{"a sibling", func(c *nearby.Case) { c.Object = "sign" }, nearby.Sibling},
		{"the heading", func(c *nearby.Case) { c.Object = "road" }, nearby.Parent},
		{"another object", func(c *nearby.Case) { c.Object = "lamp" }, ""},
		{"no object", func(c *nearby.Case) { c.Object = "" }, ""},
		{"closed a week ago", func(c *nearby.Case) { c.Closed = day.Add(-7 * 24 * time.Hour) }, nearby.Same},
		{"closed a fortnight ago to the second", func(c *nearby.Case) { c.Closed = day.Add(-14 * 24 * time.Hour) }, nearby.Same},
		{"closed before that", func(c *nearby.Case) { c.Closed = day.Add(-14*24*time.Hour - time.Second) }, ""},
		{"open for a year", func(c *nearby.Case) { c.Registered = day.AddDate(-1, 0, 0) }, nearby.Same},
		{"itself", func(c *nearby.Case) { c.ID = "subject" }, ""},
		{"nowhere", func(c *nearby.Case) { c.Lon = math.NaN() }, ""},
	} {
		c := other("a", 10)
		tt.spoil(&c)
		got := rules.Rank(day, subject(), []nearby.Case{c}, tree)
		var kin nearby.Kin
		if len(got) == 1 {
			kin = got[0].Kin
		}
		if kin != tt.kin {
			t.Errorf("%s: suggested as %q, want %q", tt.name, kin, tt.kin)
		}
	}
	nowhere := subject()
	nowhere.Lat = math.Inf(1)
	if got := rules.Rank(day, nowhere, []nearby.Case{other("a", 1)}, tree); got != nil {
		t.Errorf("a subject nowhere has %v", got)
	}
}

// TestRankOrder: the first of each pair goes before the second.
func TestRankOrder(t *testing.T) {
	with := func(metres float64, change func(*nearby.Case)) nearby.Case {
		c := other("z", metres)
		if change != nil {
			change(&c)
		}
		return c
	}
	for _, tt := range []struct {
		name          string
		first, second nearby.Case
	}{
		{"the nearer", with(5, nil), with(25, nil)},
		{"the same object", with(5, nil), with(5, func(c *nearby.Case) { c.Object = "sign" })},
		{"the later", with(5, nil), with(5, func(c *nearby.Case) { c.Registered = day.AddDate(0, 0, -5) })},
		{"the open", with(5, nil), with(5, func(c *nearby.Case) { c.Closed = day.AddDate(0, 0, -3) })},
		{"the like words", with(20, func(c *nearby.Case) { c.Text = "Buca profonda davanti alla scuola" }), with(20, func(c *nearby.Case) { c.Text = "Segnaletica assente" })},
		{"the like photo, though farther", with(35, func(c *nearby.Case) { c.Photos = []uint64{0xff00ff00ff00ff01} }), with(20, nil)},
		{"the poor fix, when both are far", with(45, func(c *nearby.Case) { c.AccuracyM = 60 }), with(45, nil)},
	} {
		s := subject()
		s.Text, s.Photos = "buca davanti alla SCUOLA, profonda!", []uint64{0xff00ff00ff00ff00}
		a, b := tt.first, tt.second
		a.ID, b.ID = "zz", "aa" // the tie would go the other way
		got := rules.Rank(day, s, []nearby.Case{b, a}, tree)
		if len(got) != 2 || got[0].ID != "zz" || got[0].Score == got[1].Score {
			t.Errorf("%s does not go first: %+v", tt.name, got)
		}
	}
}

func TestRankParts(t *testing.T) {
	s, o := subject(), other("a", 12)
	s.Text, o.Text = "Buca in via Roma", "buca, Via Roma"
	s.Photos, o.Photos = []uint64{0, 0xffff}, []uint64{0b111, 1 << 63}
	got := rules.Rank(day, s, []nearby.Case{o}, tree)
	if len(got) != 1 {
		t.Fatalf("Rank = %v", got)
	}
	g := got[0]
	if math.Abs(g.Metres-12) > 0.05 || g.Hours != 1 || g.PhotoBits != 1 || !g.AlikePhotos() || g.Text < 0.7 || g.Text >= 1 || g.Kin != nearby.Same || g.Closed {
		t.Errorf("parts = %+v", g)
	}
	if math.Abs(g.ErrorM-math.Sqrt(50)) > 1e-9 {
		t.Errorf("ErrorM = %v, want two accuracies of 5 m together", g.ErrorM)
	}
	o.Text, o.Photos = "", nil
	if g := rules.Rank(day, s, []nearby.Case{o}, tree)[0]; g.Text != -1 || g.PhotoBits != -1 || g.AlikePhotos() {
		t.Errorf("parts nobody can know = %+v", g)
	}
	// place alone, by hand: σ² = (5/1.5096)² twice, r = 25 m, d = 12 m
	v := 2 * (5 / 1.5096) * (5 / 1.5096)
	want := math.Exp(-144/(2*(v+625))) * math.Exp2(-1.0/(14*24))
	if g := rules.Rank(day, s, []nearby.Case{o}, tree)[0]; math.Abs(g.Score-want) > 1e-4 {
		t.Errorf("Score = %v, want %v", g.Score, want)
	}
}

func TestSay(t *testing.T) {
	o := other("a", 12)
	o.Text, o.Photos = "buca profonda", []uint64{1}
	s := subject()
	s.Text, s.Photos = "buca profonda", []uint64{3}
	later := other("b", 30)
	later.Registered, later.Object = day.Add(49*time.Hour), "sign"
	later.Closed = day.Add(-30 * time.Minute)
	later.AccuracyM = 60
	for _, tt := range []struct {
		c       nearby.Case
		en, itl string
	}{
		{
			o, "12 m away, the same kind of object, reported 1 hour before, in similar words, with photos that look alike (1 of 64 bits differ).",
			"A 12 m, lo stesso tipo di oggetto, segnalata 1 ora prima, con parole simili, con foto che si somigliano (1 bit diversi su 64).",
		},
		{
			later, "30 m away (give or take 60 m), a related kind of object, reported 2 days later, closed 30 minutes ago.",
			"A 30 m (circa 60 m in più o in meno), un tipo di oggetto affine, segnalata 2 giorni dopo, chiusa da 30 minuti.",
		},
	} {
		got := rules.Rank(day, s, []nearby.Case{tt.c}, tree)
		if len(got) != 1 {
			t.Fatalf("Rank = %v", got)
		}
		if en := got[0].Say("en"); en != tt.en {
			t.Errorf("Say(en) = %q, want %q", en, tt.en)
		}
		if it := got[0].Say("it"); it != tt.itl {
			t.Errorf("Say(it) = %q, want %q", it, tt.itl)
		}
	}
}

func TestRelated(t *testing.T) {
	for _, tt := range []struct {
		o    nearby.Object
		want string
	}{
		{"pothole", "pothole road sign"}, {"road", "road pothole sign"}, {"lamp", "lamp light"}, {"", ""}, {"unheard of", "unheard of"},
	} {
		var names []string
		for _, o := range tree.Related(tt.o) {
			names = append(names, string(o))
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("Related(%q) = %q, want %q", tt.o, got, tt.want)
		}
	}
	if k := (nearby.Catalogue{"a": "", "b": ""}).Kin("a", "b"); k != nearby.Unrelated {
		t.Errorf("two objects without a heading are %q", k)
	}
}

// TestRankOrderFree: the same cases in any order give the same list.
func TestRankOrderFree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var all []nearby.Case
	for i := range 60 {
		c := other(fmt.Sprintf("c%d", i), float64(r.IntN(12))*4) // with ties
		c.Object = []nearby.Object{"pothole", "sign", "road"}[r.IntN(3)]
		all = append(all, c)
	}
	want := rules.Rank(day, subject(), all, tree)
	for range 20 {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if got := rules.Rank(day, subject(), all, tree); !slices.Equal(got, want) {
			t.Fatalf("another order gives %v, want %v", got, want)
		}
	}
	if len(want) != 60 {
		t.Errorf("%d suggested, want all", len(want))
	}
}

func FuzzRank(f *testing.F) {
	f.Add(9.0, 45.0, 8.0, 9.0001, 45.0, 5.0, int64(3600), int64(0), 50.0, 14, "buca", "BUCA", uint64(1), uint64(3))
	f.Add(math.NaN(), 45.0, math.Inf(1), 180.0, 90.0, -5.0, int64(math.MaxInt64), int64(math.MinInt64), math.Inf(1), -3, "à\xff", "\x00", uint64(0), ^uint64(0))
	f.Fuzz(func(t *testing.T, lon1, lat1, acc1, lon2, lat2, acc2 float64, at, closed int64, radius float64, days int, text1, text2 string, photo1, photo2 uint64) {
		s := nearby.Case{Report: nearby.Report{ID: "s", Lon: lon1, Lat: lat1, AccuracyM: acc1, Registered: day}, Text: text1, Photos: []uint64{photo1}}
		o := nearby.Case{Report: nearby.Report{ID: "o", Lon: lon2, Lat: lat2, AccuracyM: acc2, Registered: time.Unix(at, 0)}, Text: text2, Photos: []uint64{photo2}}
		if closed != 0 {
			o.Closed = time.Unix(closed, 0)
		}
		r := nearby.Rules{RadiusM: radius, ClosedDays: days}
		reach := r.Reach(acc1)
		if !(reach >= 0 && reach < nearby.MostM) {
			t.Fatalf("Reach = %v", reach)
		}
		for _, g := range r.Rank(day, s, []nearby.Case{o}, nil) {
			if !(g.Score >= 0 && g.Score <= 1) || !(g.Metres >= 0 && g.Metres <= reach) || g.Text > 1 || g.PhotoBits < 0 || g.PhotoBits > 64 {
				t.Fatalf("suggestion %+v", g)
			}
			if g.Say("it") == "" || g.Say("en") == "" {
				t.Fatal("nothing said")
			}
		}
	})
}
