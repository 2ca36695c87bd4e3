package device

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// File is a Store in one append-only file: a line for each Apply, with the
// CRC-32 of what follows it, flushed to the disk before Apply returns. At the
// start the lines are read again; a torn last line never happened. When the
// file has grown far beyond what it says, it is written anew beside itself and
// renamed.
type File struct {
	path  string
	file  *os.File
	state State
	size  int64
	// compacted is the size after the last compaction; the file is written anew
	// when it is a multiple of it.
	compacted int64
	broken    error // a write failed: nothing more can be trusted until it is opened again
}

// The file is compacted when it is this many times as large as after the last
// compaction, and never below the floor.
const (
	growth = 4
	floor  = 1 << 20
)

// OpenFile opens the store in that file, or makes an empty one. A line that is
// damaged before the end is ErrCorrupt.
func OpenFile(path string) (*File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the local store: %w", err)
	}
	f := &File{path: path, file: file}
	if err := f.replay(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	f.compacted = max(f.size, floor)
	return f, nil
}

// replay reads every whole line and cuts a torn one off.
func (f *File) replay() error {
	r := bufio.NewReaderSize(f.file, 1<<16)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read the local store: %w", err)
		}
		steps, ok := parse(line)
		if !ok {
			if _, more := r.ReadByte(); more == nil {
				return ErrCorrupt.With("at byte %d", f.size)
			}
			break
		}
		for _, s := range steps {
			if err := f.state.apply(s); err != nil {
				return err
			}
		}
		f.size += int64(len(line))
	}
	if err := f.file.Truncate(f.size); err != nil {
		return fmt.Errorf("cut a torn line off: %w", err)
	}
	if _, err := f.file.Seek(f.size, io.SeekStart); err != nil {
		return fmt.Errorf("find the end of the local store: %w", err)
	}
	return f.file.Sync()
}

const sumLength = 9 // eight digits and a space

// parse reads one line; false means that it is torn or damaged.
func parse(line []byte) ([]Step, bool) {
	if len(line) <= sumLength || line[len(line)-1] != '\n' {
		return nil, false
	}
	body := line[sumLength : len(line)-1]
	sum, err := strconv.ParseUint(string(line[:8]), 16, 32)
	if err != nil || line[8] != ' ' || uint32(sum) != crc32.ChecksumIEEE(body) {
		return nil, false
	}
	var steps []Step
	if json.Unmarshal(body, &steps) != nil {
		return nil, false
	}
	return steps, true
}

func format(steps []Step) ([]byte, error) {
	body, err := plain(steps)
	if err != nil {
		return nil, fmt.Errorf("write the local store: %w", err)
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(body), body), nil
}

// Apply writes the steps to the disk, then carries them out.
func (f *File) Apply(steps ...Step) error {
	if f.broken != nil {
		return f.broken
	}
	line, err := format(steps)
	if err != nil {
		return err
	}
	if _, err := f.file.Write(line); err != nil {
		f.broken = fmt.Errorf("write the local store: %w", err)
		return f.broken
	}
	if err := f.file.Sync(); err != nil {
		f.broken = fmt.Errorf("flush the local store: %w", err)
		return f.broken
	}
	f.size += int64(len(line))
	for _, s := range steps {
		if err := f.state.apply(s); err != nil {
			return err
		}
	}
	if f.size > growth*f.compacted {
		return f.Compact()
	}
	return nil
}

// Compact writes the state to a new file, a step a line, and puts it in the
// place of the old one. A kill at any moment leaves one of the two whole.
func (f *File) Compact() error {
	var buf bytes.Buffer
	for _, s := range f.state.snapshot() {
		line, err := format([]Step{s})
		if err != nil {
			return err
		}
		buf.Write(line)
	}
	next := f.path + ".next"
	file, err := os.OpenFile(next, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("compact the local store: %w", err)
	}
	_, err = file.Write(buf.Bytes())
	err = errors.Join(err, file.Sync())
	if err == nil {
		err = os.Rename(next, f.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("compact the local store: %w", err), file.Close())
	}
	old := f.file
	f.file, f.size = file, int64(buf.Len())
	f.compacted = max(f.size, floor)
	return errors.Join(syncDir(filepath.Dir(f.path)), old.Close())
}

// syncDir makes a rename durable. Some file systems cannot, and need not.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open the folder of the local store: %w", err)
	}
	if err := d.Sync(); err != nil && !errors.Is(err, fs.ErrInvalid) {
		return errors.Join(fmt.Errorf("flush the folder of the local store: %w", err), d.Close())
	}
	return d.Close()
}

// State returns what is stored.
func (f *File) State() *State { return &f.state }

// Close closes the file. Everything is on the disk already.
func (f *File) Close() error { return f.file.Close() }
