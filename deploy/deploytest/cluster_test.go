//go:build cluster

package deploytest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
)

// cluster is one farm in containers.
type cluster struct {
	t           *testing.T
	project     string
	compose     []string // the command, with project and files
	services    []string // to start; none means all
	env         []string
	secrets     string
	url, queues string
	token       string
	artdag      string // the command line program
	farm        *client.Client
}

// newCluster starts a farm and waits until it works. It is gone with the test.
func newCluster(t *testing.T, workers int, overlays ...string) *cluster {
	t.Helper()
	c := unstarted(t, overlays...)
	c.up(workers)
	return c
}

// unstarted is a farm with secrets, of which nothing runs yet.
func unstarted(t *testing.T, overlays ...string) *cluster {
	t.Helper()
	c := &cluster{t: t, project: "artdagtest" + strings.ToLower(rand.Text()[:8]), artdag: program(t)}
	c.compose = append(composeCommand(t), "--project-name", c.project, "--file", "docker-compose.yml")
	for _, overlay := range overlays {
		c.compose = append(c.compose, "--file", overlay)
	}
	c.secrets = filepath.Join(t.TempDir(), "secrets")
	ports := freePorts(t, 2)
	c.env = append(os.Environ(), "ARTDAG_SECRETS="+c.secrets, "ARTDAG_PORT="+ports[0], "ARTDAG_QUEUES_PORT="+ports[1],
		"ARTDAG_GRACE=5s", "ARTDAG_WORKER_CACHE=1GB", "ARTDAG_SCHEDULER_CACHE=1GB", "ARTDAG_IPFS_SIZE=1GB", "COMPOSE_HTTP_TIMEOUT=300")
	c.url, c.queues = "http://127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1]
	c.run("deploy/secrets.sh", c.secrets)
	t.Cleanup(c.remove)
	c.token = c.secret("user.token")
	var err error
	if c.farm, err = client.New(c.url, client.Options{Token: c.token, Patience: time.Minute}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.farm.Close)
	return c
}

// composeCommand is docker compose, else docker-compose, whichever is installed.
func composeCommand(t *testing.T) []string {
	t.Helper()
	for _, command := range [][]string{{"docker", "compose"}, {"docker-compose"}} {
		if exec.Command(command[0], append(command[1:], "version")...).Run() == nil {
			return command
		}
	}
	t.Fatal("neither docker compose nor docker-compose is installed")
	return nil
}

// program builds the command line program as users have it.
func program(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "artdag")
	if out, err := exec.Command("go", "build", "-o", file, "github.com/artdag/artdag/cmd/artdag").CombinedOutput(); err != nil {
		t.Fatalf("build artdag: %v\n%s", err, out)
	}
	return file
}

func freePorts(t *testing.T, n int) []string {
	t.Helper()
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // all at once, so that they differ
		ports = append(ports, fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	}
	return ports
}

// try runs a command at the root of the module.
func (c *cluster) try(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), c.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), err
}

func (c *cluster) run(args ...string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute) // cleanups run when the test's own is over
	defer cancel()
	out, err := c.try(ctx, args...)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

func (c *cluster) composed(args ...string) string {
	c.t.Helper()
	return c.run(append(append([]string{}, c.compose...), args...)...)
}

func (c *cluster) up(workers int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 4*time.Minute)
	defer cancel()
	_, err := c.try(ctx, slices.Concat(c.compose, []string{"up", "-d", "--no-build", "--scale", fmt.Sprintf("worker=%d", workers)}, c.services)...)
	if err != nil {
		c.t.Fatalf("%v\n%s", err, c.composed("logs", "--tail=30"))
	}
}

// remove takes the farm down and says what its parts said if the test failed.
func (c *cluster) remove() {
	if c.t.Failed() {
		c.t.Log(c.composed("logs", "--no-color", "--tail=60"))
	}
	c.composed("down", "--volumes", "--timeout", "5")
	for _, left := range c.left() {
		c.t.Errorf("left behind: %s", left)
	}
}

// left is what the engine still has of the project.
func (c *cluster) left() []string {
	label := "label=com.docker.compose.project=" + c.project
	var all []string
	for _, list := range [][]string{{"ps", "--all"}, {"volume", "ls"}, {"network", "ls"}} {
		all = append(all, strings.Fields(c.run(append(append([]string{"docker"}, list...), "--quiet", "--filter", label)...))...)
	}
	return all
}

// containers are the ids of a service, or of all when the name is empty.
func (c *cluster) containers(service string) []string {
	c.t.Helper()
	args := []string{"docker", "ps", "--quiet", "--no-trunc", "--filter", "label=com.docker.compose.project=" + c.project}
	if service != "" {
		args = append(args, "--filter", "label=com.docker.compose.service="+service)
	}
	return strings.Fields(c.run(args...))
}

