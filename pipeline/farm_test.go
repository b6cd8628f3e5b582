package pipeline_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/pipeline"
	"github.com/artdag/artdag/servicetest"
)

// farm is the coordination in a Redis, with the plans of its jobs.
type farm struct {
	*claim.Store
	t     *testing.T
	plans plans
	clock *clock
}

func newFarm(t *testing.T, url string) *farm {
	t.Helper()
	store, err := claim.New(connect(t, url), "artdag:")
	if err != nil {
		t.Fatal(err)
	}
	f := &farm{Store: store, t: t, plans: make(plans)}
	f.begin("")
	return f
}

func (f *farm) begin(old string) {
	f.t.Helper()
	if _, err := f.Begin(f.t.Context(), old, 0, "test"); err != nil {
		f.t.Fatal(err)
	}
}

func connect(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func redisURL(t *testing.T) string { return servicetest.Redis(t) }

// plans has the steps of each job, by their names, in order.
type plans map[string][]string

func (p plans) Place(_ context.Context, job string, step dag.CacheID) (pipeline.Place, bool, error) {
	at := slices.IndexFunc(p[job], func(name string) bool { return stepID(name) == step })
	if at < 0 {
		return pipeline.Place{}, false, nil
	}
	name := p[job][at]
	return pipeline.Place{Position: at, Node: "node", Label: name, Type: "TEST@1"}, true, nil
}

func (p plans) Steps(_ context.Context, job string, from, most int) ([]dag.CacheID, error) {
	var ids []dag.CacheID
	for _, name := range p[job][min(from, len(p[job])):] {
		if len(ids) < most {
			ids = append(ids, stepID(name))
		}
	}
	return ids, nil
}

func hash(text string) dag.ContentHash { return dag.HashContent([]byte(text)) }
func stepID(name string) dag.CacheID   { return dag.CacheID(hash("step " + name)) }

// submit brings a job into the catalog and onto the farm.
func (f *farm) submit(db *catalog.DB, steps ...string) (job string) {
	f.t.Helper()
	job = newJob(f.t, db)
	f.plans[job] = steps
	f.enlist(job)
	return job
}

func (f *farm) enlist(job string) {
	f.t.Helper()
	var specs []claim.Spec
	for _, name := range f.plans[job] {
		specs = append(specs, claim.Spec{ID: stepID(name), Type: "TEST@1", Config: []byte("{}"), Label: name, Slots: 1, Class: "cpu"})
	}
	f.ok(f.Enlist(f.t.Context(), job, dag.RunID(hash("run")), claim.Default, claim.Active))
	_, err := f.Submit(f.t.Context(), job, specs)
	f.ok(err)
	_, err = f.Seal(f.t.Context(), job)
	f.ok(err)
}

func (f *farm) ok(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// newJob creates a running job.
func newJob(t *testing.T, db *catalog.DB) string {
	t.Helper()
	at := time.Now()
	job := catalog.Job{
		ID: catalog.NewJobID(at), Name: "film", Created: at, PlanID: dag.PlanID(hash("plan")),
		RunID: dag.RunID(hash("run")), Recipe: dag.RecipeHash(hash("recipe")),
	}
	if err := db.CreateJob(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if err := db.StartJob(t.Context(), job.ID, at); err != nil {
		t.Fatal(err)
	}
	return job.ID
}

var renderer = claim.Worker{ID: "w1", Holder: "w1"}

// render does released steps until there are none, and returns how many. What a
// step comes to is its name in upper case.
func (f *farm) render() (n int) {
	f.t.Helper()
	for {
		released, err := f.Dispatch(f.t.Context(), "cpu", 100)
		f.ok(err)
		if len(released) == 0 {
			return n
		}
		for _, r := range released {
			o, err := f.Claim(f.t.Context(), r.ID, r.Release, claim.NewToken(), renderer)
			f.ok(err)
			f.complete(o, strings.ToUpper(o.Spec.Label))
			n++
		}
	}
}

func (f *farm) complete(o *claim.Owned, output string) {
	f.t.Helper()
	meta := claim.Meta{
		Label: o.Spec.Label, Type: o.Spec.Type, Toolchain: "ffmpeg", Started: time.UnixMilli(1000), Wall: 1500, Tool: 1200, Cost: 2,
		Items: []claim.MetaItem{{Content: hash(output), CID: "bafy" + output, Size: 10, MediaType: "text/plain"}},
	}
	_, err := f.Complete(f.t.Context(), o, renderer, claim.Result{
		Resolved: dag.CacheID(hash("resolved " + o.Spec.Label)), Content: hash(output), CID: "bafy" + output, Size: 10, Executed: true, Meta: meta.Encode(),
	}, claim.Hand{})
	f.ok(err)
}

func (f *farm) state(name string) claim.State {
	f.t.Helper()
	states, err := f.Steps(f.t.Context(), []dag.CacheID{stepID(name)})
	f.ok(err)
	return states[0].State
}
