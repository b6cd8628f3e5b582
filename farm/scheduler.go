package farm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/analysis"
	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag/planner"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/executor/sandbox"
	"github.com/artdag/artdag/index"
	"github.com/artdag/artdag/ipfs"
	"github.com/artdag/artdag/lua"
	"github.com/artdag/artdag/metrics"
	"github.com/artdag/artdag/peer"
	"github.com/artdag/artdag/pipeline"
	"github.com/artdag/artdag/provenance"
	"github.com/artdag/artdag/tasks"
)

// SchedulerConfig is what a scheduler is made of. Redis and Catalog are opened
// and closed by the caller.
type SchedulerConfig struct {
	ID       string // of this scheduler; the empty one is made up
	Redis    redis.UniversalClient
	Prefix   lua.Prefix
	Catalog  *catalog.DB
	CacheDir string
	Limit    int64 // bytes that its cache may take; 0 for the default
	Types    *executor.Registry
	Realm    string
	Classes  []string // nil for Classes()
	IPFS     *ipfs.Node
	Token    string // between the farm's machines
	// Address is where peers reach the content of this scheduler.
	Address string
	Version string
	KeyFile string // of the key that signs provenance; empty: farm.key in CacheDir
	Logger  *slog.Logger
	// Adoption is how long workers may say what they run after Redis forgot;
	// 0 means 10 s.
	Adoption time.Duration
}

// Scheduler plans jobs, releases their steps and serves the API. It implements
// api.Farm.
type Scheduler struct {
	SchedulerConfig
	claims     *claim.Store
	index      *index.Index
	queue      *tasks.Queue
	dispatcher *tasks.Dispatcher
	cache      *cache.Cache
	lock       *flock.Flock
	box        *sandbox.Sandbox
	planner    *planner.Planner
	preparer   *engine.Preparer
	fetcher    *peer.Fetcher
	roster     *roster
	locator    *locator
	demand     *demand
	submitter  *submitter
	plans      *plans
	hub        *hub
	runner     *pipeline.Runner
	metrics    *metrics.Metrics
	key        provenance.Key

	asked    time.Time    // when Redis was last asked who it is; checkEpoch's own
	work     chan string  // ids of jobs to plan
	endings  atomic.Int64 // jobs that are to be ended now
	finished chan struct{}
	reopened chan struct{}
	forgot   chan struct{}
	stop     context.CancelFunc
	parts    sync.WaitGroup
}

var _ api.Farm = (*Scheduler)(nil)

// NewScheduler opens the scheduler's own folder, which no other process may
// use at the same time.
func NewScheduler(c SchedulerConfig) (*Scheduler, error) {
	s := &Scheduler{
		SchedulerConfig: c, work: make(chan string, 10_000), finished: make(chan struct{}, 1), reopened: make(chan struct{}, 1), forgot: make(chan struct{}, 1),
	}
	if s.Classes == nil {
		s.Classes = Classes()
	}
	if s.Adoption == 0 {
		s.Adoption = 10 * time.Second
	}
	if err := s.openFolder(); err != nil {
		return nil, err
	}
	if err := s.assemble(); err != nil {
		return nil, errors.Join(err, s.closeFolder())
	}
	return s, nil
}

func (s *Scheduler) openFolder() (err error) {
	if s.lock, err = lockFolder(s.CacheDir); err != nil {
		return err
	}
	if s.ID == "" {
		s.ID = identity("scheduler", s.CacheDir)
	}
	if s.key, err = provenance.LoadOrCreateKey(cmp.Or(s.KeyFile, filepath.Join(s.CacheDir, "farm.key"))); err != nil {
		return errors.Join(err, s.lock.Close())
	}
	if s.cache, err = cache.Open(s.CacheDir, cache.Options{Limit: s.Limit}); err != nil {
		return errors.Join(err, s.lock.Close())
	}
	return nil
}

// errInUse says that another process has the folder.
var errInUse = errors.New("is used by another scheduler or worker")

// LockFolder makes a scheduler's folder the caller's until it is closed, or says
// that another process has it.
func LockFolder(dir string) (io.Closer, error) { return lockFolder(dir) }

// lockFolder makes a folder its process's own.
func lockFolder(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("farm: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "process.lock"))
	free, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("farm: lock %s: %w", dir, err)
	}
	if !free {
		return nil, fmt.Errorf("farm: the folder %s %w: give each its own", dir, errInUse)
	}
	return lock, nil
}

func (s *Scheduler) closeFolder() error {
	if s.box != nil {
		s.box.Close()
	}
	return errors.Join(s.cache.Close(), s.lock.Close())
}

