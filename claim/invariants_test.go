package claim_test

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// dump is everything of the epoch, in a form that can be compared.
func (m *machine) dump(rt *rapid.T) map[string]any {
	out := make(map[string]any)
	keys, err := m.Redis.Keys(m.ctx(), string(m.Prefix)+"*").Result()
	m.must(rt, err)
	for _, key := range keys {
		name := strings.TrimPrefix(strings.TrimPrefix(key, string(m.Prefix)), m.Epoch()+":")
		switch kind := m.Redis.Type(m.ctx(), key).Val(); kind {
		case "hash":
			out[name] = m.Redis.HGetAll(m.ctx(), key).Val()
		case "set":
			members := m.Redis.SMembers(m.ctx(), key).Val()
			sort.Strings(members)
			out[name] = members
		case "list":
			out[name] = m.Redis.LRange(m.ctx(), key, 0, -1).Val()
		case "zset":
			out[name] = m.Redis.ZRange(m.ctx(), key, 0, -1).Val()
		case "stream":
			out[name] = m.Redis.XLen(m.ctx(), key).Val()
		default:
			out[name] = m.Redis.Get(m.ctx(), key).Val()
		}
	}
	return out
}

// state of the epoch as check sees it.
type state struct {
	all map[string]any
	rt  *rapid.T
}

func (s state) hash(name string) map[string]string { v, _ := s.all[name].(map[string]string); return v }
func (s state) members(name string) []string       { v, _ := s.all[name].([]string); return v }
func (s state) has(name, member string) bool       { return slices.Contains(s.members(name), member) }

// check compares what is in Redis with the invariants.
func (m *machine) check(rt *rapid.T) {
	s := state{m.dump(rt), rt}
	for id, content := range m.done {
		if got := s.hash("results")[id.String()]; got != content.String() {
			rt.Fatalf("C3: the result of %s is %q, want %s", id.Short(), got, content)
		}
	}
	for _, h := range m.held {
		st := s.hash("step:" + h.o.Spec.ID.String())
		if st["tok"] != h.o.Token || (st["st"] != "C" && st["st"] != "X") {
			rt.Fatalf("C1: %s is not its owner's: %v", h.o.Spec.Label, st)
		}
	}
	for job := range m.jobs {
		m.checkJob(s, job)
	}
	m.checkWindows(s)
	m.checkLeases(s)
	for _, spec := range m.specs {
		s.place(spec.ID.String())
	}
}

// checkJob: each step that a job wants is counted once.
func (m *machine) checkJob(s state, job string) {
	counts := map[string]int{}
	for _, spec := range m.jobs[job] {
		switch st := s.hash("step:" + spec.ID.String()); st["st"] {
		case "D":
			counts["done"]++
		case "F":
			counts["failed"]++
		case "S":
			counts["skipped"]++
		case "":
			s.rt.Fatalf("C5: %s wants %s, which is gone", job, spec.Label)
		default:
			counts["open"]++
		}
	}
	j := s.hash("job:" + job)
	number := func(name string) int { n, _ := strconv.Atoi(j[name]); return n }
	if number("open") != counts["open"] || number("executed")+number("cached") != counts["done"] ||
		number("failed") != counts["failed"] || number("skipped") != counts["skipped"] {
		s.rt.Fatalf("%s counts %v, but its steps are %v", job, j, counts)
	}
	if finished := s.has("finished", job); j["sealed"] == "1" && finished != (counts["open"] == 0) {
		s.rt.Fatalf("%s is among the finished: %v, but %d steps are open", job, finished, counts["open"])
	}
}

// checkWindows: what is charged to jobs and counted in the queue is there.
func (m *machine) checkWindows(s state) {
	charged, queued := map[string]int{}, map[string]int{}
	for _, spec := range m.specs {
		st := s.hash("step:" + spec.ID.String())
		if strings.Contains("QCX", st["st"]) && st["st"] != "" {
			charged[st["by"]]++
			if _, ok := m.jobs[st["by"]]; !ok && st["job"] != "" {
				s.rt.Fatalf("%s is charged to %q, which is gone, though %s wants it", spec.Label, st["by"], st["job"])
			}
		}
		if st["st"] == "Q" && s.has("released", spec.ID.String()) {
			queued[st["qp"]]++
			queued[st["by"]]++
		}
	}
	for job := range m.jobs {
		if n, _ := strconv.Atoi(s.hash("job:" + job)["in:cpu"]); n != charged[job] {
			s.rt.Fatalf("%s has %d in its window, but %d steps are released or running for it", job, n, charged[job])
		}
	}
	for of, text := range s.hash("queued:cpu") {
		if n, _ := strconv.Atoi(text); n != queued[of] {
			s.rt.Fatalf("%d steps of %s are counted in the queue, %d are", n, of, queued[of])
		}
		delete(queued, of)
	}
	for of, n := range queued {
		s.rt.Fatalf("%d steps of %s are in the queue and not counted there", n, of)
	}
}

// checkLeases: those and only those that are owned have one.
func (m *machine) checkLeases(s state) {
	for _, spec := range m.specs {
		st := s.hash("step:" + spec.ID.String())["st"]
		if owned := st == "C" || st == "X"; owned != s.has("leases", spec.ID.String()) {
			s.rt.Fatalf("%s is %q, and has a lease: %v", spec.Label, st, !owned)
		}
	}
}

// place checks C5: an unfinished step is where something will move it.
func (s state) place(id string) {
	st := s.hash("step:" + id)
	wanters := s.members("wants:" + id)
	if st["job"] != "" {
		wanters = append(slices.Clone(wanters), st["job"])
	}
	switch st["st"] {
	case "R":
		for _, job := range wanters {
			s.mayGo(id, job)
		}
	case "Q":
		if s.has("released", id) == s.has("delayed", id) {
			s.rt.Fatalf("C5: %s is released, and in the queue or delayed: %v", id[:8], s.has("released", id))
		}
	case "W":
		s.waits(id, st["miss"])
	}
}

// mayGo: a ready step is on the job's list, and the job's turn comes.
func (s state) mayGo(id, job string) {
	j := s.hash("job:" + job)
	if !s.has("ready:"+job+":cpu", id) {
		s.rt.Fatalf("C5: %s is ready, and not on the list of %s", id[:8], job)
	}
	if used, _ := strconv.Atoi(j["in:cpu"]); j["st"] == "active" && used < 64 && !s.has("turns:cpu:"+j["prio"], job) {
		s.rt.Fatalf("C5: %s has ready steps, and its turn does not come", job)
	}
}

// waits: as many others as the step counts will tell it.
func (s state) waits(id, miss string) {
	count := 0
	for key := range s.all {
		producer, ok := strings.CutPrefix(key, "dependents:")
		if !ok || !s.has(key, id) {
			continue
		}
		st := s.hash("step:" + producer)["st"]
		_, reopened := s.hash("reopened")[producer]
		if (st == "" || strings.Contains("DFS", st)) && !s.has("settle", producer) && !reopened {
			s.rt.Fatalf("C5: %s waits for %s, which is %q and tells nobody", id[:8], producer[:8], st)
		}
		count++
	}
	if n, _ := strconv.Atoi(miss); n < 1 || n > count {
		s.rt.Fatalf("C5: %s waits for %s others, and %d know", id[:8], miss, count)
	}
}
