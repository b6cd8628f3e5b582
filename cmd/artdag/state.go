package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/artdag/artdag/backup"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/farm"
)

// state says where what cannot be made again is: of a farm, whose scheduler has
// the same variables, of artdag up, or of this machine's own cache.
type state struct {
	CacheDir     string `name:"cache-dir" env:"ARTDAG_CACHE_DIR" placeholder:"DIR" help:"Folder of the scheduler, or of the cache (default ~/.artdag/cache)."`
	Database     string `name:"database" env:"DATABASE_URL" placeholder:"URL" help:"Of a farm: postgresql://... or sqlite:///path (default: the SQLite file in the folder)."`
	DatabaseFile string `name:"database-password-file" env:"ARTDAG_DATABASE_PASSWORD_FILE" placeholder:"FILE" help:"File with the password of PostgreSQL."`
	KeyFile      string `name:"key-file" env:"ARTDAG_KEY_FILE" placeholder:"FILE" help:"Of a farm: the key that signs provenance (default: farm.key in the folder)."`
	Up           bool   `help:"The farm that artdag up keeps in the folder of the cache."`
}

// places are the parts of a state.
type places struct {
	folder   string // of the scheduler, or the cache
	database string // with its password
	key      string // empty: no farm, no key
}

func (s state) places(a *app) (places, error) {
	dir, err := shared{CacheDir: s.CacheDir}.dir(a)
	if err != nil {
		return places{}, err
	}
	database, err := farm.DatabaseURL(s.Database, s.DatabaseFile)
	if err != nil {
		return places{}, usageError{err}
	}
	p := places{folder: dir, database: database, key: s.KeyFile}
	if s.Up {
		p.folder, dir = filepath.Join(dir, "farm", "scheduler"), filepath.Join(dir, "farm")
	}
	if p.database == "" {
		p.database = filepath.Join(dir, "catalog.db")
	}
	if p.key == "" && (s.Up || s.Database != "") {
		p.key = filepath.Join(p.folder, "farm.key")
	}
	return p, nil
}

func (p places) String() string {
	return fmt.Sprintf("%s and %s", farm.RedactedURL(p.database), p.folder)
}

// existing refuses a folder that is not there, which opening would make.
func (p places) existing() error {
	if info, err := os.Stat(p.folder); err != nil || !info.IsDir() {
		return usagef("there is no folder %s: give the scheduler's with --cache-dir", p.folder)
	}
	return nil
}

// teller returns a function that says on stderr how far something is, at most
// once a second.
func (a *app) teller() func(what string, done int64) {
	last := time.Now()
	return func(what string, done int64) {
		if time.Since(last) >= time.Second {
			last = time.Now()
			fmt.Fprintf(a.stderr, "%s: %d\n", what, done)
		}
	}
}

// sum says what an archive holds.
func (a *app) sum(verb string, m backup.Manifest) {
	rows := int64(0)
	for _, n := range m.Tables {
		rows += n
	}
	fmt.Fprintf(a.stderr, "%s %d jobs, %d results, %d contents (%d rows in all), %d plans, %d signed documents",
		verb, m.Tables["jobs"], m.Tables["step_results"], m.Tables["cache_items"], rows, m.Plans, m.Provenance)
	if m.KeyID != "" {
		fmt.Fprintf(a.stderr, ", the key %s", short(m.KeyID))
	}
	fmt.Fprintf(a.stderr, ", of %s\n", m.Made.Local().Format(time.DateTime))
	if m.ProvenanceGone > 0 {
		fmt.Fprintf(a.stderr, "note: %d signed documents are not in the scheduler's folder and are not in the backup; with IPFS they are there\n", m.ProvenanceGone)
	}
}

// waiting repeats opening while a database's server is away, up to a minute: it
// may have been started a moment ago.
func waiting[T any](ctx context.Context, a *app, open func() (T, error)) (T, error) {
	for deadline := time.Now().Add(time.Minute); ; {
		out, err := open()
		if err == nil || !errors.Is(err, catalog.ErrUnavailable) || time.Now().After(deadline) {
			return out, err
		}
		fmt.Fprintf(a.stderr, "waiting for the database: %v\n", err)
		select {
		case <-ctx.Done():
			return out, context.Cause(ctx)
		case <-time.After(2 * time.Second):
		}
	}
}

// closeInto closes something and keeps its error beside another.
func closeInto(err *error, c io.Closer) { *err = errors.Join(*err, c.Close()) }