func (s *Scheduler) assemble() (err error) {
	if s.claims, err = claim.New(s.Redis, s.Prefix); err != nil {
		return err
	}
	if s.box, err = sandbox.New(sandbox.Options{Reexec: true, Folder: s.CacheDir}); err != nil {
		return err
	}
	s.index = &index.Index{Redis: s.Redis, Prefix: s.Prefix}
	s.queue = tasks.NewQueue(s.claims)
	s.roster = &roster{redis: s.Redis, prefix: s.Prefix}
	s.locator = &locator{index: s.index, roster: s.roster}
	s.demand = newDemand(s.claims, s.roster, s.Classes)
	s.fetcher = peer.New(peer.Options{
		Cache: s.cache, Token: s.Token, Self: s.ID, Locator: s.locator, Sources: s.sources(), OnBad: s.bad, OnHave: s.announce,
	})
	s.planner = &planner.Planner{Types: s.Types, Features: analysis.Features()}
	s.preparer = &engine.Preparer{
		Cache: s.cache, Planner: s.planner, Parallel: 2,
		Analyst: &analysis.Analyst{Run: s.box, Store: s.cache, Scratch: s.scratch},
	}
	s.submitter = &submitter{claims: s.claims, index: s.index, catalog: s.Catalog, place: placeOf(s.Types), have: s.have, keep: s.keepBytes, room: s.room}
	s.plans = newPlans(s.cache)
	s.hub = newHub(s.claims, s.Logger)
	s.metrics = metrics.New(s.measured(), s.Version, s.Logger)
	s.dispatcher = &tasks.Dispatcher{
		Queue: s.queue, Classes: s.Classes, Log: s.Logger,
		Finished: func() { wake(s.finished) }, Reopened: func() { wake(s.reopened) }, Epoch: func() { wake(s.forgot) },
	}
	return s.processors()
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // awake already
	}
}

func (s *Scheduler) scratch() (string, func(), error) {
	scratch, err := s.cache.Scratch("analysis")
	if err != nil {
		return "", nil, err
	}
	return scratch.Dir, func() { _ = scratch.Close() }, nil
}

// Start begins: it finds or begins the epoch, takes up unfinished jobs, and
// returns when steps can be released.
func (s *Scheduler) Start(ctx context.Context) error {
	parts, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	if err := s.checkEpoch(ctx); err != nil {
		stop()
		return err
	}
	if err := s.dispatcher.Start(parts); err != nil {
		stop()
		return fmt.Errorf("farm: start: %w", err)
	}
	if err := s.runner.Start(parts); err != nil {
		s.Stop()
		return err
	}
	for _, part := range []func(context.Context){
		s.watchEpoch, s.planJobs, s.planJobs, s.finishJobs, s.reopenSteps, s.sweep, s.reconcile, s.beat, s.hub.run,
	} {
		s.parts.Go(func() { part(parts) })
	}
	return s.takeUp(ctx)
}

// Stop ends every part and waits for it. Jobs go on where they are: what is
// released runs, the rest waits for a scheduler.
func (s *Scheduler) Stop() {
	s.stop()
	s.dispatcher.Stop()
	s.runner.Stop()
	s.fetcher.Stop()
	s.parts.Wait()
	// Bounded: saying goodbye.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := s.claims.Leave(ctx, claim.Worker{ID: s.ID}, nil); err != nil {
		s.Logger.Warn("could not say goodbye", "error", err)
	}
	if err := s.closeFolder(); err != nil {
		s.Logger.Warn("stop", "error", err)
	}
}

// every calls work at once and then every so often, until ctx ends.
func (s *Scheduler) every(ctx context.Context, d time.Duration, what string, woken <-chan struct{}, work func(context.Context) error) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		if err := work(ctx); err != nil && ctx.Err() == nil {
			s.complain(what, err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-woken:
		}
	}
}

// complain logs what went wrong in a part that goes on.
func (s *Scheduler) complain(what string, err error) {
	if errors.Is(err, claim.ErrEpoch) {
		wake(s.forgot)
		return
	}
	s.Logger.Warn(what, "error", err)
}

// beat tells the farm that this scheduler lives and holds content.
func (s *Scheduler) beat(ctx context.Context) {
	began := time.Now()
	s.every(ctx, 5*time.Second, "heartbeat", nil, func(ctx context.Context) error {
		host, _ := os.Hostname()
		d := description{Worker: api.Worker{Host: host, Seen: time.Now(), Started: began, Version: s.Version, Address: s.Address}, Scheduler: true}
		_, err := s.claims.Renew(ctx, claim.Worker{ID: s.ID}, d.encode(), nil, nil)
		return err
	})
}
