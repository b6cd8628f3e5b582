//go:build cluster

package deploytest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The names of the farm's machine and of another one in these tests.
const farmName, otherName = "farm.test", "other.test"

// secured is a farm that is reached over TLS. Ports are published on the address
// that this machine has in the engine's own network: containers of other
// networks reach it, and no other machine does.
type secured struct {
	*cluster
	certs, machine, folder    string
	https, redisPort, outside string // of the API, of Redis, of the worker elsewhere
}

// TestTLS has one farm for all of it, as TestCluster has.
func TestTLS(t *testing.T) {
	s := newSecured(t)
	s.workers(1)
	for _, part := range []struct {
		name string
		run  func(secured)
	}{
		{"the API answers over HTTPS", answersOverTLS},
		{"a job with an upload goes through", uploadOverTLS},
		{"who does not know the authority is told so", authorityUnknown},
		{"services speak TLS", servicesSpeakTLS},
		{"a worker of another machine takes part", otherMachine},
	} {
		if !t.Run(part.name, func(t *testing.T) { in := s; in.cluster = s.in(t); part.run(in) }) {
			t.FailNow()
		}
	}
}

func newSecured(t *testing.T) secured {
	t.Helper()
	ports := freePorts(t, 3)
	s := secured{folder: t.TempDir(), https: ports[0], redisPort: ports[1], outside: ports[2]}
	s.certs, s.machine = filepath.Join(s.folder, "certs"), bridge(t)
	for name, value := range map[string]string{
		"ARTDAG_CERTS": s.certs, "ARTDAG_TLS_NAME": farmName, "ARTDAG_TLS_PORT": s.https, "ARTDAG_TLS_BIND": s.machine,
		"ARTDAG_REDIS_PORT": s.redisPort, "ARTDAG_REDIS_BIND": s.machine, "ARTDAG_CADDY_IMAGE": needed(t, "caddy", "images-caddy"),
	} {
		t.Setenv(name, value)
	}
	for _, args := range [][]string{{farmName, s.machine}, {"--worker", otherName}} {
		if out, err := exec.Command("../tls/certificates.sh", args...).CombinedOutput(); err != nil {
			t.Fatalf("certificates.sh %q: %v\n%s", args, err, out)
		}
	}
	knows := s.knowing("scheduler", otherName)
	s.cluster = newCluster(t, 1, "deploy/compose.tls.yml", "deploy/compose.tls-services.yml", knows)
	return s
}

// bridge is the address of this machine in the engine's own network, which the
// engine itself does not always tell.
func bridge(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("docker", "network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", "bridge").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, subnet, err := net.ParseCIDR(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := net.InterfaceAddrs()
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && subnet.Contains(ip.IP) {
			return ip.IP.String()
		}
	}
	t.Fatalf("this machine has no address in %s, the engine's own network: %v", subnet, err)
	return ""
}

// needed is an image that a target of the Makefile builds.
func needed(t *testing.T, image, target string) string {
	t.Helper()
	image = "artdag/" + image + ":" + version()
	if out, err := exec.Command("docker", "image", "inspect", image).CombinedOutput(); err != nil {
		t.Fatalf("there is no image %s (OFFLINE=1 make %s): %v\n%s", image, target, err, out)
	}
	return image
}

// version is the tag of the images that the tests use.
func version() string {
	if v := os.Getenv("ARTDAG_VERSION"); v != "" {
		return v
	}
	return "latest"
}

// knowing is an overlay with which a service finds the machine under a name, as
// a name server would have it do.
func (s secured) knowing(service, name string) string {
	file := filepath.Join(s.folder, service+"-knows.yml")
	text := fmt.Sprintf("services: {%s: {extra_hosts: [\"%s:%s\"]}}\n", service, name, s.machine)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		panic(err) // the folder is the test's own
	}
	return file
}

// trust is the farm's authority.
func (s secured) trust() *x509.CertPool {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.certs, "ca.pem"))
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(text) {
		s.t.Fatalf("ca.pem is not the certificate of an authority: %v", err)
	}
	return pool
}

func (s secured) address() string { return "https://" + s.machine + ":" + s.https }

func answersOverTLS(s secured) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.trust()}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	for token, want := range map[string]int{s.token: http.StatusOK, "": http.StatusUnauthorized, "guessed": http.StatusUnauthorized} {
		r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.address()+"/api/v1/jobs", nil)
		if err != nil {
			s.t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := (&http.Client{Transport: transport}).Do(r)
		if err != nil {
			s.t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want || answer.ProtoMajor != 2 || answer.Header.Get("Strict-Transport-Security") == "" {
			s.t.Errorf("with a token of %d bytes it answers %s over %s with %v, want %d over HTTP/2 and HSTS", len(token), answer.Status, answer.Proto, answer.Header, want)
		}
	}
	if answer, err := http.Get("http://" + s.machine + ":" + s.https + "/healthz"); err == nil {
		answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest {
			s.t.Errorf("without TLS it answers %s, want 400", answer.Status)
		}
	}
}

// uploaded is a recipe with an input, and what it makes of these bytes.
func uploaded(text string) (recipe, want string) {
	return "name: uploaded\ninputs: {note: {kind: data}}\nnodes:\n" +
		"  - {id: twice, type: COMMAND, inputs: [note], config: {argv: [sh, -c, 'cat \"$1\" \"$1\" > \"$0\"', \"{out}\", \"{in[0]}\"]}}\noutputs: [twice]\n", text + text
}

