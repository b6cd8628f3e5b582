package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/artdag/artdag/dag"
)

// Source is an input of a run: a file read in place, or one in the cache.
type Source struct {
	Hash dag.ContentHash
	CID  string
	Size int64  // bytes
	Path string // absolute

	facts  facts
	stored bool // in the cache
}

// facts tell whether a file is still the one that was read.
type facts struct {
	Dev, Ino     uint64
	Size         int64
	Mtime, Ctime int64 // nanoseconds since 1970
}

func factsOf(info fs.FileInfo) facts {
	id, _ := inodeOf(info)
	return facts{id.dev, id.ino, info.Size(), info.ModTime().UnixNano(), changeTime(info).UnixNano()}
}

// Unchanged returns a ChangedError when the file is not the one that was hashed
// any more. Ask before and after reading it.
func (s Source) Unchanged() error {
	info, err := os.Stat(s.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return &ChangedError{s.Path, "it is gone"}
	}
	if err != nil {
		return err
	}
	now := factsOf(info)
	if s.stored {
		now.Ctime = s.facts.Ctime // every link that a step borrows changes it
	}
	return s.facts.compare(s.Path, now)
}

func (f facts) compare(path string, now facts) error {
	switch {
	case f == now:
		return nil
	case f.Dev != now.Dev || f.Ino != now.Ino:
		return &ChangedError{path, "another file has its name"}
	case f.Size != now.Size:
		return &ChangedError{path, fmt.Sprintf("it had %d bytes and has %d", f.Size, now.Size)}
	}
	return &ChangedError{path, "it was written to"}
}

// freshness is how old a file must be for its hash to be remembered. A file that
// is written twice within the resolution of its times has the same facts twice.
const freshness = 2 * time.Second

// HashSource reads a file in place and returns its hash and cid. They are
// remembered by device, inode, size and times, and not read again while those
// are the same, unless rehash is set. progress, if set, is told how many bytes
// were read so far. A file that changes while it is read is a ChangedError.
func (c *Cache) HashSource(ctx context.Context, path string, rehash bool, progress func(read int64)) (Source, error) {
	s, err := c.hashSource(ctx, path, rehash, progress)
	if err != nil {
		return Source{}, fmt.Errorf("cache: hash: %w", err)
	}
	return s, nil
}

func (c *Cache) hashSource(ctx context.Context, path string, rehash bool, progress func(int64)) (Source, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Source{}, err
	}
	f, err := openRegular(path)
	if err != nil {
		return Source{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Source{}, err
	}
	s := Source{Path: path, Size: info.Size(), facts: factsOf(info)}
	if !rehash && c.recall(&s) {
		return s, nil
	}
	started := c.now()
	d, err := c.digest(ctx, f, progress)
	if err != nil {
		return Source{}, err
	}
	if err := s.Unchanged(); err != nil {
		return Source{}, err
	}
	s.Hash, s.CID = d.content, d.cid
	return s, c.remember(s, started)
}

// remembered is the document of a file that was read in place.
type remembered struct {
	Facts facts           `json:"facts"`
	Hash  dag.ContentHash `json:"content_hash"`
	CID   string          `json:"cid"`
	Path  string          `json:"path"` // for people
}

func (f facts) name() string {
	return strconv.FormatUint(f.Dev, 16) + "-" + strconv.FormatUint(f.Ino, 16)
}

func (c *Cache) recall(s *Source) bool {
	path := c.kindPath(KindHashed, s.facts.name())
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	var r remembered
	if json.Unmarshal(text, &r) != nil || r.Facts != s.facts || r.Hash.IsZero() || r.CID == "" {
		return false
	}
	s.Hash, s.CID = r.Hash, r.CID
	c.touch(path)
	return true
}

func (c *Cache) remember(s Source, started time.Time) error {
	newest := time.Unix(0, max(s.facts.Mtime, s.facts.Ctime))
	if c.readOnly || s.facts.Ino == 0 || started.Sub(newest) < freshness {
		return nil
	}
	text, err := json.Marshal(remembered{s.facts, s.Hash, s.CID, s.Path})
	if err != nil {
		return err
	}
	return c.putDocument(KindHashed, s.facts.name(), text)
}
