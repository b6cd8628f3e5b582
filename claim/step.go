package claim

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/dag"
)

// State of a step on the farm.
type State string

// The states; see the package's comment. NoState: the farm does not have it.
const (
	NoState   State = ""
	Waiting   State = "W"
	Ready     State = "R"
	Queued    State = "Q"
	Claimed   State = "C"
	Running   State = "X"
	Done      State = "D"
	HasFailed State = "F"
	Skipped   State = "S"
)

// StepState is where a step is.
type StepState struct {
	State    State
	Worker   string
	Attempts int // spent
	Lost     int // workers
	Release  int64
	Missing  int // inputs
	Content  dag.ContentHash
	Class    string // resource class
	Error    Class
	Message  string
	Claimed  time.Time
}

// Steps returns where steps are, in one pipeline per 500.
func (s *Store) Steps(ctx context.Context, ids []dag.CacheID) ([]StepState, error) {
	out := make([]StepState, 0, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), 500)
		part, err := s.steps(ctx, ids[:n])
		if err != nil {
			return nil, err
		}
		out, ids = append(out, part...), ids[n:]
	}
	return out, nil
}

func (s *Store) steps(ctx context.Context, ids []dag.CacheID) ([]StepState, error) {
	cmds := make([]*redis.SliceCmd, len(ids))
	_, err := s.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			cmds[i] = p.HMGet(ctx, s.Prefix.Of(s.Epoch(), "step:"+id.String()),
				"st", "wkr", "att", "lost", "rel", "miss", "hash", "class", "err", "msg", "cl")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim: read steps: %w", err)
	}
	out := make([]StepState, len(ids))
	for i, cmd := range cmds {
		a := answer(cmd.Val())
		out[i] = StepState{
			State: State(a.text(0)), Worker: a.text(1), Attempts: int(a.number(2)), Lost: int(a.number(3)), Release: a.number(4),
			Missing: int(a.number(5)), Content: a.hash(6), Class: a.text(7), Error: Class(a.text(8)), Message: a.text(9),
		}
		out[i].forgetOwner(a.number(10))
	}
	return out, nil
}

// forgetOwner leaves the owner out where there is none now: the step remembers
// its last one, so that a repeated call gets the first answer again.
func (s *StepState) forgetOwner(claimed int64) {
	switch s.State {
	case Claimed, Running, Done:
		s.Claimed = time.UnixMilli(claimed)
	default:
		s.Worker = ""
	}
}