// submit has the command line upload, submit and fetch; it returns what the
// program said.
func (s secured) submitted(text string, env ...string) (made, said string, err error) {
	s.t.Helper()
	folder := s.t.TempDir()
	recipe, _ := uploaded(text)
	for name, content := range map[string]string{"recipe.yaml": recipe, "note.txt": text} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	part := *s.cluster
	part.env = append(bare(), env...)
	part.env = append(part.env, "ARTDAG_TOKEN="+s.token, "ARTDAG_CACHE_DIR="+filepath.Join(folder, "cache"))
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	said, err = part.try(ctx, s.artdag, "submit", filepath.Join(folder, "recipe.yaml"), "-i", "note="+filepath.Join(folder, "note.txt"),
		"--wait", "-o", filepath.Join(folder, "made.txt"), "--server", s.address())
	content, _ := os.ReadFile(filepath.Join(folder, "made.txt")) // there is none when it fails
	return string(content), said, err
}

// bare is the environment without the settings of the compose files.
func bare() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "ARTDAG_") || strings.HasPrefix(entry, "SSL_CERT_")
	})
}

func uploadOverTLS(s secured) {
	text := strings.Repeat("over TLS ", 1<<20) // more than one read of anybody
	_, want := uploaded(text)
	made, said, err := s.submitted(text, "SSL_CERT_FILE="+filepath.Join(s.certs, "ca.pem"))
	if err != nil || made != want {
		s.t.Errorf("the job came to %d bytes, want %d: %v\n%s", len(made), len(want), err, said)
	}
}

func authorityUnknown(s secured) {
	_, said, err := s.submitted("not sent")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || !strings.Contains(said, "certificate signed by unknown authority") || !strings.Contains(said, "SSL_CERT_FILE") {
		s.t.Errorf("it ended with %v and said %q, want exit code 3 and what to do about the authority", err, said)
	}
	if strings.Contains(said, "trying again") {
		s.t.Errorf("it tried again, which does not help: %q", said)
	}
}

// Redis and PostgreSQL say so themselves.
func servicesSpeakTLS(s secured) {
	redis := s.containers("redis")[0]
	got, err := s.try(s.t.Context(), "docker", "exec", redis, "redis-cli", "ping")
	if err == nil && strings.Contains(got, "PONG") {
		s.t.Error("Redis answers without TLS")
	}
	got = s.run("docker", "exec", redis, "redis-cli", "--tls", "--cacert", "/certs/ca.pem", "-h", "localhost", "ping")
	if got != "PONG" {
		s.t.Errorf("Redis answers %q over TLS", got)
	}
	sessions := s.run("docker", "exec", s.containers("postgres")[0], "psql", "-h", "/tmp", "-U", "artdag", "-At", "-F", " ", "-c",
		"SELECT ssl, count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_port > 0 AND client_addr <> '127.0.0.1' GROUP BY ssl")
	if !strings.HasPrefix(sessions, "t ") || strings.Contains(sessions, "\n") {
		s.t.Errorf("PostgreSQL has sessions %q, want some, and all of them over TLS", sessions)
	}
}

// A worker in a network of its own, which knows the farm by its name only. Alone
// it reads what was uploaded and its result is read from it; then it works with
// one of the farm's machine.
func otherMachine(s secured) {
	other := *s.cluster
	other.project += "other"
	other.env = append(slices.Clone(s.env), "ARTDAG_CERTS="+filepath.Join(s.certs, "workers", otherName), "ARTDAG_PEER_BIND="+s.machine,
		"ARTDAG_PEER_PORT="+s.outside, "ARTDAG_SERVER=https://"+farmName+":"+s.https, "ARTDAG_ADVERTISE=https://"+otherName+":"+s.outside)
	other.compose = append(composeCommand(s.t), "--project-name", other.project, "--project-directory", ".", "--file", "deploy/compose.remote.yml",
		"--file", "deploy/compose.tls-remote.yml", "--file", s.knowing("worker", farmName))
	defer other.remove()
	s.up(0)
	other.up(1)
	other.healthy("worker")
	if w := s.workers(1)[0]; w.Address != "https://"+otherName+":"+s.outside {
		s.t.Fatalf("the worker is reached at %s", w.Address)
	}
	_, want := uploaded("elsewhere")
	if made, said, err := s.submitted("elsewhere", "SSL_CERT_FILE="+filepath.Join(s.certs, "ca.pem")); err != nil || made != want {
		s.t.Fatalf("the job came to %q, want %q: %v\n%s", made, want, err, said)
	}
	s.up(1)
	s.workers(2)
	recipe, want := lines("two-machines", 8, 1, 1)
	job := s.completed(s.submit(recipe).ID, want)
	s.noFailure(job)
	if by := s.executed(job.ID); len(by) != 2 {
		s.t.Errorf("%v worked on it, want both", by)
	}
	other.composed("stop", "--timeout", "30") // it drains
	s.workers(1)
}

// executed counts the steps of a job by worker.
func (c *cluster) executed(id string) map[string]int {
	c.t.Helper()
	steps, err := c.farm.Steps(c.t.Context(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	by := make(map[string]int)
	for _, step := range steps {
		by[step.Worker]++
	}
	return by
}

// healthy waits until the engine says so of the only container of a service.
func (c *cluster) healthy(service string) {
	c.t.Helper()
	c.until(time.Minute, service+" is healthy", func() error {
		if got := c.run("docker", "inspect", "--format", "{{.State.Health.Status}}", c.containers(service)[0]); got != "healthy" {
			return errors.New(got)
		}
		return nil
	})
}
