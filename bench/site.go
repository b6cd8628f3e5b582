package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/farm"
	"github.com/artdag/artdag/pipeline"
	"github.com/artdag/artdag/tasks"
)

// grounds are the servers on which both sides run: one Redis, and the PostgreSQL
// of ours.
type grounds struct {
	redis   farm.Redis
	client  redis.UniversalClient
	dsn     string
	catalog *catalog.DB
}

// grounds starts the servers at the first call; they end with the bench.
func (b *bench) grounds() (*grounds, error) {
	if b.ground != nil {
		return b.ground, nil
	}
	where, err := b.startRedis()
	if err != nil {
		return nil, err
	}
	dsn, err := b.startPostgres()
	if err != nil {
		return nil, err
	}
	db, err := catalog.Open(b.ctx, dsn)
	if err != nil {
		return nil, err
	}
	b.ground = &grounds{where, where.Open(0), dsn, db}
	return b.ground, nil
}

// closeGrounds ends the servers.
func (b *bench) closeGrounds() error {
	var err error
	if b.ground != nil {
		err = errors.Join(b.ground.client.Close(), b.ground.catalog.Close())
	}
	for _, s := range b.servers {
		s.stop()
	}
	for _, folder := range b.folders {
		err = errors.Join(err, os.RemoveAll(folder))
	}
	return err
}

// site is a farm on empty grounds: in this process the scheduler's side of the
// queue and the record processor as the scheduler has them, and the worker
// processes.
type site struct {
	*grounds
	ctx        context.Context
	claims     *claim.Store
	dispatcher *tasks.Dispatcher
	runner     *pipeline.Runner
	plans      places
	crew       crew
	stop       context.CancelFunc // of waking the processor
	waking     sync.WaitGroup
}

