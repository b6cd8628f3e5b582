package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

type verifyCmd struct {
	shared
	remote
	What      string `arg:"" name:"job|hash" help:"A job's id, or a content hash."`
	Key       string `placeholder:"FILE" help:"On a farm: the public key that must have signed (default: the one that the farm shows)."`
	Reexecute string `placeholder:"PERCENT" help:"On a farm: execute that part of the steps again here and compare the bytes, e.g. 5%."`
}

// errDamaged ends a verification that found other bytes.
var errDamaged = errors.New("verification failed")

// Run re-hashes every result that a job names, or one content.
func (c verifyCmd) Run(a *app) error {
	if c.Server != "" {
		return c.ofFarm(a)
	}
	if c.Key != "" || c.Reexecute != "" {
		return usagef("--key and --reexecute are for a farm's jobs: give --server URL")
	}
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	if hash, err := dag.ParseID[dag.ContentHash](c.What); err == nil {
		return w.verifyContent(hash)
	}
	if w.catalog == nil {
		return errNoCatalog
	}
	job, err := w.catalog.Job(a.ctx, c.What)
	if errors.Is(err, catalog.ErrNotFound) {
		return usagef("%s is neither a job nor a content hash; artdag jobs lists jobs", c.What)
	}
	var ambiguous *catalog.AmbiguousError
	if errors.As(err, &ambiguous) {
		return usageError{ambiguous}
	}
	if err != nil {
		return err
	}
	return w.verifyJob(job)
}

func (w *workshop) verifyContent(hash dag.ContentHash) error {
	path, err := w.cache.Content(hash)
	if errors.Is(err, cache.ErrMissing) {
		return usagef("content %s is not in the cache", hash)
	}
	if err != nil {
		return fmt.Errorf("content %s: %w", hash, err)
	}
	got, address, err := identify(path)
	if err != nil {
		return err
	}
	if got != hash {
		return fmt.Errorf("%w: %s holds %s instead of %s", errDamaged, path, got, hash)
	}
	w.app.printf("content %s is whole\n  cid  %s\n  file %s\n", hash, address, path)
	return nil
}

// verifyJob re-hashes the results of all steps of the job's plan that the
// cache holds, and says which it does not hold.
func (w *workshop) verifyJob(job catalog.Job) error {
	plan, err := w.plan(job.PlanID)
	if err != nil {
		return fmt.Errorf("plan of job %s: %w", job.ID, err)
	}
	whole, gone, bad := 0, 0, 0
	for _, s := range plan.Steps {
		// Not by way of Get, to which a file that was changed is as good as none.
		err := w.cache.VerifyEntry(w.app.ctx, &cache.Entry{ID: s.ID, Dir: filepath.Join(w.cache.Dir(), s.ID.String())})
		var mismatch *cache.MismatchError
		switch {
		case err == nil:
			whole++
		case w.app.ctx.Err() != nil:
			return w.app.ctx.Err()
		// Before what is missing, which damaged files count as in a run.
		case errors.As(err, &mismatch):
			bad++
			w.app.printf("DAMAGED %s: %v\n", s.Label, mismatch)
		case errors.Is(err, cache.ErrMissing):
			gone++
		default:
			return err
		}
	}
	w.app.printf("job %s: %d results are whole, %d damaged, %d not in the cache\n", job.ID, whole, bad, gone)
	if bad > 0 {
		return fmt.Errorf("%w: artdag cache verify --repair removes what is damaged", errDamaged)
	}
	return nil
}
