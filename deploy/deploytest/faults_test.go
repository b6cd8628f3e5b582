//go:build cluster

package deploytest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/claim"
)

// A film with sound comes out of the farm with the bytes that one machine makes
// of the same recipe and inputs.
func filmIsTheSame(c *cluster) {
	folder := c.t.TempDir()
	video, music := filepath.Join(folder, "video.mp4"), filepath.Join(folder, "music.wav")
	c.run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=12", "-pix_fmt", "yuv420p", video)
	c.run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "aevalsrc=exprs='0.8*sin(880*PI*t)*exp(-20*mod(t,0.5))':s=44100:d=10", music)
	c.env = append(os.Environ(), "ARTDAG_TOKEN="+c.token, "ARTDAG_SERVER="+c.url)
	var films []string
	for _, how := range [][]string{{"run"}, {"submit", "--wait"}} {
		film := filepath.Join(folder, how[0]+".mp4")
		args := append([]string{c.artdag}, how...)
		c.run(append(args, "examples/beat-cut/beat-cut.yaml", "-i", "video="+video, "-i", "song="+music, "-o", film,
			"--cache-dir", filepath.Join(folder, how[0]))...)
		text, err := os.ReadFile(film)
		if err != nil {
			c.t.Fatal(err)
		}
		films = append(films, string(text))
	}
	if films[0] != films[1] || len(films[0]) == 0 {
		c.t.Errorf("one machine made %d bytes, the farm %d others", len(films[0]), len(films[1]))
	}
}

// Four workers do in less time what one does, and each takes part: there are as
// many steps as slots.
func moreAreFaster(c *cluster) {
	c.up(1)
	slots := c.workers(1)[0].Slots
	alone := c.timed(lines("alone", 4*slots, 1, 3))
	c.up(4)
	c.workers(4)
	four := c.timed(lines("four", 4*slots, 1, 3))
	c.t.Logf("%d steps of 3 s: %v with one worker, %v with four", 4*slots, alone, four)
	if four > alone*3/4 {
		c.t.Errorf("four workers took %v, one %v", four, alone)
	}
	jobs, err := c.farm.Jobs(c.t.Context(), client.JobQuery{})
	if err != nil {
		c.t.Fatal(err)
	}
	steps, err := c.farm.Steps(c.t.Context(), jobs.Jobs[0].ID)
	by := make(map[string]bool)
	for _, s := range steps {
		by[s.Worker] = true
	}
	if len(by) != 4 || err != nil {
		c.t.Errorf("%v worked on it (%v), want all four", by, err)
	}
}

// timed has a recipe made, and says how long that took.
func (c *cluster) timed(recipe, want string) time.Duration {
	c.t.Helper()
	began := time.Now()
	c.completed(c.submit(recipe).ID, want)
	return time.Since(began).Round(100 * time.Millisecond)
}

// Processes that double without end fail their step, and take nothing else along.
func bombed(c *cluster) {
	before := c.containers("worker")
	job := c.submit(`{name: bomb, nodes: [{id: b, type: COMMAND, config: {argv: [sh, -c, "f() {{ f | f & }}; f; sleep 1000", "{out}"]}}], outputs: [b]}`)
	c.until(8*time.Minute, "the step fails", func() (err error) {
		if job, err = c.farm.Job(c.t.Context(), job.ID); err == nil && job.Status != "FAILED" {
			err = fmt.Errorf("%+v", job)
		}
		return err
	})
	if !strings.Contains(job.Error, "more than 512 processes") {
		c.t.Errorf("it failed of %q", job.Error)
	}
	recipe, want := lines("unharmed", 4, 2, 0.1)
	c.noFailure(c.completed(c.submit(recipe).ID, want))
	if after := c.containers("worker"); !slices.Equal(before, after) {
		c.t.Errorf("the workers were %v and are %v", before, after)
	}
	for _, id := range before {
		if n := strings.TrimSpace(c.run("docker", "inspect", "--format", "{{.RestartCount}}", id)); n != "0" {
			c.t.Errorf("worker %s was restarted %s times", id[:12], n)
		}
	}
}

// Workers that are taken away finish what they run.
func takenAway(c *cluster) {
	recipe, want := lines("fewer", 4, 3, 3)
	job := c.submit(recipe)
	c.running(job.ID)
	c.up(1)
	c.noFailure(c.completed(job.ID, want))
	c.workers(1)
	c.up(3)
	c.workers(3)
}

// Each service is killed while a job runs, and comes back.
func servicesKilled(c *cluster) {
	for _, service := range []string{"scheduler", "redis", "postgres", "ipfs"} {
		recipe, want := lines("without-"+service, 3, 3, 2)
		job := c.submit(recipe)
		c.running(job.ID)
		c.run("docker", "kill", "--signal", "KILL", c.containers(service)[0])
		time.Sleep(3 * time.Second) // it is missed
		c.up(3)
		c.noFailure(c.completed(job.ID, want))
		c.workers(3)
	}
}