// newSite empties Redis and sets a farm up. The caller closes it.
func (b *bench) newSite(workers int, m crewMember) (s *site, err error) {
	g, err := b.grounds()
	if err != nil {
		return nil, err
	}
	s = &site{grounds: g, ctx: b.ctx, plans: places{at: make(map[string]map[dag.CacheID]int)}}
	if err := g.client.FlushAll(b.ctx).Err(); err != nil {
		return nil, err
	}
	if s.claims, err = claim.New(g.client, g.redis.Prefix); err != nil {
		return nil, err
	}
	if _, err := s.claims.Begin(b.ctx, "", 0, "bench"); err != nil {
		return nil, err
	}
	if err := s.claims.Resize(b.ctx, "cpu", claim.Window(workers*m.Slots), nil); err != nil {
		return nil, err
	}
	if err := s.schedule(); err != nil {
		return nil, err
	}
	if s.crew, err = b.hire(oursArgument, workers, m); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *site) schedule() error {
	done, err := claim.New(s.client, s.redis.Prefix)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s.dispatcher = &tasks.Dispatcher{
		Queue: tasks.NewQueue(s.claims), Classes: []string{"cpu"}, Log: log, Finished: func() {}, Reopened: func() {}, Epoch: func() {},
	}
	record := pipeline.Duty{Processor: pipeline.NewRecord(done, &s.plans, s.catalog), Every: 5 * time.Second}
	if s.runner, err = pipeline.New(s.catalog, []pipeline.Duty{record}, pipeline.Options{Owner: "bench", Log: log}); err != nil {
		return err
	}
	if err := s.dispatcher.Start(s.ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(s.ctx)
	s.stop = stop
	s.waking.Go(func() { s.wake(ctx) })
	return s.runner.Start(s.ctx)
}

// wake wakes the record processor when steps have ended, as the scheduler does
// while nobody watches.
func (s *site) wake(ctx context.Context) {
	done := s.redis.Prefix.Key("done")
	for last := "0"; ctx.Err() == nil; {
		if err := s.client.XRead(ctx, &redis.XReadArgs{Streams: []string{done, last}, Count: 1, Block: time.Second}).Err(); err != nil {
			continue // nothing for a second, or the end
		}
		if found, err := s.client.XRevRangeN(ctx, done, "+", "-", 1).Result(); err == nil && len(found) == 1 {
			last = found[0].ID
		}
		s.runner.Wake("record") // now: of what was skipped nobody is told
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *site) close() error {
	err := s.crew.dismiss()
	s.stop()
	s.waking.Wait()
	s.dispatcher.Stop()
	s.runner.Stop()
	return err
}

// newJob writes a running job into the catalog, with its plan.
func (s *site) newJob(steps []claim.Spec) (string, error) {
	at := time.Now()
	job := catalog.Job{ID: catalog.NewJobID(at), Name: "bench", Created: at, PlanID: dag.PlanID(made("plan")), RunID: dag.RunID(made("run")), Recipe: dag.RecipeHash(made("recipe"))}
	if err := s.catalog.CreateJob(s.ctx, job); err != nil {
		return "", err
	}
	s.plans.add(job.ID, steps)
	return job.ID, s.catalog.StartJob(s.ctx, job.ID, at)
}

// submit brings a job onto the farm.
func (s *site) submit(job string, priority claim.Priority, steps []claim.Spec) error {
	if err := s.claims.Enlist(s.ctx, job, dag.RunID(made("run")), priority, claim.Active); err != nil {
		return err
	}
	if _, err := s.claims.Submit(s.ctx, job, steps); err != nil {
		return err
	}
	_, err := s.claims.Seal(s.ctx, job)
	return err
}

// recorded is how many completions the catalog has.
func (s *site) recorded() int { return int(s.runner.Status()[0].Processed) }

// open is how many steps of a job are not over, as far as is known.
func (s *site) open(job string) int {
	time.Sleep(5 * time.Millisecond) // Redis has other things to do
	c, err := s.claims.Job(s.ctx, job)
	if err != nil {
		return -1
	}
	return c.Open
}

// await polls a condition that has to come true, each time after a hundredth of
// the time so far: to look costs what is measured.
func (b *bench) await(what string, ok func() bool) error { return b.awaitAt(100, what, ok) }

// awaitAt polls after another part of the time.
func (b *bench) awaitAt(part time.Duration, what string, ok func() bool) error {
	began := time.Now()
	for deadline := began.Add(10 * time.Minute); !ok(); time.Sleep(max(2*time.Millisecond, time.Since(began)/part)) {
		if b.ctx.Err() != nil {
			return b.ctx.Err()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited in vain until %s", what)
		}
	}
	return nil
}

func made(text string) dag.ContentHash { return dag.HashContent([]byte(text)) }

// noops returns n steps that read nothing of each other and that no farm has
// seen.
func (b *bench) noops(n int) []claim.Spec {
	b.made++
	out := make([]claim.Spec, n)
	for i := range out {
		out[i] = noop(strconv.Itoa(b.made) + "." + strconv.Itoa(i))
	}
	return out
}

// chain returns n steps of which each reads the one before.
func (b *bench) chain(n int) []claim.Spec {
	out := b.noops(n)
	for i := range out[1:] {
		out[i+1].Inputs = []dag.Input{{Step: out[i].ID}}
	}
	return out
}

// noop returns a step whose identity is what it comes to, as that of steps that
// read sources only.
func noop(name string) claim.Spec {
	s := claim.Spec{Type: "NOOP@1", Config: []byte(`{"name":"` + name + `"}`), Label: name, Slots: 1, Class: "cpu"}
	s.ID = s.Resolve(nil)
	return s
}

// places are the plans of the bench's jobs. It is safe for concurrent use.
type places struct {
	mu sync.Mutex
	at map[string]map[dag.CacheID]int
}

var _ pipeline.Plans = (*places)(nil)

func (p *places) add(job string, steps []claim.Spec) {
	at := make(map[dag.CacheID]int, len(steps))
	for i, s := range steps {
		at[s.ID] = i
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at[job] = at
}

// Place says where a step stands in a job.
func (p *places) Place(_ context.Context, job string, step dag.CacheID) (pipeline.Place, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.at[job][step]
	return pipeline.Place{Position: at, Node: "noop", Label: "noop", Type: "NOOP@1"}, ok, nil
}
