//go:build cluster

package deploytest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
)

// One farm for all of it: each part leaves it working for the next.
func TestCluster(t *testing.T) {
	c := newCluster(t, 3)
	workers := c.workers(3)
	for _, part := range []struct {
		name string
		run  func(*cluster)
	}{
		{"each replica has a folder of its own", func(c *cluster) { foldersDiffer(c, workers) }},
		{"containers are confined", confined},
		{"only two ports are published", onlyTwoPorts},
		{"no secret is shown", noSecretShown},
		{"the monitor asks for a login", monitorAsks},
		{"roles of Redis have their limits", rolesHaveLimits},
		{"a job is done by several workers", doneTogether},
		{"a worker is killed", workerKilled},
		{"Redis is restarted", redisRestarted},
		{"the scheduler is replaced", schedulerReplaced},
		{"strangers are refused", strangersRefused},
		{"a worker joins with one command", joined},
		{"a film is the same as of one machine", filmIsTheSame},
		{"more workers are faster", moreAreFaster},
		{"tools that multiply are stopped", bombed},
		{"workers are taken away", takenAway},
		{"services are killed", servicesKilled},
		{"a worker is cut off", cutOff},
		{"the holder of an intermediate is removed", holderRemoved},
		{"all is restarted", restarted},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(c.in(t)) }) {
			t.FailNow() // the farm is in no known state
		}
	}
}

// in is the cluster for a part of the test.
func (c *cluster) in(t *testing.T) *cluster {
	part := *c
	part.t = t
	return &part
}

func foldersDiffer(c *cluster, workers []api.Worker) {
	var locks, ids []string
	for _, id := range c.containers("worker") {
		for _, line := range strings.Split(c.run("docker", "exec", id, "sh", "-c", "readlink /proc/1/fd/*"), "\n") {
			if filepath.Base(line) == "process.lock" {
				locks = append(locks, line)
			}
		}
	}
	for _, w := range workers {
		ids = append(ids, w.ID)
	}
	slices.Sort(locks)
	slices.Sort(ids)
	if len(slices.Compact(locks)) != 3 || len(slices.Compact(ids)) != 3 {
		c.t.Errorf("three workers have the folders %q and the ids %q", locks, ids)
	}
}

func confined(c *cluster) {
	for _, id := range c.containers("") {
		one, _ := c.inspect(id)
		h := one.HostConfig
		if one.Config.User != "10001:10001" || !h.ReadonlyRootfs || h.Privileged || !slices.Equal(h.CapDrop, []string{"ALL"}) ||
			!slices.Contains(h.SecurityOpt, "no-new-privileges:true") || h.Memory == 0 || h.PidsLimit == 0 {
			c.t.Errorf("%s is not confined: user %q, %+v", one.Name, one.Config.User, h)
		}
		for _, process := range strings.Split(c.run("docker", "top", id, "-eo", "pid,uid"), "\n")[1:] {
			if fields := strings.Fields(process); len(fields) != 2 || fields[1] != "10001" {
				c.t.Errorf("%s runs a process of another user: %q", one.Name, process)
			}
		}
	}
}

func onlyTwoPorts(c *cluster) {
	var bound []string
	for _, id := range c.containers("") {
		one, _ := c.inspect(id)
		for _, bindings := range one.HostConfig.PortBindings {
			for _, b := range bindings {
				bound = append(bound, "http://"+b.HostIp+":"+b.HostPort)
			}
		}
	}
	slices.Sort(bound)
	want := []string{c.url, c.queues}
	slices.Sort(want)
	if !slices.Equal(bound, want) {
		c.t.Errorf("published are %q, want %q", bound, want)
	}
}

func noSecretShown(c *cluster) {
	shown := c.composed("config")
	for _, id := range c.containers("") {
		_, raw := c.inspect(id)
		shown += raw + c.run("docker", "top", id)
	}
	files, err := os.ReadDir(c.secrets)
	if err != nil || len(files) < 10 {
		c.t.Fatalf("secrets: %v, %d files", err, len(files))
	}
	for _, file := range files {
		if strings.Contains(shown, c.secret(file.Name())) {
			c.t.Errorf("the secret %s is shown by the engine", file.Name())
		}
		info, err := file.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			c.t.Errorf("the file of the secret %s: %v %v", file.Name(), info.Mode(), err)
		}
	}
}

func monitorAsks(c *cluster) {
	name, password, _ := strings.Cut(c.secret("login.txt"), ":")
	for _, ask := range []struct {
		user, password string
		want           int
	}{{"", "", 401}, {name, "wrong", 401}, {name, password, 200}} {
		if got := status(c.t, c.queues+"/api/queues", ask.user, ask.password); got != ask.want {
			c.t.Errorf("the monitor answered %d to %q, want %d", got, ask.user, ask.want)
		}
	}
}

