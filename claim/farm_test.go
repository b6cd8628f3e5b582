package claim_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/lua"
	"github.com/artdag/artdag/servicetest"
)

// farm is a store in an epoch of its own, and short words for tests.
type farm struct {
	*claim.Store
	t     testing.TB
	shard *redis.ClusterClient // nil but on a cluster
}

var classes = []string{"cpu", "gpu"}

func newFarm(t testing.TB) *farm {
	t.Helper()
	options, err := redis.ParseURL(servicetest.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	options.MaintNotificationsConfig = quiet
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return farmOn(t, client, "artdag:")
}

func farmOn(t testing.TB, client redis.UniversalClient, prefix lua.Prefix) *farm {
	t.Helper()
	store, err := claim.New(client, prefix)
	if err != nil {
		t.Fatal(err)
	}
	f := &farm{Store: store, t: t}
	if _, err := store.Begin(t.Context(), "", 0, "test"); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *farm) ctx() context.Context { return f.t.Context() }

// ok fails the test on an error that is not expected.
func (f *farm) ok(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// step describes a step by its name; it reads the steps named after it.
func step(name string, reads ...string) claim.Spec {
	s := claim.Spec{
		ID: stepID(name), Type: "TEST@1", Config: json.RawMessage(fmt.Sprintf(`{"name":%q}`, name)), Label: name, Slots: 1, Class: "cpu",
	}
	for _, r := range reads {
		s.Inputs = append(s.Inputs, dag.Input{Step: stepID(r)})
	}
	return s
}

func stepID(name string) dag.CacheID { return dag.CacheID(sha256.Sum256([]byte("step " + name))) }
func content(name string) dag.ContentHash {
	return dag.ContentHash(sha256.Sum256([]byte("content " + name)))
}
func resolved(name string) dag.CacheID { return dag.CacheID(sha256.Sum256([]byte("resolved " + name))) }
func runID(name string) dag.RunID      { return dag.RunID(sha256.Sum256([]byte("run " + name))) }
func worker(name string, tags ...string) claim.Worker {
	return claim.Worker{ID: name, Tags: tags, Holder: name}
}

// submit enlists a job with these steps and seals it.
func (f *farm) submit(job string, steps ...claim.Spec) {
	f.t.Helper()
	f.ok(f.Enlist(f.ctx(), job, runID(job), claim.Default, claim.Active))
	_, err := f.Submit(f.ctx(), job, steps)
	f.ok(err)
	_, err = f.Seal(f.ctx(), job)
	f.ok(err)
}

// released dispatches and returns what went out, by id.
func (f *farm) released(class string) map[dag.CacheID]claim.Released {
	f.t.Helper()
	list, err := f.Dispatch(f.ctx(), class, 100)
	f.ok(err)
	out := make(map[dag.CacheID]claim.Released)
	for _, r := range list {
		out[r.ID] = r
	}
	return out
}

// take dispatches until the step is released and claims it.
func (f *farm) take(name string, w claim.Worker) *claim.Owned {
	f.t.Helper()
	f.released("cpu")
	return f.claimed(name, w)
}

// claimed claims a step that is released.
func (f *farm) claimed(name string, w claim.Worker) *claim.Owned {
	f.t.Helper()
	o, err := f.Claim(f.ctx(), stepID(name), f.state(name).Release, claim.NewToken(), w)
	if err != nil {
		f.t.Fatalf("claim %s, which is %+v: %v", name, f.state(name), err)
	}
	return o
}

func (f *farm) state(name string) claim.StepState {
	f.t.Helper()
	all, err := f.Steps(f.ctx(), []dag.CacheID{stepID(name)})
	f.ok(err)
	return all[0]
}

// wantState checks where steps are: "a=W b=D".
func (f *farm) wantStates(want string) {
	f.t.Helper()
	var got []string
	for _, pair := range strings.Fields(want) {
		name, _, _ := strings.Cut(pair, "=")
		got = append(got, name+"="+string(f.state(name).State))
	}
	if text := strings.Join(got, " "); text != want {
		f.t.Fatalf("steps are %s, want %s", text, want)
	}
}

// finish starts and completes a claimed step.
func (f *farm) finish(o *claim.Owned, w claim.Worker, next claim.Hand) *claim.Completed {
	f.t.Helper()
	r := result(o)
	if !o.Running {
		if known, err := f.Start(f.ctx(), o, r.Resolved); err != nil || !known.IsZero() {
			f.t.Fatalf("start %s: known %s, %v", o.Spec.Label, known.Short(), err)
		}
	}
	c, err := f.Complete(f.ctx(), o, w, r, next)
	f.ok(err)
	return c
}

// result is what a test step comes to.
func result(o *claim.Owned) claim.Result {
	rid := o.Spec.ID
	if len(o.Spec.Producers()) > 0 {
		rid = resolved(o.Spec.Label)
	}
	return claim.Result{Resolved: rid, Content: content(o.Spec.Label), CID: "cid-" + o.Spec.Label, Size: 7, Executed: true, Meta: `{}`}
}

func (f *farm) job(job string) claim.JobCounts {
	f.t.Helper()
	c, err := f.Job(f.ctx(), job)
	f.ok(err)
	return c
}

func (f *farm) settleAll() {
	f.t.Helper()
	for more := true; more; {
		var err error
		more, err = f.Settle(f.ctx())
		f.ok(err)
	}
}

// keys are all that the epoch has in Redis, but for what is of fixed size.
func (f *farm) keys() []string {
	f.t.Helper()
	var node redis.Cmdable = f.Redis
	if f.shard != nil {
		master, err := f.shard.MasterForKey(f.ctx(), f.Prefix.Epoch())
		f.ok(err)
		node = master
	}
	all, err := node.Keys(f.ctx(), string(f.Prefix)+f.Epoch()+":*").Result()
	f.ok(err)
	var out []string
	for _, key := range all {
		name := strings.TrimPrefix(key, string(f.Prefix)+f.Epoch()+":")
		fixed := name == "turn" || name == "forgotten" || name == "window" || strings.HasPrefix(name, "queued:") || strings.HasPrefix(name, "workers:")
		if !fixed {
			out = append(out, name)
		}
	}
	return out
}

func redisZ(id dag.CacheID) redis.Z { return redis.Z{Score: 1, Member: id.String()} }
