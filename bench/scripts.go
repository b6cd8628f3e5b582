package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/lua"
)

// measureScripts looks for the longest script that Redis ran while steps are
// submitted and done, and while one step makes very many ready. A script stops
// everybody else for as long. Redis measures by the clock: when the machine gives
// the core to others meanwhile, that is in it. So it is measured once more with a
// core for Redis alone, where that can be had.
func measureScripts(b *bench) ([]result, error) {
	rows, err := b.longestScripts("", func(work func() error) (string, error) { return "", work() })
	if err != nil {
		return rows, err
	}
	core, back, err := b.redisUndisturbed()
	if err != nil {
		b.say("scripts: not measured with a core for Redis alone: %v", err)
		return rows, nil
	}
	alone, err := b.longestScripts(", undisturbed", func(work func() error) (string, error) { return b.watched(core, work) })
	return append(rows, alone...), errors.Join(err, back())
}

// around does some work and says how the machine was meanwhile, if it knows.
type around func(work func() error) (told string, err error)

func (b *bench) longestScripts(how string, do around) ([]result, error) {
	few, err := b.longestScript("scripts in dispatch"+how, b.noops(b.n(20_000, 2_000)), do)
	if err != nil {
		return nil, err
	}
	fan, err := b.longestScript("scripts in fan-out"+how, b.fan(b.n(100_000, 5_000)), do)
	return []result{few, fan}, err
}

func (b *bench) redisUndisturbed() (core int, back func() error, err error) {
	g, err := b.grounds()
	if err != nil {
		return 0, nil, err
	}
	info, err := g.client.InfoMap(b.ctx, "server").Result()
	if err != nil {
		return 0, nil, err
	}
	pid, err := strconv.Atoi(info["Server"]["process_id"])
	if err != nil {
		return 0, nil, err
	}
	return undisturbed(pid)
}

// watchArgument begins the arguments of a process that watches a core.
const watchArgument = "watch-core-in-child"

// watched is around for one core.
func (b *bench) watched(core int, work func() error) (told string, err error) {
	h, err := b.start(watchArgument, strconv.Itoa(core))
	if err != nil {
		return "", err
	}
	_, err = h.told() // it is ready
	if err == nil {
		err = work()
	}
	err = errors.Join(err, h.in.Close())
	told, tellErr := h.told()
	return told, errors.Join(err, tellErr, h.cmd.Wait())
}

// fan returns a step and n that read it.
func (b *bench) fan(n int) []claim.Spec {
	out := b.noops(n + 1)
	for i := range out[1:] {
		out[i+1].Inputs = []dag.Input{{Step: out[0].ID}}
	}
	return out
}

func (b *bench) longestScript(name string, steps []claim.Spec, do around) (row result, err error) {
	s, err := b.newSite(2, crewMember{Slots: slotsOfWorker})
	if err != nil {
		return row, err
	}
	log := scriptLog{s.client}
	err = log.begin(b.ctx)
	told := ""
	if err == nil {
		told, err = do(func() error { _, err := b.worked(s, steps); return err })
	}
	var found []call
	if err == nil {
		found, err = log.calls(b.ctx)
	}
	if closing := s.close(); err == nil {
		err = closing
	}
	row = result{Name: name, Unit: "s", Goal: atMost("ours", 0.005), Beside: fmt.Sprintf("%dk steps", len(steps)/1000)}
	longest, asynqs, over := b.tellLongest(found)
	row.Ours, row.Theirs = longest.took.Seconds(), asynqs.took.Seconds()
	row.Ratio = row.Ours / row.Theirs
	row.Beside += fmt.Sprintf(" (%s; %d took over 5 ms); the longest of asynq's few commands meanwhile", longest.verb, over)
	if told != "" {
		row.Beside += "; " + told
	}
	return row.judged(), err
}

// tellLongest says how long each script took, and returns the longest run of ours
// and of asynq's, and how many of ours went on for more than 5 ms.
func (b *bench) tellLongest(found []call) (longest, asynqs call, over int) {
	took := make(map[string][]float64)
	for _, c := range found {
		took[c.verb] = append(took[c.verb], c.took.Seconds())
		switch {
		case c.verb == "":
			asynqs = longer(asynqs, c)
		default:
			longest = longer(longest, c)
			if c.took > 5*time.Millisecond {
				over++
			}
		}
	}
	for _, verb := range slices.Sorted(maps.Keys(took)) {
		all := took[verb]
		b.say("%s: %d runs of 100 us and more, median %s, 95 of a hundred within %s, %s at most", cmp.Or(verb, "asynq's"), len(all),
			figure(median(all), "s"), figure(percentile(all, 95), "s"), figure(slices.Max(all), "s"))
	}
	return longest, asynqs, over
}

func longer(a, b call) call {
	if a.took > b.took {
		return a
	}
	return b
}

// worked returns the seconds until all steps, of a new job, are over.
func (b *bench) worked(s *site, steps []claim.Spec) (float64, error) {
	job, err := s.newJob(steps)
	if err != nil {
		return 0, err
	}
	return seconds(func() error {
		if err := s.submit(job, claim.Default, steps); err != nil {
			return err
		}
		return b.awaitAt(1000, "all steps are done", func() bool { return s.open(job) == 0 })
	})
}

// call is one run of a script.
type call struct {
	verb string
	took time.Duration
}

// scriptLog is Redis's log of slow commands, which keeps those of 100 us and
// more here.
type scriptLog struct{ redis.UniversalClient }

const slowLogKept = 200_000

func (l scriptLog) begin(ctx context.Context) error {
	for setting, value := range map[string]string{"slowlog-log-slower-than": "100", "slowlog-max-len": fmt.Sprint(slowLogKept)} {
		if err := l.ConfigSet(ctx, setting, value).Err(); err != nil {
			return err
		}
	}
	return l.Do(ctx, "slowlog", "reset").Err()
}

func (l scriptLog) calls(ctx context.Context) ([]call, error) {
	entries, err := l.SlowLogGet(ctx, slowLogKept).Result()
	if err != nil {
		return nil, err
	}
	names, err := verbsByDigest()
	var out []call
	for _, e := range entries {
		if len(e.Args) > 1 && (e.Args[0] == "evalsha" || e.Args[0] == "eval") {
			out = append(out, call{names[e.Args[1]], e.Duration})
		}
	}
	return out, err
}

// verbsByDigest names our scripts as EVALSHA does.
func verbsByDigest() (map[string]string, error) {
	names := make(map[string]string)
	for _, verb := range lua.Verbs() {
		text, err := lua.Source(verb)
		if err != nil {
			return nil, err
		}
		names[redis.NewScript(text).Hash()] = verb
	}
	return names, nil
}
