package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/provenance"
)

// Target is where a backup is restored: an empty catalog, and the folder of a
// scheduler that does not run.
type Target struct {
	Catalog  *catalog.DB
	Cache    *cache.Cache
	KeyFile  string // of the key that signs
	Progress func(what string, done int64)
}

// Restore restores an archive that Check read with this outcome, from its
// beginning. When it fails the catalog is as it was; plans and documents, which
// nothing refers to, may stay.
func Restore(ctx context.Context, t Target, r io.Reader, checked Manifest) error {
	want := make(map[string]Member, len(checked.Members))
	for _, m := range checked.Members {
		want[m.Name] = m
	}
	err := t.Catalog.Restore(ctx, checked.Schema, func(f *catalog.Filling) error {
		var rows int64
		last := ""
		return walk(ctx, r, func(name string, data []byte) error {
			if m := want[name]; name != manifestName && (m.Name == "" || m.Hash != hashOf(data)) {
				return fmt.Errorf("%w: %s changed while it was read", ErrDamaged, name)
			}
			table, ok := tableOf(name)
			if !ok {
				return t.file(ctx, name, data)
			}
			if table != last {
				rows, last = 0, table
			}
			n, err := insert(ctx, f, table, data)
			rows += n
			t.tell(table, rows)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

func (t Target) tell(what string, done int64) {
	if t.Progress != nil {
		t.Progress(what, done)
	}
}

// insert adds the rows of one part of a table.
func insert(ctx context.Context, f *catalog.Filling, table string, data []byte) (int64, error) {
	lines := json.NewDecoder(bytes.NewReader(data))
	lines.UseNumber()
	var columns []string
	if err := lines.Decode(&columns); err != nil {
		return 0, fmt.Errorf("%w: table %s: %w", ErrDamaged, table, err)
	}
	var rows [][]any
	for {
		var row []any
		err := lines.Decode(&row)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, fmt.Errorf("%w: table %s: %w", ErrDamaged, table, err)
		}
		rows = append(rows, row)
	}
	return int64(len(rows)), f.Insert(ctx, table, columns, rows)
}

// file puts a member into the scheduler's folder.
func (t Target) file(ctx context.Context, name string, data []byte) error {
	id := strings.TrimSuffix(path.Base(name), ".json")
	switch {
	case name == headerName || name == manifestName:
		return nil
	case name == keyName:
		return t.installKey(data)
	case path.Dir(name) == "plans":
		plan, err := dag.ParseID[dag.PlanID](id)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
		}
		return t.Cache.PutPlan(plan, data)
	case path.Dir(name) == "provenance":
		hash, err := dag.ParseID[dag.ContentHash](id)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
		}
		_, err = t.Cache.PutSource(ctx, bytes.NewReader(data), hash)
		return err
	}
	return fmt.Errorf("%w: %s is of no known kind", ErrDamaged, name)
}

func (t Target) installKey(text []byte) error {
	key, err := provenance.ParseKey(text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if t.KeyFile == "" {
		return errors.New("the backup has the key of a farm, and this is none: restore it where the farm's scheduler is")
	}
	return provenance.InstallKey(t.KeyFile, key)
}
