//go:build cluster

package deploytest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/api/client"
)

// Two schedulers and a replicated Redis: jobs go on when the first Redis is gone
// for good, and when the first scheduler is.
func TestHighAvailability(t *testing.T) {
	port := freePorts(t, 1)[0]
	t.Setenv("ARTDAG_PORT2", port)
	t.Setenv("ARTDAG_QUEUE_NET", "10.213.77")
	c := newCluster(t, 2, "deploy/compose.ha.yml")
	c.workers(2)
	second, err := client.New("http://127.0.0.1:"+port, client.Options{Token: c.token, Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.Close)

	sentinel := c.containers("sentinel1")[0]
	asked := func(args ...string) string {
		return c.run(append([]string{"docker", "exec", sentinel, "redis-cli", "-p", "26379", "sentinel"}, args...)...)
	}
	c.until(time.Minute, "the Sentinels know the replica", func() error {
		if got := asked("replicas", "artdag"); !strings.Contains(got, "10.213.77.11") {
			return fmt.Errorf("they know %q", got)
		}
		return nil
	})

	recipe, want := lines("failover", 2, 5, 3)
	job := c.submit(recipe)
	c.running(job.ID)
	c.run("docker", "kill", "--signal", "KILL", c.containers("redis")[0])
	c.noFailure(c.completed(job.ID, want))
	if master := asked("get-master-addr-by-name", "artdag"); !strings.HasPrefix(master, "10.213.77.11") {
		t.Errorf("the master is %q, want the replica", master)
	}

	recipe, want = lines("second", 2, 3, 2)
	job = c.submit(recipe)
	c.running(job.ID)
	c.run("docker", "kill", "--signal", "KILL", c.containers("scheduler")[0])
	c.farm = second
	c.noFailure(c.completed(job.ID, want))
}
