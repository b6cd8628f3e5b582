package deploytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/farm/farmtest"
)

const metricsToken = "0123456789abcdef-metrics"

// wish is a farm's API that asks for some number of workers.
type wish struct {
	*httptest.Server
	desired, asked atomic.Int64
	broken         atomic.Bool
	query          atomic.Value // of the last request, string
}

func newWish(t *testing.T, desired int64) *wish {
	t.Helper()
	w := &wish{}
	w.desired.Store(desired)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/scale", func(out http.ResponseWriter, r *http.Request) {
		defer w.asked.Add(1)
		w.query.Store(r.URL.RawQuery)
		switch n := int(w.desired.Load()); {
		case r.Header.Get("Authorization") != "Bearer "+metricsToken:
			out.WriteHeader(http.StatusUnauthorized)
		case w.broken.Load():
			http.Error(out, `{"desired":99}`, http.StatusServiceUnavailable)
		default: // groups ask for numbers of their own
			_ = json.NewEncoder(out).Encode(api.Scale{Desired: n, Living: 1, Groups: []api.ScaleGroup{{Class: "gpu", Desired: 77}}})
		}
	})
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Server.Close)
	return w
}

// scaler is a running autoscale.sh.
type scaler struct {
	t      *testing.T
	engine engine
	mu     sync.Mutex
	out    bytes.Buffer
}

// Write takes what the script says.
func (s *scaler) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

func (s *scaler) said() string { s.mu.Lock(); defer s.mu.Unlock(); return s.out.String() }

func tokenFile(t *testing.T, token string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// follow starts the script, until the test ends.
func follow(t *testing.T, e engine, url, token string, args ...string) *scaler {
	t.Helper()
	s := &scaler{t: t, engine: e}
	cmd := exec.Command(filepath.Join("..", "autoscale.sh"), append([]string{"--server", url, "--token-file", tokenFile(t, token), "--every", "1s"}, args...)...)
	cmd.Env = append(os.Environ(), e.path())
	cmd.Stdout, cmd.Stderr = s, s
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // an error says that it has ended
		if err := cmd.Wait(); err != nil {
			t.Errorf("autoscale.sh does not end cleanly: %v", err)
		}
		if t.Failed() {
			t.Logf("autoscale.sh said:\n%s\nand asked for:\n%s", s.said(), strings.Join(e.asked(""), "\n"))
		}
	})
	return s
}

// becomes waits until there are so many workers.
func (s *scaler) becomes(want int) {
	s.t.Helper()
	farmtest.Until(s.t, time.Minute, fmt.Sprintf("there are %d workers", want), func() error {
		if got := s.engine.workers(); got != want {
			return fmt.Errorf("there are %d", got)
		}
		return nil
	})
}

// says waits until the script has said something.
func (s *scaler) says(text string) {
	s.t.Helper()
	farmtest.Until(s.t, time.Minute, fmt.Sprintf("it says %q", text), func() error {
		if said := s.said(); !strings.Contains(said, text) {
			return fmt.Errorf("it said %q", said)
		}
		return nil
	})
}

// rounds waits until the farm was asked some more times.
func (w *wish) rounds(t *testing.T, n int64) {
	t.Helper()
	from := w.asked.Load()
	farmtest.Until(t, time.Minute, fmt.Sprintf("it was asked %d more times", n), func() error {
		if got := w.asked.Load() - from; got < n {
			return fmt.Errorf("it was asked %d times", got)
		}
		return nil
	})
}

func TestAutoscaleFollowsWithinBounds(t *testing.T) {
	t.Parallel()
	w, e := newWish(t, 3), newEngine(t, 1, true)
	s := follow(t, e, w.URL, metricsToken, "--min", "2", "--max", "5", "--quiet", "3s")
	s.becomes(3)
	if got, want := e.asked(" up ")[0], "docker compose up -d --no-recreate --scale worker=3 worker"; got != want {
		t.Errorf("it asks for %q, want %q", got, want)
	}
	w.desired.Store(500)
	s.becomes(5)
	began := time.Now()
	w.desired.Store(0)
	s.becomes(2)
	if took := time.Since(began); took < 3*time.Second {
		t.Errorf("it went down after %v, want 3 s of quiet first", took)
	}
	if n := len(e.asked(" up ")); n != 3 {
		t.Errorf("it asked for %d changes, want 3: %q", n, e.asked(" up "))
	}
}

