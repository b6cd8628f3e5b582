package farm

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Up is a whole farm in one process: a scheduler, workers, the API, and unless
// other addresses are given a Redis of its own and a SQLite catalog.
type Up struct {
	Dir      string // its folder; each part has one of its own in there
	Size     int64  // bytes that each cache may take; 0 for the default
	Workers  int
	Slots    int // of each worker; 0 divides the cores among them
	Listen   string
	Redis    string // URL; empty: embedded
	Database string // URL; empty: SQLite in the folder
	IPFS     string // empty: none
	Tokens   string // of users
	Token    string // of workers
	Realm    string
	Effects  string
	Version  string
	Log      *slog.Logger
	// Ready is called once the API serves, with its URL.
	Ready func(url string)
}

// Run starts everything and blocks until ctx ends; then workers drain, and when
// kill is closed they do so at once.
func (u Up) Run(ctx context.Context, kill <-chan struct{}) error {
	settings := SchedulerSettings{
		Shared: Shared{CacheDir: filepath.Join(u.Dir, "scheduler"), Redis: u.Redis, IPFS: u.IPFS, Token: u.Token, Effects: u.Effects},
		Listen: u.Listen, Database: u.Database, Tokens: u.Tokens, Realm: u.Realm, Classes: Classes(),
	}
	if u.Redis == "" {
		own, err := startEmbedded()
		if err != nil {
			return err
		}
		defer own.close()
		settings.Redis = own.url()
	}
	if u.Database == "" {
		settings.Database = filepath.Join(u.Dir, "catalog.db")
	}
	lock, err := lockFolder(u.Dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	site, closeAll, err := settings.open(ctx, u.Version, u.Log)
	if err != nil {
		return err
	}
	defer closeAll()
	site.Config.Limit = u.Size
	serving, err := Serve(ctx, site)
	if err != nil {
		return err
	}
	defer serving.Stop()
	workers, err := u.startWorkers(ctx, site)
	defer stopAll(workers, kill)
	if err != nil {
		return err
	}
	u.Ready(serving.URL)
	return serving.Wait(ctx)
}

func (u Up) startWorkers(ctx context.Context, site Site) ([]*Worker, error) {
	slots := u.Slots
	if slots == 0 {
		slots = max(runtime.NumCPU()/max(u.Workers, 1), 1)
	}
	var workers []*Worker
	for n := range u.Workers {
		w, err := NewWorker(WorkerConfig{
			Redis: site.Config.Redis, Open: func() (redis.UniversalClient, error) { return site.Redis.Open(0), nil }, Prefix: site.Redis.Prefix,
			CacheDir: filepath.Join(u.Dir, fmt.Sprintf("worker-%d", n+1)), Limit: u.Size, Types: site.Config.Types, Slots: slots,
			IPFS: site.Config.IPFS, Token: site.Config.Token, Version: u.Version, Logger: u.Log.With("worker", n+1), Grace: time.Minute,
		})
		if err != nil {
			return workers, err
		}
		if err := w.Start(ctx); err != nil {
			w.Stop()
			return workers, err
		}
		workers = append(workers, w)
	}
	return workers, nil
}

// stopAll drains all workers beside each other.
func stopAll(workers []*Worker, kill <-chan struct{}) {
	var all sync.WaitGroup
	done := make(chan struct{})
	for _, w := range workers {
		all.Go(w.Stop)
	}
	go func() {
		select {
		case <-done:
		case <-kill:
			for _, w := range workers {
				w.Kill()
			}
		}
	}()
	all.Wait()
	close(done)
}
