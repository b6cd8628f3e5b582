package claim_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/artdag/artdag/claim"
)

// The claim of one step is a register: who owns it. Its operations:
type (
	attempt struct {
		verb  string // claim, release, complete
		token string
	}
	outcome struct {
		ok   bool
		busy bool
	}
	register struct {
		owner string
		done  bool
	}
)

// claims is what a register does when one call comes after the other.
var claims = porcupine.Model{
	Init: func() any { return register{} },
	Step: func(state, input, output any) (bool, any) {
		s, in, out := state.(register), input.(attempt), output.(outcome)
		if in.verb == "claim" {
			if out.ok {
				return s.owner == "" && !s.done, register{owner: in.token}
			}
			return !out.busy || s.owner != "", s
		}
		if owned := s.owner == in.token; owned != out.ok {
			return false, s
		}
		if out.ok {
			s = register{done: in.verb == "complete"}
		}
		return true, s
	},
}

func TestTheClaimIsLinearizable(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	f.submit("j", step("s"))
	var (
		mu      sync.Mutex
		history []porcupine.Operation
		start   = time.Now()
		wg      sync.WaitGroup
	)
	for client := range 8 {
		wg.Go(func() {
			w, random := worker("w"), rand.New(rand.NewPCG(1, uint64(client)))
			for range 60 {
				for _, op := range round(f, w, client, random, start) {
					mu.Lock()
					history = append(history, op)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	owners := 0
	for _, op := range history {
		if op.Input.(attempt).verb == "claim" && op.Output.(outcome).ok {
			owners++
		}
	}
	if owners == 0 {
		t.Error("nobody owned the step")
	}
	if !porcupine.CheckOperations(claims, history) {
		t.Errorf("the history of %d calls has no order in which one owned the step at a time", len(history))
	}
}

// round dispatches, claims, and as owner releases the step, mostly, while an
// old token tries the same.
func round(f *farm, w claim.Worker, client int, random *rand.Rand, start time.Time) []porcupine.Operation {
	ctx := f.ctx()
	_, _ = f.Dispatch(ctx, "cpu", 1)
	all, err := f.Steps(ctx, idsOf([]claim.Spec{step("s")}))
	if err != nil {
		return nil
	}
	var out []porcupine.Operation
	record := func(verb, token string, call func() error) bool {
		at := time.Since(start)
		err := call()
		var busy *claim.BusyError
		out = append(out, porcupine.Operation{
			ClientId: client, Input: attempt{verb, token}, Call: at.Nanoseconds(),
			Output: outcome{err == nil, errors.As(err, &busy)}, Return: time.Since(start).Nanoseconds(),
		})
		return err == nil
	}
	o := &claim.Owned{Spec: step("s"), Token: claim.NewToken()}
	owned := record("claim", o.Token, func() error { _, err := f.Claim(ctx, o.Spec.ID, all[0].Release, o.Token, w); return err })
	if owned && random.IntN(40) == 0 {
		record("complete", o.Token, func() error { _, err := f.Complete(ctx, o, w, result(o), claim.Hand{}); return err })
	} else if owned {
		record("release", o.Token, func() error { return f.Release(ctx, o) })
	}
	stranger := &claim.Owned{Spec: step("s"), Token: claim.NewToken()}
	record("complete", stranger.Token, func() error { _, err := f.Complete(ctx, stranger, w, result(o), claim.Hand{}); return err })
	return out
}
