package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Problem is one item that does not hold what it should.
type Problem struct {
	Item     Item
	Err      error
	Repaired bool // removed, so that it is made or fetched again
}

// VerifyReport is what Verify found.
type VerifyReport struct {
	Checked  int   // entries and sources
	Bytes    int64 // read; a file that several share is read once
	Problems []Problem
}

// Verify reads every byte of every entry and source and compares it with its
// hash. With repair it removes what is damaged. progress, if set, is told the
// bytes read so far and those of the whole cache.
func (c *Cache) Verify(ctx context.Context, repair bool, progress func(done, total int64)) (VerifyReport, error) {
	if repair && c.readOnly {
		return VerifyReport{}, fmt.Errorf("cache: verify: %w", ErrReadOnly)
	}
	census, err := c.census(ctx)
	if err != nil {
		return VerifyReport{}, fmt.Errorf("cache: verify: %w", err)
	}
	v := &verifying{cache: c, hashes: map[inode]digest{}}
	v.progress = func(n int64) {
		if progress != nil {
			progress(n, max(n, census.counted))
		}
	}
	for _, it := range census.items {
		if it.Kind != KindEntry && it.Kind != KindSource {
			continue
		}
		if err := v.item(ctx, it, repair); err != nil {
			return v.report, fmt.Errorf("cache: verify: %w", err)
		}
	}
	return v.report, nil
}

type verifying struct {
	cache    *Cache
	hashes   map[inode]digest // of the files read so far
	report   VerifyReport
	progress func(int64)
}

// item checks one item. Its error is the walk's; what is wrong with the item
// goes into the report.
func (v *verifying) item(ctx context.Context, it item, repair bool) error {
	fault := v.folder(ctx, it.path)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	v.report.Checked++
	if fault == nil {
		return nil
	}
	if _, err := os.Lstat(it.path); errors.Is(err, fs.ErrNotExist) {
		return nil // evicted meanwhile
	}
	problem := Problem{Item: it.Item, Err: fault}
	if repair {
		if err := v.remove(it); err != nil {
			return err
		}
		problem.Repaired = true
	}
	v.report.Problems = append(v.report.Problems, problem)
	return nil
}

// remove takes a damaged item out, also one that is pinned or held: it does not
// keep what was promised. Damaged bytes leave content/ too.
func (v *verifying) remove(it item) error {
	if m, err := readMetadata(it.path); err == nil {
		for _, f := range m.files() {
			if v.sound(f) {
				continue
			}
			if err := os.Remove(v.cache.contentPath(f.content)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	_, err := v.cache.drop(it)
	return err
}

// sound reports whether the name in content/ has the bytes that it stands for.
func (v *verifying) sound(f storedFile) bool {
	d, err := v.digest(context.Background(), v.cache.contentPath(f.content))
	return err == nil && d == f.digest
}

func (v *verifying) folder(ctx context.Context, dir string) error {
	m, err := readMetadata(dir)
	if err != nil {
		return err
	}
	for _, f := range m.files() {
		path := filepath.Join(dir, f.name)
		d, err := v.digest(ctx, path)
		if err != nil {
			return err
		}
		if d.content != f.content {
			return &MismatchError{Path: path, Want: f.content, Got: d.content}
		}
		if d != f.digest {
			return fmt.Errorf("%s: metadata says %d bytes at %s, found %d at %s", path, f.size, f.cid, d.size, d.cid)
		}
	}
	return checkManifest(dir, m)
}

// checkManifest compares the manifest with the members that the metadata lists.
func checkManifest(dir string, m *metadata) error {
	if !m.Multi {
		return nil
	}
	e, err := m.entry(dir)
	if err != nil {
		return err
	}
	want, err := Manifest(e.Members)
	if err != nil {
		return err
	}
	if got, err := os.ReadFile(e.Path); err != nil || string(got) != string(want) {
		return errors.Join(fmt.Errorf("%s does not list the members in metadata.json", e.Path), err)
	}
	return nil
}

// digest reads a file unless another of its names was read before.
func (v *verifying) digest(ctx context.Context, path string) (digest, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return digest{}, err
	}
	id, links := inodeOf(info)
	if d, ok := v.hashes[id]; ok && id != (inode{}) {
		return d, nil
	}
	read := v.report.Bytes
	d, err := v.cache.digestFile(ctx, path, func(n int64) { v.progress(read + n) })
	if err != nil {
		return digest{}, err
	}
	v.report.Bytes += d.size
	if links > 1 {
		v.hashes[id] = d
	}
	return d, nil
}

// VerifyEntry reads the files of one entry and compares them with their hashes.
// Get looks only at size and seal.
func (c *Cache) VerifyEntry(ctx context.Context, e *Entry) error {
	v := &verifying{cache: c, hashes: map[inode]digest{}, progress: func(int64) {}}
	if err := v.folder(ctx, e.Dir); err != nil {
		return fmt.Errorf("cache: verify %s: %w", e.ID.Short(), missing(err))
	}
	return nil
}
