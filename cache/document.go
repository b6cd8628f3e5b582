package cache

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/artdag/artdag/dag"
)

// PutPlan keeps the JSON document of a plan. A plan is its identity's only
// value, so storing it again changes nothing.
func (c *Cache) PutPlan(id dag.PlanID, document []byte) error {
	return c.putDocument(KindPlan, id.String(), document)
}

// Plan returns the document of a plan, or ErrMissing.
func (c *Cache) Plan(id dag.PlanID) ([]byte, error) {
	return c.document(KindPlan, id.String())
}

// PutAnalysis keeps the JSON document of a measurement.
func (c *Cache) PutAnalysis(id dag.AnalysisID, document []byte) error {
	return c.putDocument(KindAnalysis, id.String(), document)
}

// Analysis returns the document of a measurement, or ErrMissing.
func (c *Cache) Analysis(id dag.AnalysisID) ([]byte, error) {
	return c.document(KindAnalysis, id.String())
}

func (c *Cache) putDocument(kind Kind, id string, document []byte) error {
	err := ErrReadOnly
	if !c.readOnly {
		err = c.replace(c.kindPath(kind, id), func(f *os.File) error {
			_, err := f.Write(document)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("cache: store %s %s: %w", kind, id, err)
	}
	return nil
}

// document reads a document. One that a power cut left empty or cut short is
// missing: documents can be made again, so they are not synced.
func (c *Cache) document(kind Kind, id string) ([]byte, error) {
	path := c.kindPath(kind, id)
	text, err := os.ReadFile(path)
	if err == nil && !json.Valid(text) {
		err = fmt.Errorf("%s: not JSON", path)
	}
	if err != nil {
		return nil, fmt.Errorf("cache: %s %s: %w", kind, id, missing(err))
	}
	c.touch(path)
	return text, nil
}

// replace writes a file in a scratch folder and renames it, so that a reader
// sees the old or the new one and never a part.
func (c *Cache) replace(path string, write func(*os.File) error) (err error) {
	s, err := c.Scratch("write")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	f, err := os.Create(filepath.Join(s.Dir, filepath.Base(path)))
	if err != nil {
		return full(err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return full(err)
	}
	now := c.now()
	if err := os.Chtimes(f.Name(), now, now); err != nil {
		return err
	}
	return full(os.Rename(f.Name(), path))
}

// PutLog keeps the whole log of a step's last execution, also of one that
// failed.
func (c *Cache) PutLog(id dag.CacheID, r io.Reader) error {
	err := ErrReadOnly
	if !c.readOnly {
		err = c.replace(c.kindPath(KindLog, id.String()), func(f *os.File) error {
			_, err := io.Copy(f, r)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("cache: store the log of %s: %w", id.Short(), err)
	}
	return nil
}

// Log opens the log of a step's last execution here, or returns ErrMissing. The
// caller closes it.
func (c *Cache) Log(id dag.CacheID) (io.ReadCloser, error) {
	f, err := os.Open(c.kindPath(KindLog, id.String()))
	if err != nil {
		return nil, fmt.Errorf("cache: log of %s: %w", id.Short(), missing(err))
	}
	return f, nil
}