// What each role may not do, asked of the server itself.
func rolesHaveLimits(c *cluster) {
	redis := c.containers("redis")[0]
	for _, forbidden := range []struct{ user, command string }{
		{"default", "get artdag:epoch"}, {"worker", "flushall"}, {"worker", "config get *"}, {"worker", "get other:key"},
		{"scheduler", "acl list"}, {"asynqmon", "get artdag:epoch"},
	} {
		login := ""
		if forbidden.user != "default" {
			login = "auth " + forbidden.user + " " + c.secret("redis_"+forbidden.user) + "\n"
		}
		got := c.run("docker", "exec", redis, "sh", "-c", "redis-cli <<'END'\n"+login+forbidden.command+"\nEND")
		if !strings.Contains(got, "NOPERM") || login != "" && !strings.HasPrefix(got, "OK") {
			c.t.Errorf("%s may %s: %s", forbidden.user, forbidden.command, got)
		}
	}
}

// The command line submits and waits; the bytes come from the farm and by their
// address from Kubo.
func doneTogether(c *cluster) {
	recipe, want := lines("together", 8, 1, 2)
	folder := c.t.TempDir()
	file, made := filepath.Join(folder, "lines.yaml"), filepath.Join(folder, "made.txt")
	if err := os.WriteFile(file, []byte(recipe), 0o644); err != nil {
		c.t.Fatal(err)
	}
	// None of the settings of the compose file are the program's.
	c.env = append(os.Environ(), "ARTDAG_TOKEN="+c.token, "ARTDAG_SERVER="+c.url, "ARTDAG_CACHE_DIR="+filepath.Join(folder, "cache"))
	c.t.Log(c.run(c.artdag, "submit", file, "--wait", "-o", made))
	if got, err := os.ReadFile(made); err != nil || string(got) != want {
		c.t.Fatalf("the job came to %q (%v), want %q", got, err, want)
	}
	jobs, err := c.farm.Jobs(c.t.Context(), client.JobQuery{})
	if err != nil || len(jobs.Jobs) != 1 {
		c.t.Fatalf("jobs: %+v (%v), want one", jobs, err)
	}
	if by := c.executors(); len(by) < 2 {
		c.t.Errorf("only %q worked on the job", by)
	}
	pinned(c, jobs.Jobs[0].ID, want)
}

// pinned waits until the output is pinned, and reads it by its address.
func pinned(c *cluster, id, want string) {
	var job api.Job
	c.until(time.Minute, "the output is pinned", func() (err error) {
		if job, err = c.farm.Job(c.t.Context(), id); err == nil && !job.Durable {
			err = errors.New("it is not")
		}
		return err
	})
	got := c.run("docker", "exec", c.containers("ipfs")[0], "ipfs", "cat", job.Outputs[0].CID)
	if got != strings.TrimSpace(want) {
		c.t.Errorf("ipfs cat %s: %q, want %q", job.Outputs[0].CID, got, want)
	}
}

// executors are the workers that have executed steps, as their logs say.
func (c *cluster) executors() (all []string) {
	c.t.Helper()
	for _, id := range c.containers("worker") {
		if strings.Contains(c.run("docker", "logs", id), "executing step=") {
			all = append(all, id[:12])
		}
	}
	return all
}

// What a worker that is gone did is done by the others, and a new replica takes
// its place.
func workerKilled(c *cluster) {
	recipe, want := lines("killed", 3, 2, 3)
	job := c.submit(recipe)
	host := c.running(job.ID)
	c.run("docker", "kill", "--signal", "KILL", host)
	c.noFailure(c.completed(job.ID, want))
	c.up(3)
	c.workers(3)
}

func redisRestarted(c *cluster) {
	recipe, want := lines("restarted", 3, 3, 2)
	job := c.submit(recipe)
	c.running(job.ID)
	c.run("docker", "restart", "--time", "10", c.containers("redis")[0])
	c.noFailure(c.completed(job.ID, want))
	c.workers(3)
}

func schedulerReplaced(c *cluster) {
	recipe, want := lines("replaced", 3, 3, 2)
	job := c.submit(recipe)
	c.running(job.ID)
	c.composed("up", "-d", "--no-build", "--no-deps", "--force-recreate", "--timeout", "10", "scheduler")
	c.noFailure(c.completed(job.ID, want))
}

// noFailure expects that no step of the job spent an attempt.
func (c *cluster) noFailure(job api.Job) {
	c.t.Helper()
	steps, err := c.farm.Steps(c.t.Context(), job.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, s := range steps {
		if s.Attempts != 0 || s.Error != "" {
			c.t.Errorf("step %s failed: %+v", s.Label, s)
		}
	}
	if len(job.Failures) != 0 {
		c.t.Errorf("failures: %+v", job.Failures)
	}
}
