//go:build cluster

package deploytest

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestExternal has a farm on a Redis, a PostgreSQL and a Kubo that compose knows
// nothing of, and Prometheus beside it.
func TestExternal(t *testing.T) {
	for name, value := range map[string]string{
		"ARTDAG_REDIS": "redis.outside:6379/0", "ARTDAG_DATABASE": "postgres.outside/artdag", "ARTDAG_IPFS": "/dns/ipfs.outside/tcp/5001",
	} {
		t.Setenv(name, value)
	}
	w := newWatched(t, "deploy/compose.external.yml")
	// The networks come first, so that the services are there when the farm starts.
	w.composed(append([]string{"up", "--no-start", "--no-build"}, w.services...)...)
	services := w.outside()
	w.up(1)
	w.workers(1)
	for _, part := range []struct {
		name string
		run  func(watched)
	}{
		{"the farm works on services of its owner", func(w watched) { worksOutside(w, services) }},
		{"Prometheus asks the scheduler", asked},
		{"rules are loaded", rulesLoaded},
		{"dashboards have answers", dashboardsAnswered},
		{"Grafana shows them", grafanaShows},
		{"an alert is raised when all workers are gone", allGone},
	} {
		if !t.Run(part.name, func(t *testing.T) { in := w; in.cluster, in.prometheus.t = w.in(t), t; part.run(in) }) {
			t.FailNow()
		}
	}
}

// outside starts the services in a network of their own, and lets the farm's
// front see them. They are gone with the test.
func (c *cluster) outside() (containers map[string]string) {
	c.t.Helper()
	network := c.project + "-outside"
	c.run("docker", "network", "create", "--internal", network)
	c.t.Cleanup(func() { c.run("docker", "network", "rm", network) })
	containers = make(map[string]string)
	for service, settings := range map[string][]string{"redis": {"--maxmemory", "128mb"}, "postgres": nil, "ipfs": nil} {
		name := network + "-" + service
		args := []string{"docker", "run", "--detach", "--name", name, "--network", network, "--read-only", "--tmpfs", "/tmp", "--tmpfs", "/data:uid=10001,gid=10001",
			"--shm-size", "128m", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"}
		for _, secret := range []string{"redis_scheduler", "redis_worker", "redis_asynqmon", "database"} {
			args = append(args, "--volume", c.secrets+"/"+secret+":/run/secrets/"+secret+":ro")
		}
		args = append(append(args, "artdag/"+service+":"+version()), settings...)
		c.run(args...)
		c.t.Cleanup(func() { c.run("docker", "rm", "--force", "--volumes", name) })
		c.run("docker", "network", "connect", "--alias", service+".outside", c.project+"_front", name)
		containers[service] = name
	}
	c.t.Cleanup(func() { c.composed("stop", "--timeout", "5") }) // who uses them goes first
	return containers
}

// What the farm knows is in these services, and those of compose stand still.
func worksOutside(w watched, services map[string]string) {
	recipe, want := lines("outside", 2, 2, 0.1)
	job := w.completed(w.submit(recipe).ID, want)
	w.noFailure(job)
	jobs := w.run("docker", "exec", services["postgres"], "psql", "-h", "/tmp", "-U", "artdag", "-At", "-c", "SELECT name FROM jobs")
	if jobs != "outside" {
		w.t.Errorf("PostgreSQL knows the jobs %q", jobs)
	}
	if size := w.run("docker", "exec", services["redis"], "sh", "-c", "redis-cli <<END\nauth scheduler "+w.secret("redis_scheduler")+"\ndbsize\nEND"); strings.HasSuffix(size, " 0") || !strings.HasPrefix(size, "OK") {
		w.t.Errorf("Redis holds %q keys", size)
	}
	w.until(time.Minute, "the output is pinned", func() error {
		made, err := w.farm.Job(w.t.Context(), job.ID)
		if err == nil && !made.Durable {
			err = errors.New("it is not")
		}
		job = made
		return err
	})
	if got := w.run("docker", "exec", services["ipfs"], "ipfs", "cat", job.Outputs[0].CID); got != strings.TrimSpace(want) {
		w.t.Errorf("ipfs cat %s: %q, want %q", job.Outputs[0].CID, got, want)
	}
	for service := range services {
		runs := strings.Split(w.run("docker", "top", w.containers(service)[0], "-eo", "pid,args"), "\n")[1:]
		if len(runs) != 1 || !strings.HasSuffix(runs[0], " sleep infinity") {
			w.t.Errorf("%s of the farm runs %q", service, runs)
		}
	}
}
