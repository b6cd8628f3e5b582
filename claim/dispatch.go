package claim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/dag"
)

// Released is a step that is to go into the queue, under this release.
type Released struct {
	ID       dag.CacheID
	Release  int64
	Slots    int
	Class    string
	Priority Priority
}

// Dispatch releases ready steps of a class, up to most of each priority: the
// caller puts them into the queue. What it loses on the way Overdue finds.
func (s *Store) Dispatch(ctx context.Context, class string, most int) ([]Released, error) {
	a, err := s.do(ctx, "dispatch", class, class, min(most, 100))
	if err != nil {
		return nil, err
	}
	out := make([]Released, 0, len(a)-1)
	for i := 1; i < len(a); i++ {
		l := a.list(i)
		out = append(out, Released{
			ID: parse[dag.CacheID](l.text(0)), Release: l.number(1), Slots: int(l.number(2)), Class: class, Priority: Priority(l.text(3)),
		})
	}
	return out, nil
}

// Overdue lists steps that were released longer than age ago and are not
// claimed.
func (s *Store) Overdue(ctx context.Context, age time.Duration, most int) ([]Released, error) {
	a, err := s.do(ctx, "overdue", "", age.Milliseconds(), min(most, 200))
	if err != nil {
		return nil, err
	}
	var out []Released
	for i := 1; i < len(a); i++ {
		l := a.list(i)
		out = append(out, Released{
			ID: parse[dag.CacheID](l.text(0)), Release: l.number(1), Slots: int(l.number(2)), Class: l.text(3), Priority: Priority(l.text(4)),
		})
	}
	return out, nil
}

// Requeue gives an overdue step a new release, or, when it was seen in the
// queue, notes that. ErrStale says that it is not in the queue any more.
func (s *Store) Requeue(ctx context.Context, r Released, seen bool) (release int64, err error) {
	a, err := s.do(ctx, "requeue", r.ID.Short(), r.ID.String(), r.Release, flag(seen))
	return a.number(1), err
}

// Sweep takes back up to 100 steps whose lease has lapsed, and returns them.
func (s *Store) Sweep(ctx context.Context) ([]dag.CacheID, error) {
	a, err := s.do(ctx, "sweep", "", 100)
	if err != nil {
		return nil, err
	}
	var out []dag.CacheID
	for i := 1; i < len(a); i++ {
		out = append(out, parse[dag.CacheID](a.text(i)))
	}
	return out, nil
}

// Settle tells one portion of those that wait for a finished step; more says
// that something is left.
func (s *Store) Settle(ctx context.Context) (more bool, err error) {
	a, err := s.do(ctx, "settle", "", 200)
	return a.number(1) == 1, err
}

// Window is how many steps of a class one job may have in the queue and running
// on so many slots: one for each, and a quarter more, which wait in the queue so
// that no slot is idle until the next are released. Whatever else waits there
// waits in front of a job that comes.
func Window(slots int) int { return max(8, slots+slots/4) }

// Resize sets the window of a class and lets jobs go on that the old one held
// back.
func (s *Store) Resize(ctx context.Context, class string, window int, jobs []string) error {
	for first := true; first || len(jobs) > 0; first = false {
		n := min(len(jobs), 200)
		args := []any{class, window}
		for _, job := range jobs[:n] {
			args = append(args, job)
		}
		if _, err := s.do(ctx, "resize", class, args...); err != nil {
			return err
		}
		jobs = jobs[n:]
	}
	return nil
}

// JobCounts is how far a job is on the farm.
type JobCounts struct {
	Run                               string
	State                             JobState
	Priority                          Priority
	Sealed                            bool
	Open                              int
	Executed, Cached, Failed, Skipped int
	Released                          int      // in the queue or running, charged to this job
	Shunned                           []string // workers that failed 3 steps of it that others could do
}

// Job returns how far a job is, or ErrGone.
func (s *Store) Job(ctx context.Context, job string) (JobCounts, error) {
	m, err := s.Redis.HGetAll(ctx, s.Prefix.Of(s.Epoch(), "job:"+job)).Result()
	if err != nil {
		return JobCounts{}, fmt.Errorf("claim: read job %s: %w", job, err)
	}
	if len(m) == 0 {
		return JobCounts{}, fmt.Errorf("claim: job %s: %w", job, ErrGone)
	}
	c := JobCounts{
		Run: m["run"], State: JobState(m["st"]), Priority: Priority(m["prio"]), Sealed: m["sealed"] == "1", Open: number(m["open"]),
		Executed: number(m["executed"]), Cached: number(m["cached"]), Failed: number(m["failed"]), Skipped: number(m["skipped"]),
	}
	for field, n := range m {
		if len(field) > 5 && field[:5] == "shun:" && number(n) >= 3 {
			c.Shunned = append(c.Shunned, field[5:])
		}
		if strings.HasPrefix(field, "in:") {
			c.Released += number(n)
		}
	}
	return c, nil
}

func number(text string) int { return int(answer{text}.number(0)) }

// Jobs returns the ids of all jobs that are enlisted.
func (s *Store) Jobs(ctx context.Context) ([]string, error) {
	return s.Redis.SMembers(ctx, s.Prefix.Of(s.Epoch(), "jobs")).Result()
}

// Finished returns jobs with no open step.
func (s *Store) Finished(ctx context.Context) ([]string, error) {
	return s.Redis.SMembers(ctx, s.Prefix.Of(s.Epoch(), "finished")).Result()
}

// Unfinish takes a job from the finished ones, because its end is recorded or
// it has open steps again.
func (s *Store) Unfinish(ctx context.Context, job string) error {
	return s.Redis.SRem(ctx, s.Prefix.Of(s.Epoch(), "finished"), job).Err()
}

// Gone is a result whose bytes can be had nowhere, and a job that needs it.
type Gone struct {
	Job      string
	Producer dag.CacheID
	Content  dag.ContentHash // zero when it was not known any more
}

// Reopened lists up to most results that are to be made again. Each stays
// listed until its step is submitted again for the job.
func (s *Store) Reopened(ctx context.Context, most int) ([]Gone, error) {
	a, err := s.do(ctx, "reopened", "", min(most, 50))
	if err != nil {
		return nil, err
	}
	var out []Gone
	for i := 1; i < len(a); i++ {
		l := a.list(i)
		out = append(out, Gone{Job: l.text(0), Producer: parse[dag.CacheID](l.text(1)), Content: l.hash(2)})
	}
	return out, nil
}

// Bell is the channel on which scripts say that schedulers have something to
// do: ready, settle, finished, reopened.
func (s *Store) Bell() string { return s.Prefix.Key("bell") }

// Resettle has those told who wait for a step whose result is known after all.
func (s *Store) Resettle(ctx context.Context, id dag.CacheID) error {
	_, err := s.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.RPush(ctx, s.Prefix.Of(s.Epoch(), "settle"), id.String())
		p.HDel(ctx, s.Prefix.Of(s.Epoch(), "reopened"), id.String())
		p.Publish(ctx, s.Bell(), "settle")
		return nil
	})
	if err != nil {
		return fmt.Errorf("claim: resettle %s: %w", id.Short(), err)
	}
	return nil
}
