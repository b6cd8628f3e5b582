package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cpu is the time that processes have had, by their names: this one, and what
// it started. On a busy machine it says more than the clock.
type cpu map[string]time.Duration

// cpuNow reads /proc; elsewhere than on Linux it is empty.
func cpuNow() cpu {
	out := make(cpu)
	for pid, p := range family() {
		name := p.name
		if pid == os.Getpid() {
			name = "here"
		}
		out[name] += p.took
	}
	return out
}

// tick is the unit of times in /proc: of USER_HZ, which is 100 everywhere.
const tick = 10 * time.Millisecond

// process is one line of /proc.
type process struct {
	name   string
	parent int
	took   time.Duration
}

// family is this process and all that it started, and they, by process id.
func family() map[int]process {
	all := make(map[int]process)
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // ended since
		}
		// pid (name) state parent ... utime and stime are the 14th and 15th.
		head, rest, _ := strings.Cut(string(text), ") ")
		number, name, _ := strings.Cut(head, " (")
		fields := strings.Fields(rest)
		if len(fields) < 13 {
			continue
		}
		pid, _ := strconv.Atoi(number)
		parent, _ := strconv.Atoi(fields[1])
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		all[pid] = process{name, parent, time.Duration(user+system) * tick}
	}
	maps.DeleteFunc(all, func(pid int, _ process) bool { return !descends(all, pid) })
	return all
}

// descends reports whether a process is this one or comes from it.
func descends(all map[int]process, pid int) bool {
	for pid != 0 && pid != os.Getpid() {
		pid = all[pid].parent
	}
	return pid != 0
}

// since says what was used per piece of work since before.
func (c cpu) since(before cpu, n int) string {
	var parts []string
	sum := time.Duration(0)
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if took := c[name] - before[name]; took > 0 {
			sum += took
			parts = append(parts, fmt.Sprintf("%s %d", name, int(took.Microseconds())/n))
		}
	}
	return fmt.Sprintf("%d us of CPU each (%s)", int(sum.Microseconds())/n, strings.Join(parts, ", "))
}

// costing is f, and says what each of n pieces of work in it cost the processes
// that f started.
func (b *bench) costing(what string, n int, f timed) timed {
	return func() (float64, error) {
		before := ended()
		took, err := f()
		b.say("%s: %s, %d ms of CPU for each of %d", what, figure(took, "s"), (ended()-before).Milliseconds()/int64(n), n)
		return took, err
	}
}

// costs are what a piece of work took each time, in seconds: by the clock, and of
// the processors, in this process and those that run beside it.
type costs struct {
	do         timed
	clock, cpu []float64
}

func costed(do timed) *costs { return &costs{do: do} }

func (c *costs) run() (float64, error) {
	before := cpuNow().all()
	took, err := c.do()
	c.clock, c.cpu = append(c.clock, took), append(c.cpu, (cpuNow().all()-before).Seconds())
	return took, err
}

// String has both, as medians.
func (c *costs) String() string {
	return fmt.Sprintf("%.2f and %.2f s", median(c.clock), median(c.cpu))
}

func (c cpu) all() (sum time.Duration) {
	for _, took := range c {
		sum += took
	}
	return sum
}