func (c *cluster) secret(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.secrets, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// until polls a condition.
func (c *cluster) until(limit time.Duration, what string, condition func() error) {
	c.t.Helper()
	var err error
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if err = condition(); err == nil {
			return
		}
	}
	c.t.Fatalf("after %v not yet: %s: %v", limit, what, err)
}

// workers waits until that many live and returns them.
func (c *cluster) workers(n int) (all []api.Worker) {
	c.t.Helper()
	c.until(2*time.Minute, fmt.Sprintf("%d workers", n), func() (err error) {
		if all, err = c.farm.Workers(c.t.Context()); err == nil && len(all) != n {
			err = fmt.Errorf("%d workers: %+v", len(all), all)
		}
		return err
	})
	return all
}

func (c *cluster) submit(recipe string) api.Job {
	c.t.Helper()
	job, err := c.farm.Submit(c.t.Context(), api.Submission{Recipe: recipe})
	if err != nil {
		c.t.Fatal(err)
	}
	return job
}

// running waits until a worker runs a step of the job and returns its host, the
// beginning of its container's id.
func (c *cluster) running(id string) (host string) {
	c.t.Helper()
	c.until(time.Minute, "a step runs", func() error {
		steps, err := c.farm.Steps(c.t.Context(), id)
		if err != nil {
			return err
		}
		workers, err := c.farm.Workers(c.t.Context())
		for _, w := range workers {
			for _, s := range steps {
				if s.Status == "RUNNING" && s.Worker == w.ID && w.Host != "" {
					host = w.Host
					return nil
				}
			}
		}
		return fmt.Errorf("none of %+v (%w)", steps, err)
	})
	return host
}

// completed waits until the job is over, and expects these bytes of it.
func (c *cluster) completed(id, want string) api.Job {
	c.t.Helper()
	var job api.Job
	c.until(3*time.Minute, "the job is completed", func() (err error) {
		if job, err = c.farm.Job(c.t.Context(), id); err == nil && job.Status != "COMPLETED" {
			err = fmt.Errorf("%+v", job)
		}
		return err
	})
	if len(job.Outputs) != 1 {
		c.t.Fatalf("outputs: %+v", job.Outputs)
	}
	body, _, err := c.farm.Open(c.t.Context(), job.Outputs[0].Content, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	defer body.Close()
	if got, err := io.ReadAll(body); err != nil || string(got) != want {
		c.t.Errorf("the job came to %q (%v), want %q", got, err, want)
	}
	return job
}

// lines is a recipe of wide lines of long steps, each of which takes some
// seconds without using a core, and what it makes.
func lines(name string, wide, long int, seconds float64) (recipe, want string) {
	var b, made strings.Builder
	b.WriteString("name: " + name + "\nnodes:\n")
	var ends, args string
	for w := range wide {
		for l := range long {
			from, cat := "", ""
			if l > 0 {
				from, cat = fmt.Sprintf(", inputs: [s%d-%d]", w, l-1), `, "{in[0]}"`
			}
			fmt.Fprintf(&b, "  - {id: s%d-%d, type: COMMAND, config: {argv: [sh, -c, 'sleep %g; ( [ -z \"$1\" ] || cat \"$1\"; echo %s %d %d ) > \"$0\"', \"{out}\"%s]}%s}\n",
				w, l, seconds, name, w, l, cat, from)
			fmt.Fprintf(&made, "%s %d %d\n", name, w, l)
		}
		ends += fmt.Sprintf(", s%d-%d", w, long-1)
		args += fmt.Sprintf(`, "{in[%d]}"`, w)
	}
	fmt.Fprintf(&b, "  - {id: all, type: COMMAND, config: {argv: [sh, -c, 'out=$0; cat \"$@\" > \"$out\"', \"{out}\"%s]}, inputs: [%s]}\noutputs: [all]\n", args, ends[2:])
	return b.String(), made.String()
}

// inspected is what the engine says of a container.
type inspected struct {
	Name   string
	Config struct {
		User string
		Env  []string
	}
	HostConfig struct {
		ReadonlyRootfs, Privileged bool
		CapDrop, SecurityOpt       []string
		Memory, PidsLimit          int64
		PortBindings               map[string][]struct{ HostIp, HostPort string }
	}
}

func (c *cluster) inspect(id string) (one inspected, raw string) {
	c.t.Helper()
	raw = c.run("docker", "inspect", id)
	var all []inspected
	if err := json.Unmarshal([]byte(raw), &all); err != nil || len(all) != 1 {
		c.t.Fatalf("docker inspect: %v: %s", err, raw)
	}
	return all[0], raw
}

func status(t *testing.T, url, user, password string) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		r.SetBasicAuth(user, password)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}