// A number that comes and goes keeps what it needs.
func TestAutoscaleWaitsForQuiet(t *testing.T) {
	t.Parallel()
	w, e := newWish(t, 4), newEngine(t, 4, true)
	s := follow(t, e, w.URL, metricsToken, "--quiet", "8s")
	w.rounds(t, 1)
	for range 3 { // fewer for less than the quiet
		w.desired.Store(1)
		w.rounds(t, 2)
		w.desired.Store(4)
		w.rounds(t, 2)
	}
	if changes := e.asked(" up "); len(changes) > 0 {
		t.Errorf("it asked for %q", changes)
	}
	w.desired.Store(3) // the largest of what was wanted meanwhile stays
	w.rounds(t, 2)
	w.desired.Store(1)
	s.becomes(3)
	s.becomes(1)
}

func TestAutoscaleKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	t.Run("wrong token", func(t *testing.T) {
		t.Parallel()
		w, e := newWish(t, 5), newEngine(t, 1, true)
		s := follow(t, e, w.URL, "0123456789abcdef-wrong")
		s.says("refuses the token in")
		w.rounds(t, 2)
		if n := strings.Count(s.said(), "refuses the token"); n != 1 || e.workers() != 1 {
			t.Errorf("it complained %d times, want once; there are %d workers, want 1", n, e.workers())
		}
		if strings.Contains(s.said(), "0123456789abcdef") || len(e.asked("0123456789abcdef")) > 0 {
			t.Error("the token is shown")
		}
	})
	t.Run("the farm is unwell", func(t *testing.T) {
		t.Parallel()
		w, e := newWish(t, 5), newEngine(t, 2, true)
		w.broken.Store(true)
		s := follow(t, e, w.URL, metricsToken)
		s.says("answers 503")
		w.rounds(t, 2)
		if e.workers() != 2 {
			t.Errorf("there are %d workers, want 2", e.workers())
		}
		w.broken.Store(false)
		s.becomes(5)
	})
	t.Run("nobody answers", func(t *testing.T) {
		t.Parallel()
		w, e := newWish(t, 5), newEngine(t, 2, true)
		url := w.URL
		w.Close()
		s := follow(t, e, url, metricsToken, "--min", "4")
		s.says("does not answer")
		if len(e.asked(" up ")) > 0 {
			t.Errorf("it asked for %q", e.asked(" up "))
		}
	})
	t.Run("compose fails", func(t *testing.T) {
		t.Parallel()
		w, e := newWish(t, 5), newEngine(t, 2, true)
		e.write("broken", "")
		s := follow(t, e, w.URL, metricsToken)
		s.says("could not: trying again")
		if err := os.Remove(filepath.Join(e.dir, "broken")); err != nil {
			t.Fatal(err)
		}
		s.becomes(5)
	})
}

func TestAutoscaleWithDockerCompose(t *testing.T) {
	t.Parallel()
	w, e := newWish(t, 2), newEngine(t, 0, false)
	s := follow(t, e, w.URL, metricsToken, "--class", "gpu", "--tag", "large")
	s.becomes(2)
	if got, want := e.asked(" up ")[0], "docker-compose up -d --no-recreate --scale worker=2 worker"; got != want {
		t.Errorf("it asks for %q, want %q", got, want)
	}
	if got := w.query.Load(); got != "class=gpu&tag=large" {
		t.Errorf("it asks with %q", got)
	}
}

func TestAutoscaleRefusesWrongArguments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, says string }{
		{"--min 5 --max 2", "--min 5 is more than --max 2"},
		{"--min x", "--min x: give a whole number"},
		{"--every 5d", "--every 5d: give a whole number"},
		{"--every 0", "a second or more"},
		{"--tag large", "without --class"},
		{"--frequency 5", "unknown: --frequency"},
		{"--min", "deploy/autoscale.sh [--min 1]"},
	} {
		cmd := exec.CommandContext(t.Context(), filepath.Join("..", "autoscale.sh"), strings.Fields(c.args)...)
		cmd.Env = append(os.Environ(), newEngine(t, 1, true).path())
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), c.says) {
			t.Errorf("autoscale.sh %s: %v, %q; want exit code 2 and %q", c.args, err, out, c.says)
		}
	}
}
