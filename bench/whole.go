package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
)

// whole is a farm as it is run: the scheduler's own program on empty grounds,
// asked through its API. Its workers are the bench's, whose steps do nothing or
// sleep.
type whole struct {
	*grounds
	bench     *bench
	scheduler *server
	ask       *client.Client
	database  *pgx.Conn
	crew      crew
}

// newWhole empties Redis and starts a farm on a new database. The caller closes
// it.
func (b *bench) newWhole(workers int, m crewMember) (w *whole, err error) {
	g, err := b.grounds()
	if err != nil {
		return nil, err
	}
	if err := g.client.FlushAll(b.ctx).Err(); err != nil {
		return nil, err
	}
	w = &whole{grounds: g, bench: b}
	if err := w.open(workers, m); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *whole) open(workers int, m crewMember) (err error) {
	dsn, err := w.newDatabase()
	if err != nil {
		return err
	}
	addr, err := w.schedule(dsn)
	if err != nil {
		return err
	}
	if w.ask, err = client.New(addr, client.Options{}); err != nil {
		return err
	}
	w.crew, err = w.bench.hire(oursArgument, workers, m)
	return err
}

// newDatabase makes an empty one: a scheduler takes up the unfinished jobs that
// it finds.
func (w *whole) newDatabase() (dsn string, err error) {
	name := fmt.Sprint("whole", w.bench.next())
	conn, err := pgx.Connect(w.bench.ctx, w.dsn)
	if err != nil {
		return "", err
	}
	_, err = conn.Exec(w.bench.ctx, "CREATE DATABASE "+name)
	if err = errors.Join(err, conn.Close(w.bench.ctx)); err != nil {
		return "", err
	}
	dsn = strings.Replace(w.dsn, "/postgres?", "/"+name+"?", 1)
	w.database, err = pgx.Connect(w.bench.ctx, dsn)
	return dsn, err
}

// schedule starts the scheduler and returns its address when it is ready.
func (w *whole) schedule(dsn string) (addr string, err error) {
	path, err := w.bench.farmProgram("scheduler")
	if err != nil {
		return "", err
	}
	folder, err := w.bench.folder("scheduler")
	if err != nil {
		return "", err
	}
	addr, _, err = freeAddress()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(path, "--listen", addr, "--cache-dir", folder, "--redis", w.bench.redisURL, "--database", dsn, "--ipfs", "")
	w.scheduler, err = w.bench.serve(cmd, addr, syscall.SIGTERM, func() error { return isReady(w.bench.ctx, addr) })
	return addr, err
}

func isReady(ctx context.Context, addr string) error {
	body, err := fetch(ctx, "http://"+addr+"/readyz")
	if err != nil {
		return err
	}
	return body.Close()
}

// farmProgram is cmd/scheduler or cmd/worker, built at its first use.
func (b *bench) farmProgram(name string) (string, error) {
	path := filepath.Join(b.dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	b.say("building %s", name)
	_, err := b.command("", "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "github.com/artdag/artdag/cmd/"+name)
	return path, err
}

func (w *whole) close() error {
	err := w.crew.dismiss()
	if w.ask != nil {
		w.ask.Close()
	}
	if w.scheduler != nil {
		w.scheduler.stop()
	}
	if w.database != nil {
		err = errors.Join(err, w.database.Close(context.WithoutCancel(w.bench.ctx)))
	}
	return err
}

// submit hands a recipe over and returns the id of its job.
func (w *whole) submit(recipe string, priority claim.Priority) (string, error) {
	job, err := w.ask.Submit(w.bench.ctx, api.Submission{Recipe: recipe, Priority: priority})
	return job.ID, err
}

// completed blocks until all the jobs have completed. It asks for one after the
// other: to look costs what is measured.
func (w *whole) completed(jobs ...string) error {
	var failed error
	err := w.bench.await("the jobs complete", func() bool {
		for len(jobs) > 0 {
			var status catalog.Status
			failed = w.database.QueryRow(w.bench.ctx, "SELECT status FROM jobs WHERE id = $1", jobs[0]).Scan(&status)
			if failed == nil && status.Final() && status != catalog.Completed {
				failed = fmt.Errorf("job %s is %s", jobs[0], status)
			}
			if failed != nil || status != catalog.Completed {
				return failed != nil
			}
			jobs = jobs[1:]
		}
		return true
	})
	return errors.Join(err, failed)
}

// timed returns the seconds from the submission of a recipe until its job has
// completed.
func (w *whole) timed(recipe string) (float64, error) {
	return seconds(func() error {
		job, err := w.submit(recipe, claim.Default)
		if err != nil {
			return err
		}
		return w.completed(job)
	})
}

// recipe returns one of n steps that nobody has seen, all of them outputs.
func (b *bench) recipe(n int) string {
	return fmt.Sprintf(`
name: bench
nodes:
  - {id: s, for_each: "range(%d)", type: COMMAND, config: {argv: [sh, -c, ": %d ${index} > {out}"], outputs: out.txt}}
outputs: [s]
`, n, b.next())
}
