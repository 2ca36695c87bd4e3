package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
	"github.com/sestante/sestante/report"
)

// imported is what an import answers as JSON.
type imported struct {
	desk.AreaChanges
	Notes   []format.Note     `json:"notes"`
	Preview *desk.AreaPreview `json:"preview"` // what was or would be changed
}

func (h *house) importAreas(cmd *cobra.Command, w world, path string, o importing) error {
	ctx := cmd.Context()
	meter := newMeter(w.err)
	defer meter.clear()
	file, err := h.readFile(ctx, w, path, o, meter.of("reading"))
	if err != nil {
		return err
	}
	out := imported{Notes: append([]format.Note{}, file.Notes...)}
	file.Import.Person = report.System
	preview, err := h.desk.PreviewAreas(ctx, file.Import, meter.steps())
	if err != nil {
		return err
	}
	preview.Snapped = append(preview.Snapped, file.Snapped...)
	out.AreaChanges, out.Preview = preview.Changes, &preview
	if !o.dryRun {
		if out.AreaChanges, err = h.desk.PutAreas(ctx, file.Import); err != nil {
			return err
		}
		preview.Changes = out.AreaChanges
	}
	meter.clear()
	if o.json {
		err = json.NewEncoder(w.out).Encode(out)
	} else {
		err = printImported(w, out)
	}
	if err != nil || o.dryRun || !out.Any() {
		return err
	}
	return h.reroute(ctx, w, o.json)
}

// refused prints why an import is refused as JSON, for whoever asked for JSON,
// and returns the error all the same: it is said on the other channel too.
func (o importing) refused(w world, err error) error {
	if err == nil || !o.json {
		return err
	}
	said := struct {
		Problems []desk.ImportProblem `json:"problems"`
	}{desk.ProblemsOf(err, "en")}
	if broken := json.NewEncoder(w.out).Encode(said); broken != nil {
		return errors.Join(err, broken)
	}
	return err
}

// readFile reads a file of boundaries; - is standard input.
func (h *house) readFile(ctx context.Context, w world, path string, o importing, progress func(done, total int64)) (desk.AreaFile, error) {
	if path == "-" {
		return h.desk.ReadStream(ctx, "standard input", w.in, o.AreaOptions, progress)
	}
	f, err := os.Open(path)
	if err != nil {
		return desk.AreaFile{}, errNoFile.In(path).With("%v", errors.Unwrap(err))
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return h.desk.ReadStream(ctx, path, f, o.AreaOptions, progress) // a pipe, perhaps
	}
	return h.desk.ReadAreas(ctx, format.File{Name: path, Data: f, Size: info.Size()}, o.AreaOptions, progress)
}

func printImported(w world, out imported) error {
	for _, n := range out.Notes {
		_, _ = fmt.Fprintf(w.err, "note: %s\n", n.Say("en")) // beside the result, for a person
	}
	if err := printChanges(w, out.AreaChanges, false); err != nil || out.Preview == nil {
		return err
	}
	p := out.Preview
	for _, t := range p.Territory.Transfers {
		if _, err := fmt.Fprintf(w.out, "territory: %s from %s to %s\n", extent(t.AreaM2), orNone(t.From), orNone(t.To)); err != nil {
			return err
		}
	}
	for _, s := range p.Snapped {
		if _, err := fmt.Fprintf(w.out, "snapped: %s, %d points moved and %d added, at most %.2f m %s\n", s.Code, s.Moved, s.Added, s.FarthestM, s.Text); err != nil {
			return err
		}
	}
	for _, f := range p.Survey.Findings {
		if _, err := fmt.Fprintf(w.out, "%s: %s\n", f.Severity, f.Text); err != nil {
			return err
		}
	}
	if p.Survey.Left > 0 {
		if _, err := fmt.Fprintf(w.out, "and %d findings more\n", p.Survey.Left); err != nil {
			return err
		}
	}
	if !out.DryRun {
		return sayRevert(w, p.Survey)
	}
	if _, err := fmt.Fprintf(w.out, "%d of %d open reports would change owner\n", p.Reports.Moving, p.Reports.Checked); err != nil {
		return err
	}
	for _, f := range p.Reports.Flows {
		if _, err := fmt.Fprintf(w.out, "reports: %d from %s to %s\n", f.Reports, orNone(f.From), orNone(f.To)); err != nil {
			return err
		}
	}
	return nil
}

// sayRevert says how to go back, after an import that should not have been kept.
func sayRevert(w world, found geo.SurveyReport) error {
	if !slices.ContainsFunc(found.Findings, func(f geo.Finding) bool { return f.Severity == geo.SeverityError }) {
		return nil
	}
	_, err := fmt.Fprintln(w.out, "It was kept all the same; to take it back: sestante areas revert last")
	return err
}

// extent writes square metres as a person would say them.
func extent(m2 float64) string {
	switch {
	case m2 >= 100_000:
		return fmt.Sprintf("%.3f km2", m2/1e6)
	case m2 >= 1:
		return fmt.Sprintf("%.0f m2", m2)
	}
	return "less than 1 m2"
}

func orNone(code string) string {
	if code == "" {
		return "no area"
	}
	return code
}

// A meter shows on a terminal how far the work is, on one line that is written
// over. Elsewhere it shows nothing.
type meter struct {
	w     io.Writer // nil when it is no terminal
	shown bool
}

func newMeter(w io.Writer) *meter {
	f, ok := w.(*os.File)
	if !ok {
		return &meter{}
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &meter{}
	}
	return &meter{w: w}
}

// of returns what shows the progress of one part of the work.
func (m *meter) of(what string) func(done, total int64) {
	if m.w == nil {
		return nil
	}
	return func(done, total int64) {
		m.shown = true
		_, _ = fmt.Fprintf(m.w, "\r%s: %d%% ", what, 100*done/max(total, 1)) // it is for show
	}
}

// steps returns what shows the progress of a preview.
func (m *meter) steps() desk.Progress {
	if m.w == nil {
		return nil
	}
	said := map[string]string{
		desk.StepAreas: "comparing areas", desk.StepTerritory: "comparing borders", desk.StepSurvey: "looking for gaps and overlaps", desk.StepReports: "checking reports",
	}
	return func(step string, done, total int64) {
		m.clear()
		if m.shown = true; total > 0 {
			m.of(said[step])(done, total)
			return
		}
		_, _ = fmt.Fprintf(m.w, "\r%s … ", said[step]) // it is for show
	}
}

// clear takes the line away.
func (m *meter) clear() {
	if m.shown {
		_, _ = fmt.Fprint(m.w, "\r\033[K")
		m.shown = false
	}
}
