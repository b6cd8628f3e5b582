package cache

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/artdag/artdag/dag"
)

var errAPI = errors.ErrUnsupported

type Options struct {
	Limit int64            // bytes that entries and sources may take; 0 means 80% of free + used
	Now   func() time.Time // nil means time.Now
}
type Cache struct{}

func Open(dir string, opts Options) (*Cache, error) { return nil, errAPI }
func (c *Cache) Close() error                       { return errAPI }
func (c *Cache) Dir() string                        { return "" }
func (c *Cache) ReadOnly() bool                     { return false }

func (c *Cache) Get(id dag.CacheID) (*Entry, error) { return nil, errAPI }
func (c *Cache) Put(ctx context.Context, id, resolved dag.CacheID, out Output) (*Entry, error) {
	return nil, errAPI
}
func (c *Cache) Link(ctx context.Context, id dag.CacheID, from *Entry) (*Entry, error) {
	return nil, errAPI
}

type Lock struct{}

func (c *Cache) Lock(ctx context.Context, id dag.CacheID) (*Lock, error) { return nil, errAPI }
func (l *Lock) Unlock() error                                            { return errAPI }

type Scratch struct{ Dir string }

func (c *Cache) Scratch(prefix string) (*Scratch, error) { return nil, errAPI }
func (s *Scratch) Close() error                          { return errAPI }

func (c *Cache) PutLog(id dag.CacheID, r io.Reader) error             { return errAPI }
func (c *Cache) Log(id dag.CacheID) (io.ReadCloser, error)            { return nil, errAPI }
func (c *Cache) Borrow(s *Scratch, path, name string) (string, error) { return "", errAPI }
func (c *Cache) Export(ctx context.Context, path, dest string) error  { return errAPI }

type Source struct {
	Hash dag.ContentHash
	CID  string
	Size int64
	Path string
}

func (s Source) Unchanged() error { return errAPI }
func (c *Cache) HashSource(ctx context.Context, path string, rehash bool, progress func(read int64)) (Source, error) {
	return Source{}, errAPI
}
func (c *Cache) PutSource(ctx context.Context, r io.Reader, want dag.ContentHash) (Source, error) {
	return Source{}, errAPI
}
func (c *Cache) Content(h dag.ContentHash) (path string, err error) { return "", errAPI }
func (c *Cache) ByCID(cid string) (dag.ContentHash, error)          { return dag.ContentHash{}, errAPI }

type Hold struct{}

// a ref is dag.StepInput(id, "") or dag.ContentInput(hash)
func (c *Cache) Hold(refs ...dag.Input) (*Hold, error) { return nil, errAPI }
func (h *Hold) Add(refs ...dag.Input) error            { return errAPI }
func (h *Hold) Release() error                         { return errAPI }
func (c *Cache) Pin(ref dag.Input) error               { return errAPI }
func (c *Cache) Unpin(ref dag.Input) error             { return errAPI }
func (c *Cache) Pins() ([]dag.Input, error)            { return nil, errAPI }

func (c *Cache) PutPlan(id dag.PlanID, doc []byte) error         { return errAPI }
func (c *Cache) Plan(id dag.PlanID) ([]byte, error)              { return nil, errAPI }
func (c *Cache) PutAnalysis(id dag.AnalysisID, doc []byte) error { return errAPI }
func (c *Cache) Analysis(id dag.AnalysisID) ([]byte, error)      { return nil, errAPI }

type Kind string

const (
	KindEntry    Kind = "entry"
	KindSource   Kind = "source"
	KindPlan     Kind = "plan"
	KindAnalysis Kind = "analysis"
	KindLog      Kind = "log"
	KindHashed   Kind = "hashed" // the remembered hash of a source read in place
)

type Item struct {
	Kind     Kind
	ID       string // cache_id, content_hash, plan_id, ... as its file name has it
	Content  dag.ContentHash
	Size     int64 // bytes of its files
	LastUsed time.Time
}

func (c *Cache) List(ctx context.Context) iter.Seq2[Item, error] { return nil }

type Stats struct {
	Count       map[Kind]int
	Bytes       int64 // on disk: every inode once
	Shared      int64 // bytes that sharing saves
	Limit, Free int64
	Pins        int
}

func (c *Cache) Stats(ctx context.Context) (Stats, error) { return Stats{}, errAPI }

type Evicted struct {
	Item
	Freed int64 // 0 when its bytes are shared with something that stays
}
type GCReport struct {
	Evicted       []Evicted
	Freed         int64
	Before, After int64
	Kept          int // pinned, held or in use
}

// GC evicts down to limit bytes; below 0 means the cache's own limit.
func (c *Cache) GC(ctx context.Context, limit int64, dryRun bool) (GCReport, error) {
	return GCReport{}, errAPI
}

type Problem struct {
	Item     Item
	Err      error
	Repaired bool // removed, so that it is made again
}
type VerifyReport struct {
	Checked  int
	Bytes    int64
	Problems []Problem
}

func (c *Cache) Verify(ctx context.Context, repair bool, progress func(done, total int64)) (VerifyReport, error) {
	return VerifyReport{}, errAPI
}
func (c *Cache) VerifyEntry(ctx context.Context, e *Entry) error { return errAPI }

// Remove returns the bytes freed; dag.StepInput removes an entry, dag.ContentInput a source.
func (c *Cache) Remove(ctx context.Context, ref dag.Input, dryRun bool) (freed int64, err error) {
	return 0, errAPI
}
func (c *Cache) Rebuild(ctx context.Context) error { return errAPI }
