package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/farm"
	"github.com/artdag/artdag/servicetest"
)

// guarded is a farm whose costs are counted, so that a machine's speed plays no
// part.
type guarded struct {
	*claim.Store
	t      *testing.T
	client redis.UniversalClient
}

func newGuarded(t *testing.T) *guarded {
	where, err := farm.ParseRedis(servicetest.NewRedis(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	g := &guarded{t: t, client: where.Open(0)}
	t.Cleanup(func() { g.client.Close() })
	g.Store, err = claim.New(g.client, where.Prefix)
	g.check(err)
	ctx := t.Context()
	_, err = g.Begin(ctx, "", 0, "bench")
	g.check(err)
	g.check(g.Resize(ctx, "cpu", 16, nil))
	g.check(g.Enlist(ctx, "job", dag.RunID(made("run")), claim.Default, claim.Active))
	return g
}

func (g *guarded) check(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// usage is what Redis has done and holds. A script is a round trip; its commands
// are calls as well.
type usage struct{ calls, trips, bytes int }

func (g *guarded) usage() (u usage) {
	text := g.client.Info(g.t.Context(), "commandstats", "memory").Val()
	for _, found := range regexp.MustCompile(`(?m)^cmdstat_([^:]+):calls=(\d+),`).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(found[2])
		g.check(err)
		u.calls += n
		if found[1] == "evalsha" {
			u.trips = n
		}
	}
	_, rest, _ := strings.Cut(text, "used_memory:")
	_, err := fmt.Sscan(rest, &u.bytes)
	g.check(err)
	return u
}

// begin gives a worker the first step; the others of the window are in the queue:
// the job is in no line then.
func (g *guarded) begin() *claim.Owned {
	g.t.Helper()
	ctx := g.t.Context()
	released, err := g.Dispatch(ctx, "cpu", 1)
	g.check(err)
	owned, err := g.Claim(ctx, released[0].ID, released[0].Release, claim.NewToken(), claim.Worker{ID: "w", Holder: "w"})
	g.check(err)
	_, err = g.Dispatch(ctx, "cpu", 100)
	g.check(err)
	return owned
}

// beginTogether gives a worker as many steps as may be completed in one call.
func (g *guarded) beginTogether() (owned []*claim.Owned) {
	g.t.Helper()
	ctx := g.t.Context()
	g.check(g.Resize(ctx, "cpu", claim.CompleteAtOnce, nil))
	for {
		released, err := g.Dispatch(ctx, "cpu", 100)
		g.check(err)
		if len(released) == 0 {
			return owned
		}
		for _, r := range released {
			o, err := g.Claim(ctx, r.ID, r.Release, claim.NewToken(), claim.Worker{ID: "w", Holder: "w"})
			g.check(err)
			owned = append(owned, o)
		}
	}
}

// chains completes steps together until none are handed on.
func (g *guarded) chains(owned []*claim.Owned) (done int) {
	g.t.Helper()
	for ; len(owned) == claim.CompleteAtOnce; done += claim.CompleteAtOnce {
		list := make([]claim.Completion, len(owned))
		for i, o := range owned {
			list[i] = claim.Completion{Owned: o, Result: madeOf(o), Holder: "w", Hand: claim.Hand{Token: claim.NewToken(), Slots: 8}}
		}
		answers, err := g.CompleteAll(g.t.Context(), claim.Worker{ID: "w"}, list)
		g.check(err)
		owned = owned[:0]
		for _, a := range answers {
			if a.Next != nil {
				owned = append(owned, a.Next)
			}
		}
	}
	return done
}

func madeOf(o *claim.Owned) claim.Result {
	return claim.Result{Resolved: o.Spec.ID, Content: dag.ContentHash(o.Spec.ID), CID: "bafk" + o.Spec.Label, Size: 1, Executed: true}
}

// chain completes steps until none is handed on, and returns how many.
func (g *guarded) chain(owned *claim.Owned) (done int) {
	g.t.Helper()
	worker := claim.Worker{ID: "w", Holder: "w"}
	for ; owned != nil; done++ {
		c, err := g.Complete(g.t.Context(), owned, worker, madeOf(owned), claim.Hand{Token: claim.NewToken(), Slots: 8})
		g.check(err)
		owned = c.Next
	}
	return done
}

func atMostEach(t *testing.T, what string, got, n, bound int) {
	t.Helper()
	t.Logf("%s: %.2f", what, float64(got)/float64(n))
	if got > bound*n {
		t.Errorf("%s: %.2f, want at most %d", what, float64(got)/float64(n), bound)
	}
}

func TestWhatAStepCostsRedis(t *testing.T) {
	t.Parallel()
	const n = 2000
	g := newGuarded(t)
	before := g.usage()
	_, err := g.Submit(t.Context(), "job", (&bench{}).noops(n))
	g.check(err)
	after := g.usage()
	atMostEach(t, "calls to submit a step", after.calls-before.calls, n, 3)
	atMostEach(t, "bytes of an open step", after.bytes-before.bytes, n, 1500)
	// More in one script would hold up all others for longer.
	atMostEach(t, "round trips to submit 1,000 steps", 1000*(after.trips-before.trips), n, 15)

	owned := g.begin()
	before = g.usage()
	done := g.chain(owned)
	after = g.usage()
	if done < n-100 {
		t.Fatalf("%d steps were handed on, want about %d", done, n)
	}
	atMostEach(t, "calls to complete a step and get the next", after.calls-before.calls, done, 28)
	atMostEach(t, "round trips to complete a step and get the next", after.trips-before.trips, done, 1)
}

// Steps that end at the same time share most of it.
func TestWhatAStepCostsRedisInCompany(t *testing.T) {
	t.Parallel()
	const n = 2000
	g := newGuarded(t)
	_, err := g.Submit(t.Context(), "job", (&bench{}).noops(n))
	g.check(err)
	owned := g.beginTogether()
	before := g.usage()
	done := g.chains(owned)
	after := g.usage()
	if done < n-100 {
		t.Fatalf("%d steps were handed on together, want about %d", done, n)
	}
	atMostEach(t, "calls to complete one of 8 steps and get the next", after.calls-before.calls, done, 11)
	atMostEach(t, "round trips to complete 8 steps and get the next", 8*(after.trips-before.trips), done, 1)
}

// Not parallel: what others allocate would be counted as well.
func TestWhatAStepAllocates(t *testing.T) {
	const n = 1000
	b := &bench{}
	g, steps := newGuarded(t), b.noops(n)
	for _, test := range []struct {
		what  string
		bound float64
		work  func()
	}{
		{"planning a step", 100, func() { g.check(planOnce(n)) }},
		{"an identity", 2, func() {
			for _, s := range steps {
				dag.StepID(s.Type, s.Config, nil, "")
			}
		}},
		{"submitting and completing a step", 90, func() {
			_, err := g.Submit(t.Context(), "job", b.noops(n))
			g.check(err)
			if done := g.chain(g.begin()); done < n-100 {
				t.Errorf("%d steps were handed on, want about %d", done, n)
			}
		}},
	} {
		got := testing.AllocsPerRun(1, test.work) / n
		t.Logf("%s: %.1f allocations", test.what, got)
		if got > test.bound {
			t.Errorf("%s takes %.1f allocations, want at most %v", test.what, got, test.bound)
		}
	}
}
