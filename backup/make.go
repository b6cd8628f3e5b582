package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/provenance"
)

// Source is a farm that is backed up, while it works.
type Source struct {
	Catalog *catalog.Snapshot
	Cache   *cache.Cache // of its scheduler: plans and documents
	KeyFile string       // of the key that signs; one that is not there is left out
	Version string       // of this program
	Now     time.Time
	// Progress, unless nil, is told how many rows of a table, or how many
	// documents, are written so far.
	Progress func(what string, done int64)
}

// partSize is how large a part of a table becomes.
const partSize = 4 << 20

// Write writes an archive of the source and returns what it holds. Without an
// error it is whole.
func Write(ctx context.Context, s Source, w io.Writer) (Manifest, error) {
	out, err := newWriter(w, Header{Format: Format, Schema: s.Catalog.Version(), Made: s.Now.UTC(), By: s.Version})
	if err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	for _, part := range []func(context.Context, *writer) error{s.tables, s.plans, s.documents, s.key} {
		if err := part(ctx, out); err != nil {
			return Manifest{}, fmt.Errorf("backup: %w", err)
		}
	}
	if err := out.close(); err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	return out.manifest, nil
}

func (s Source) tell(what string, done int64) {
	if s.Progress != nil {
		s.Progress(what, done)
	}
}

func (s Source) key(_ context.Context, w *writer) error {
	if s.KeyFile == "" {
		return nil
	}
	key, err := provenance.LoadKey(s.KeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	text, err := key.PrivatePEM()
	if err != nil {
		return err
	}
	w.manifest.KeyID = key.ID()
	return w.add(keyName, text)
}

func (s Source) tables(ctx context.Context, w *writer) error {
	names, err := s.Catalog.Tables(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		t := table{name: name, w: w}
		err := s.Catalog.Rows(ctx, name, func(columns []string, row []any) error {
			s.tell(name, t.rows+1)
			return t.add(columns, row)
		})
		if err = errors.Join(err, t.flush()); err != nil {
			return err
		}
		w.manifest.Tables[name] = t.rows
	}
	return nil
}

// table writes one table in parts.
type table struct {
	name  string
	w     *writer
	part  bytes.Buffer
	parts int
	rows  int64
}

func (t *table) add(columns []string, row []any) error {
	lines := json.NewEncoder(&t.part)
	lines.SetEscapeHTML(false)
	if t.part.Len() == 0 {
		if err := lines.Encode(columns); err != nil {
			return err
		}
	}
	if err := lines.Encode(row); err != nil {
		return fmt.Errorf("table %s: %w", t.name, err)
	}
	t.rows++
	if t.part.Len() < partSize {
		return nil
	}
	return t.flush()
}

func (t *table) flush() error {
	if t.part.Len() == 0 {
		return nil
	}
	t.parts++
	err := t.w.add(fmt.Sprintf("tables/%s/%06d.jsonl", t.name, t.parts), t.part.Bytes())
	t.part.Reset()
	return err
}

func (s Source) plans(ctx context.Context, w *writer) error {
	ids, _, err := s.Catalog.Documents(ctx)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		text, err := s.Cache.Plan(id)
		if errors.Is(err, cache.ErrMissing) {
			w.manifest.PlansGone++
			continue
		}
		if err != nil {
			return err
		}
		if err := w.add("plans/"+id.String()+".json", text); err != nil {
			return err
		}
		w.manifest.Plans++
		s.tell("plans", int64(i+1))
	}
	return nil
}

func (s Source) documents(ctx context.Context, w *writer) error {
	_, hashes, err := s.Catalog.Documents(ctx)
	if err != nil {
		return err
	}
	for i, hash := range hashes {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		text, err := s.document(hash)
		if errors.Is(err, cache.ErrMissing) {
			w.manifest.ProvenanceGone++
			continue
		}
		if err != nil {
			return err
		}
		if err := w.add("provenance/"+hash.String()+".json", text); err != nil {
			return err
		}
		w.manifest.Provenance++
		s.tell("signed documents", int64(i+1))
	}
	return nil
}

// document reads a content of the cache. Other bytes than its name says are as
// good as none.
func (s Source) document(hash dag.ContentHash) ([]byte, error) {
	path, err := s.Cache.Content(hash)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && hashOf(text) != hash:
		return nil, cache.ErrMissing
	case err != nil:
		return nil, err
	}
	return text, nil
}
