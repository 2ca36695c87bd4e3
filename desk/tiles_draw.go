package desk

import (
	"bytes"
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/sestante/sestante/geo/tile"
	"github.com/sestante/sestante/report"
)

// Where points begin, and how many one tile may hold before it shows cells all
// the same.
const (
	pointsZoom = 13
	maxPoints  = 3000
)

// The layers of tiles.
const (
	LayerReports = "reports" // points, each a report
	LayerCells   = "cells"   // points, each standing for the reports around it
	LayerAreas   = "areas"   // polygons
	LayerBorders = "borders" // lines between areas, each once
	LayerLabels  = "labels"  // points, where the name of an area stands
)

// A MapTile is a Mapbox Vector Tile in gzip. It is empty where there is
// nothing to draw.
type MapTile struct {
	Packed []byte // gzip; nil when it is empty
	Tag    string // the same for tiles with the same content, and only for those
}

// Plain returns the tile as it is without gzip.
func (t MapTile) Plain() ([]byte, error) {
	if t.Packed == nil {
		return nil, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(t.Packed))
	if err != nil {
		return nil, fmt.Errorf("unpack a tile: %w", err)
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(r)
}

// ReportTile returns one tile of the map of open reports, as far as the caller
// may see them: a caller who works with reports those of their work, as Map
// does; anybody else their own and those that everybody may know of. Far out it
// holds cells with counts, from zoom 13 on the reports themselves unless they
// are too many. The errors are ErrMapLoading and ErrMapEnded.
func (d *Desk) ReportTile(ctx context.Context, who report.Actor, at tile.Address, q TileQuery) (MapTile, error) {
	v, err := d.viewer(ctx, who)
	if err != nil {
		return MapTile{}, err
	}
	asked, err := d.tileQuery(ctx, v, q)
	if err != nil {
		return MapTile{}, err
	}
	key := fmt.Sprintf("reports %s %d %d %+v %x", at, v.now.life, v.now.set.Version(at), q, v.sees)
	return d.live.tiles.get(key, packQuick, func() []byte { return v.now.draw(at, asked) })
}

// draw makes a tile.
func (n *mapNow) draw(at tile.Address, q tile.Query) []byte {
	if at.Z >= pointsZoom {
		if seen, all := n.set.Points(at, q, maxPoints); all {
			return tile.Encode(n.points(at, seen))
		}
	}
	l := tile.NewLayer(LayerCells)
	for _, c := range n.set.Cells(at, q) {
		l.Point(c.Middle(at))
		l.Whole("count", uint64(c.Count))
		counts(l, &c)
	}
	return tile.Encode(l)
}

// counts tells how many reports of a cell have come how far, and of those of
// which more is known, how many are in which state and of which priority.
func counts(l *tile.Layer, c *tile.Cell) {
	var phases [3]uint64
	var states [tile.States]uint64
	for sight := range c.States {
		for i, n := range c.States[sight] {
			if n == 0 {
				continue
			}
			phases[phaseNumber(report.States[i])] += uint64(n)
			if tile.Sight(sight) >= sightReporter {
				states[i] += uint64(n)
			}
		}
	}
	told := func(key string, n uint64) {
		if n > 0 {
			l.Whole(key, n)
		}
	}
	for i, n := range phases {
		told(string(phases3[i]), n)
	}
	for i, n := range states {
		if n > 0 {
			told(string(report.States[i]), n)
		}
	}
	for i, n := range c.Urgent[sightWork] {
		told(priorityKeys[i], uint64(n))
	}
}

var phases3 = [...]report.Phase{report.PhaseAnalysis, report.PhaseScheduling, report.PhaseClosure}

func phaseNumber(s report.State) int {
	switch report.PhaseOf(report.Report{State: s}, nil) {
	case report.PhaseScheduling:
		return 1
	case report.PhaseClosure:
		return 2
	default:
		return 0
	}
}

var priorityKeys = [tile.Priorities]string{"priority0", "priority1", "priority2", "priority3", "priority4", "priority5", "priority6", "priority7"}

// points draws reports, each with as much as is seen of it: what Map shows.
func (n *mapNow) points(at tile.Address, seen []tile.Seen) *tile.Layer {
	l := tile.NewLayer(LayerReports)
	for _, p := range seen {
		l.Point(at.Place(p.Key))
		l.Once("id", p.ID.String())
		l.Once("code", p.Code)
		state := report.States[p.State]
		l.Text("phase", string(phases3[phaseNumber(state)]))
		text := func(key, value string) {
			if value != "" {
				l.Text(key, value)
			}
		}
		text("objectType", n.objects[p.Object])
		text("district", string(n.classes[p.Class].district))
		l.Text("registeredAt", time.Unix(int64(p.At), 0).UTC().Format(time.RFC3339))
		if p.Sight >= sightWork || p.Flags&flagTold != 0 {
			text("plannedCloseDate", dayOf(p.Due))
		}
		if p.Sight < sightReporter {
			continue
		}
		l.Text("state", string(state))
		if p.Sight < sightWork {
			continue
		}
		l.Whole("priority", uint64(p.Priority))
		l.Truth("blocking", p.Flags&flagBlocking != 0)
		text("routing", string(routings[p.Flags>>flagRouting&7]))
		text("assignee", string(n.people[p.Person]))
		l.Whole("escalationLevel", uint64(p.Flags>>flagLevel&255))
	}
	return l
}

// tileCacheBytes bounds the tiles that are kept ready.
const tileCacheBytes = 16 << 20

// A tileCache keeps the tiles that were asked for last. Its keys name the
// version of what a tile is made of, so nothing in it grows old.
type tileCache struct {
	mu    sync.Mutex
	at    map[string]*list.Element
	last  list.List // of keptTile, the last used first
	bytes int

	packers [packs]sync.Pool // of *gzip.Writer
}

// A packing is how hard a tile is packed.
type packing int

// Reports change all the time, and their tiles are packed while somebody waits:
// quickly. Areas hardly ever change, and a quick packer that looks for five
// equal bytes in a row, and less and less when it finds none, takes outlines
// for noise and stores them as they are; one that looks for four halves them.
const (
	packQuick packing = iota
	packTight
	packs
)

var packLevels = [packs]int{gzip.BestSpeed, 7}

type keptTile struct {
	key  string
	tile MapTile
}

func (c *tileCache) get(key string, how packing, draw func() []byte) (MapTile, error) {
	c.mu.Lock()
	if e := c.at[key]; e != nil {
		c.last.MoveToFront(e)
		t := e.Value.(keptTile).tile
		c.mu.Unlock()
		return t, nil
	}
	c.mu.Unlock()
	t, err := c.pack(draw(), how)
	if err != nil {
		return t, err
	}
	c.put(keptTile{key, t})
	return t, nil
}

func (c *tileCache) put(k keptTile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil {
		c.at = map[string]*list.Element{}
	}
	if c.at[k.key] != nil {
		return // two asked at once
	}
	c.at[k.key] = c.last.PushFront(k)
	for c.bytes += k.size(); c.bytes > tileCacheBytes; {
		oldest := c.last.Remove(c.last.Back()).(keptTile)
		delete(c.at, oldest.key)
		c.bytes -= oldest.size()
	}
}

// size is about what keeping it takes.
func (k keptTile) size() int { return 2*len(k.key) + len(k.tile.Packed) + 300 }

// packer returns what packs, used before if possible: it takes a megabyte.
func (c *tileCache) packer(how packing) (*gzip.Writer, error) {
	if w, ok := c.packers[how].Get().(*gzip.Writer); ok {
		return w, nil
	}
	return gzip.NewWriterLevel(io.Discard, packLevels[how])
}

func (c *tileCache) pack(data []byte, how packing) (MapTile, error) {
	sum := sha256.Sum256(data)
	t := MapTile{Tag: hex.EncodeToString(sum[:8])}
	if len(data) == 0 {
		return t, nil
	}
	w, err := c.packer(how)
	if err != nil {
		return t, fmt.Errorf("pack a tile: %w", err)
	}
	defer c.packers[how].Put(w)
	var buf bytes.Buffer
	w.Reset(&buf)
	if _, err := w.Write(data); err != nil {
		return t, fmt.Errorf("pack a tile: %w", err)
	}
	if err := w.Close(); err != nil {
		return t, fmt.Errorf("pack a tile: %w", err)
	}
	t.Packed = buf.Bytes()
	return t, nil
}

// CellCounts lists what may be counted in a cell: all reports, those of each
// phase, of each open state and of each priority.
func CellCounts() []string {
	names := []string{"count"}
	for _, p := range phases3[:2] { // an open report is in none of closure
		names = append(names, string(p))
	}
	for _, s := range report.States {
		if s.Open() {
			names = append(names, string(s))
		}
	}
	return append(names, priorityKeys[1:5]...)
}

// PublicURL is where people reach the server, without a slash at the end; empty
// when nobody has said it.
func (d *Desk) PublicURL() string { return d.cfg.PublicURL }
