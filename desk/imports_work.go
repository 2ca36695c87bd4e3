package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo/format"
	"github.com/sestante/sestante/store"
)

// WorkImports reads, previews and puts in force the imports that wait for it,
// one after the other, the oldest first, and returns when none is left. What an
// earlier process was in the middle of is refused: it may be what ended it.
func (d *Desk) WorkImports(ctx context.Context) error {
	if err := d.sweepImports(ctx); err != nil {
		return err
	}
	for {
		waiting, err := d.store.AreaImports(ctx, mostImports, store.ImportReading, store.ImportCommitting)
		if err != nil {
			return err
		}
		waiting = slices.DeleteFunc(waiting, func(i store.AreaImport) bool { return i.Worker != "" })
		if len(waiting) == 0 {
			return nil
		}
		if err := d.workImport(ctx, waiting[len(waiting)-1]); err != nil {
			return err
		}
	}
}

// sweepImports sees to what an earlier process left, and to what nobody has
// decided about for a week.
func (d *Desk) sweepImports(ctx context.Context) error {
	all, err := d.store.AreaImports(ctx, 10*mostImports, live...)
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, i := range all {
		switch {
		case i.Worker != "" && i.Worker != d.imports.name():
			d.log.ErrorContext(ctx, "an import of areas was cut off", slog.String("import", i.ID))
			err = d.endImport(ctx, i, ErrInterrupted)
		case i.State == store.ImportPreviewed && d.now().Sub(i.UpdatedAt) > importKept:
			_, err = d.store.DeleteAreaImport(ctx, i.ID, store.ImportPreviewed)
		default:
			have[i.ID] = true
		}
		if err != nil {
			return err
		}
	}
	if !d.imports.sweeps() {
		return nil
	}
	files, err := os.ReadDir(filepath.Dir(d.scratch("x")))
	if err != nil {
		return nil //nolint:nilerr // there never was an import
	}
	for _, f := range files {
		if !have[f.Name()] && !d.imports.brought(f.Name()) {
			d.dropFile(f.Name())
		}
	}
	return nil
}

// workImport does one step of one import. What is wrong with the import ends
// the import; what is wrong here is returned.
func (d *Desk) workImport(ctx context.Context, i store.AreaImport) error {
	from := i.State
	i.Worker, i.UpdatedAt = d.imports.name(), d.now()
	if ok, err := d.store.UpdateAreaImport(ctx, i, from); err != nil || !ok {
		return err // discarded meanwhile
	}
	at, stop := context.WithCancel(ctx)
	defer stop()
	d.imports.begin(i.ID, stop)
	defer d.imports.begin("", nil)
	var err error
	if from == store.ImportCommitting {
		err = d.commit(at, i)
	} else {
		err = d.readImport(at, i)
	}
	switch {
	case err == nil || errors.Is(err, errDiscarded) || (at.Err() != nil && ctx.Err() == nil):
		return nil
	case ctx.Err() != nil || fault.Of(err).Kind == fault.Busy:
		return err
	case fault.Of(err).Kind == fault.Internal:
		d.log.ErrorContext(ctx, "an import of areas failed", slog.String("import", i.ID), slog.Any("err", err))
	}
	return d.endImport(ctx, i, err)
}

// errDiscarded says that somebody discarded the import meanwhile.
var errDiscarded = errors.New("the import was discarded")

func (r *importRoom) begin(id string, stop context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now, r.stop, r.step, r.done, r.total = id, stop, "", 0, 0
}

// readImport decodes the file and works out what would change.
func (d *Desk) readImport(ctx context.Context, i store.AreaImport) error {
	file, err := d.readScratch(ctx, i)
	if err != nil {
		return err
	}
	if i.Notes, err = json.Marshal(file.Notes); err != nil {
		return fmt.Errorf("encode the notes: %w", err)
	}
	i.State, i.UpdatedAt = store.ImportChecking, d.now()
	if err := d.keepImport(ctx, i, store.ImportReading); err != nil {
		return err
	}
	d.imports.at(StepAreas, 0, 0)
	plan, err := d.planned(ctx, file.Import)
	if err != nil {
		return err
	}
	preview, err := d.preview(ctx, plan, d.imports.at)
	if err != nil {
		return err
	}
	preview.Snapped = append(preview.Snapped, file.Snapped...)
	if i.Preview, err = json.Marshal(preview); err != nil {
		return fmt.Errorf("encode the preview: %w", err)
	}
	i.State, i.Worker, i.Stamp, i.UpdatedAt = store.ImportPreviewed, "", plan.stamp, d.now()
	return d.keepImport(ctx, i, store.ImportChecking)
}

// commit puts a previewed import in force: what was previewed, or nothing.
func (d *Desk) commit(ctx context.Context, i store.AreaImport) error {
	file, err := d.readScratch(ctx, i)
	if err != nil {
		return err
	}
	imp := file.Import
	imp.Person, imp.id = i.Person, i.ID
	d.imports.tell(0, 0)
	plan, err := d.planned(ctx, imp)
	if err != nil {
		return err
	}
	if plan.stamp == i.Stamp {
		err = d.inTx(ctx, func(tx *store.Store) error { return d.putAreas(ctx, tx, imp, plan) })
	}
	if plan.stamp != i.Stamp || errors.Is(err, errAreasMoved) {
		i.State, i.Worker, i.UpdatedAt = store.ImportReading, "", d.now() // a person must look again, and is told why
		if i.Problems, err = json.Marshal(problemsOf(ErrPreviewStale)); err != nil {
			return fmt.Errorf("encode the reason: %w", err)
		}
		return d.keepImport(ctx, i, store.ImportCommitting)
	}
	if err == nil {
		d.dropFile(i.ID)
	}
	return err
}

func (d *Desk) keepImport(ctx context.Context, i store.AreaImport, from string) error {
	ok, err := d.store.UpdateAreaImport(ctx, i, from)
	if err == nil && !ok {
		return errDiscarded
	}
	return err
}

// readScratch reads the file that an import brought.
func (d *Desk) readScratch(ctx context.Context, i store.AreaImport) (AreaFile, error) {
	var o AreaOptions
	if err := json.Unmarshal(i.Options, &o); err != nil {
		return AreaFile{}, fmt.Errorf("read the options of import %s: %w", i.ID, err)
	}
	f, err := os.Open(d.scratch(i.ID))
	if errors.Is(err, os.ErrNotExist) {
		return AreaFile{}, ErrInterrupted
	}
	if err != nil {
		return AreaFile{}, fmt.Errorf("open the file of an import: %w", err)
	}
	out, err := d.ReadAreas(ctx, format.File{Name: i.Name, Data: f, Size: i.Size}, o, d.imports.tell)
	return out, errors.Join(err, f.Close())
}

// endImport refuses an import, and says why. Its file goes.
func (d *Desk) endImport(ctx context.Context, i store.AreaImport, why error) error {
	problems, err := json.Marshal(problemsOf(why))
	if err != nil {
		return fmt.Errorf("encode the problems: %w", err)
	}
	i.State, i.Worker, i.Problems, i.Preview, i.UpdatedAt = store.ImportRefused, "", problems, nil, d.now()
	if _, err := d.store.UpdateAreaImport(ctx, i, live...); err != nil {
		return err
	}
	d.dropFile(i.ID)
	return nil
}