// A worker that the network loses for longer than its lease: another does its
// step, what it brings too late is refused, and it goes on once it is back.
func cutOff(c *cluster) {
	long := claim.Lease.Seconds() + 5
	recipe, want := lines("cut-off", 1, 1, long)
	job := c.submit(recipe)
	lost := c.running(job.ID)
	for _, network := range []string{"queue", "content"} {
		c.run("docker", "network", "disconnect", c.project+"_"+network, lost)
	}
	c.until(time.Minute, "another runs the step", func() error {
		if host := c.running(job.ID); host == lost {
			return fmt.Errorf("%s still has it", lost)
		}
		return nil
	})
	for _, network := range []string{"queue", "content"} {
		c.run("docker", "network", "connect", "--alias", "worker", c.project+"_"+network, lost)
	}
	c.noFailure(c.completed(job.ID, want))
	c.workers(3)
}

// The worker that alone has an intermediate is removed, with its folder.
func holderRemoved(c *cluster) {
	recipe, want := lines("held", 1, 2, 3)
	job := c.submit(recipe)
	holder := c.running(job.ID)
	if _, err := c.farm.Pause(c.t.Context(), job.ID); err != nil {
		c.t.Fatal(err)
	}
	c.until(time.Minute, "the first step is done", func() error {
		steps, err := c.farm.Steps(c.t.Context(), job.ID)
		if err == nil && !slices.ContainsFunc(steps, func(s api.Step) bool { return !s.Content.IsZero() }) {
			err = errors.New("it is not")
		}
		return err
	})
	c.run("docker", "exec", holder, "sh", "-c", `rm -rf "$(dirname "$(readlink /proc/1/fd/* | grep '/process.lock$')")"/*/output.*`)
	c.run("docker", "rm", "--force", holder)
	if _, err := c.farm.Resume(c.t.Context(), job.ID); err != nil {
		c.t.Fatal(err)
	}
	c.completed(job.ID, want)
	c.up(3)
	c.workers(3)
}

// All containers are thrown away; the volumes have what was.
func restarted(c *cluster) {
	before := c.history()
	c.composed("down", "--timeout", "20")
	c.up(3)
	c.workers(3)
	after := c.history()
	if len(before) == 0 || !reflect.DeepEqual(before, after) {
		c.t.Errorf("the jobs were %+v and are %+v", before, after)
	}
	for _, job := range after {
		for _, o := range job.Outputs {
			body, _, err := c.farm.Open(c.t.Context(), o.Content, 0)
			if err != nil {
				c.t.Errorf("the output of %s: %v", job.ID, err)
				continue
			}
			_ = body.Close()
		}
	}
}

// history is what the farm knows of its jobs, that of each which stays: once a
// job is over, all that becomes of it is that it is durable.
func (c *cluster) history() (all []api.Job) {
	c.t.Helper()
	list, err := c.farm.Jobs(c.t.Context(), client.JobQuery{})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, listed := range list.Jobs {
		job, err := c.farm.Job(c.t.Context(), listed.ID)
		if err != nil || job.Status == "COMPLETED" && len(job.Outputs) == 0 {
			c.t.Fatalf("job %s: %v, outputs %+v", listed.ID, err, job.Outputs)
		}
		all = append(all, api.Job{ID: job.ID, Status: job.Status, Error: job.Error, Outputs: job.Outputs, Created: job.Created, Finished: job.Finished})
	}
	return all
}

// A worker joins with one command, told no more than an address and the token.
func joined(c *cluster) {
	folder := c.t.TempDir()
	token := filepath.Join(folder, "worker_token")
	c.run("cp", filepath.Join(c.secrets, "worker_token"), token)
	c.run("chmod", "644", token)
	c.run("chmod", "755", folder)
	name := c.project + "-joined"
	c.run("docker", "create", "--name", name, "--read-only", "--tmpfs", "/tmp", "--tmpfs", "/data:uid=10001,gid=10001", "--cap-drop", "ALL",
		"--stop-timeout", "90", "--security-opt", "no-new-privileges", "--security-opt", "seccomp=deploy/seccomp-worker.json",
		"--network", c.project+"_queue", "-v", token+":/run/secrets/worker_token:ro", "artdag/worker:latest",
		"--server", "http://scheduler:8080", "--worker-token-file", "/run/secrets/worker_token", "--cache-root", "/data/caches",
		"--listen", "0.0.0.0:8081")
	defer c.run("docker", "rm", "--force", name)
	c.run("docker", "network", "connect", c.project+"_content", name)
	c.run("docker", "start", name)
	c.workers(4)
	c.run("docker", "stop", name) // drains
	c.workers(3)
}

// Who has no token is let in nowhere.
func strangersRefused(c *cluster) {
	stranger, err := client.New(c.url, client.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	defer stranger.Close()
	if _, err := stranger.Jobs(c.t.Context(), client.JobQuery{}); err == nil {
		c.t.Error("the API answers without a token")
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	out, err := c.try(ctx, "docker", "run", "--rm", "--network", c.project+"_queue", "--tmpfs", "/data", "artdag/worker:latest",
		"--server", "http://scheduler:8080", "--token", "guessed")
	if err == nil || !strings.Contains(out+err.Error(), "is the worker token right?") {
		c.t.Errorf("a worker with a wrong token: %v: %s", err, out)
	}
	c.workers(3)
}
