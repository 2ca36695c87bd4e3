package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pocketbase/pocketbase/core"

	"github.com/sestante/sestante/fault"
)

// ErrNoFile answers for a photo whose row is there and whose bytes are not.
var ErrNoFile = fault.Define(fault.NotFound, "media.file",
	"The photo's file is not on the server.", "Il file della foto non è sul server.")

// A Size names one of a photo's files.
type Size string

// The files of a photo. The original is for staff only: it holds whatever the
// camera wrote into it. The others are re-encoded and hold pixels only.
const (
	Original Size = "original"
	Large    Size = "large" // 1280 px on the longest side
	Small    Size = "small" // 320 px
)

// photoKey names a photo's file by the content of its original, so that the
// same bytes sent twice are kept once and a retry writes what is there already.
func photoKey(sha256 string, size Size) string {
	return "photos/" + sha256[:2] + "/" + sha256 + "/" + string(size)
}

// PutPhoto keeps the files of a photo through PocketBase's file system (local
// folder or S3). It must not be called inside a transaction: the network has no
// place there. When it returns nil, local files are on the disk, not only in
// its cache.
func (s *Store) PutPhoto(ctx context.Context, sha256 string, files map[Size][]byte) error {
	if s.app.IsTransactional() {
		return errors.New("put a photo inside a transaction")
	}
	fsys, err := s.app.NewFilesystem()
	if err != nil {
		return fmt.Errorf("open the file system: %w", wrap(err))
	}
	defer func() { _ = fsys.Close() }()
	fsys.SetContext(ctx)
	for _, size := range []Size{Small, Large, Original} { // the original last: where it is, the others are
		data, ok := files[size]
		if !ok {
			continue
		}
		key := photoKey(sha256, size)
		if at, err := fsys.Attributes(key); err == nil && at.Size == int64(len(data)) {
			continue
		}
		if err := fsys.Upload(data, key); err != nil {
			_ = fsys.Delete(key) // a full disk leaves half a file under the final name
			return fmt.Errorf("keep a photo: %w", wrap(err))
		}
		if err := s.flush(key); err != nil {
			return fmt.Errorf("keep a photo: %w", wrap(err))
		}
	}
	return nil
}

// flush forces a local file and its folder to the disk.
func (s *Store) flush(key string) error {
	if s.app.Settings().S3.Enabled {
		return nil
	}
	path := filepath.Join(s.app.DataDir(), core.LocalStorageDirName, filepath.FromSlash(key))
	for _, name := range []string{path, filepath.Dir(path)} {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		err = f.Sync()
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Photo returns the bytes of one of a photo's files, or ErrNoFile.
func (s *Store) Photo(ctx context.Context, sha256 string, size Size) ([]byte, error) {
	fsys, err := s.app.NewFilesystem()
	if err != nil {
		return nil, fmt.Errorf("open the file system: %w", wrap(err))
	}
	defer func() { _ = fsys.Close() }()
	fsys.SetContext(ctx)
	key := photoKey(sha256, size)
	if ok, err := fsys.Exists(key); err != nil || !ok {
		return nil, errors.Join(ErrNoFile, err)
	}
	r, err := fsys.GetReader(key)
	if err != nil {
		return nil, fmt.Errorf("read a photo: %w", err)
	}
	defer func() { _ = r.Close() }()
	var buf bytes.Buffer
	if _, err := io.Copy(&buf, r); err != nil {
		return nil, fmt.Errorf("read a photo: %w", err)
	}
	return buf.Bytes(), nil
}

// ProbeFiles writes, reads and removes a small file through the file system
// photos are kept in, and returns what went wrong.
func (s *Store) ProbeFiles(ctx context.Context) error {
	fsys, err := s.app.NewFilesystem()
	if err != nil {
		return fmt.Errorf("open the file system: %w", wrap(err))
	}
	defer func() { _ = fsys.Close() }()
	fsys.SetContext(ctx)
	const key = "photos/.probe"
	if err := fsys.Upload([]byte("sestante"), key); err != nil {
		return fmt.Errorf("write a file: %w", wrap(err))
	}
	if ok, err := fsys.Exists(key); err != nil || !ok {
		return fmt.Errorf("read it back: %w", errors.Join(ErrNoFile, err))
	}
	return fsys.Delete(key)
}
