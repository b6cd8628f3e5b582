package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// burst makes processes until it may not, or has too many, and says how many.
const burst = `my $n = 1; while ($n < 5000) { my $pid = fork; last unless defined $pid; sleep 1000 unless $pid; $n++ } print $n`

// most counts what burst can make while nobody samples.
func most(ctx context.Context, s *Sandbox, dir string) (int64, error) {
	s.every = time.Hour
	var out bytes.Buffer
	cmd := Command{Tool: "perl", Args: []string{"-e", burst}, Dir: dir, Stdout: &out, Stderr: &out, Processes: 20}
	if err := s.Run(ctx, cmd); err != nil {
		return 0, fmt.Errorf("%w: %s", err, out.String())
	}
	return strconv.ParseInt(out.String(), 10, 64)
}

// The kernel holds a tool to its threads before anyone counts them.
func TestTheKernelBoundsThreads(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		if s.limits.parent == "" && s.limits.pids == "" {
			t.Skip("this user may make no cgroup here: the next test has what holds then")
		}
		n, err := most(t.Context(), s, t.TempDir())
		if want := s.limits.tasks(20); err != nil || n < 20 || n > want {
			t.Errorf("%d processes, %v; want at most %d", n, err, want)
		}
	})
}

// It holds a user who may make no cgroup to them as well.
func TestTheKernelBoundsThreadsOfAnyUser(t *testing.T) {
	t.Parallel()
	// One after the other: it is one user.
	for kind, want := range map[string]int64{"bubblewrap": newLimiter().tasks(20), "landlock": 3 * fewThreads} {
		t.Run(kind, func(t *testing.T) {
			out, err := asAnyone(t, kind)
			n, _ := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
			if err != nil || n < 20 || n > want {
				t.Errorf("%q processes, %v; want at most %d", out, err, want)
			}
		})
	}
}

// asAnyone has another user run bursting.
func asAnyone(t *testing.T, kind string) (string, error) {
	dir, program := filepath.Join(t.TempDir(), "dir"), filepath.Join(t.TempDir(), "program")
	test, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(program, test, 0o755)
	}
	if err == nil {
		err = os.Mkdir(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	anyone := exec.Command(program)
	anyone.Dir, anyone.Env, anyone.Stderr = dir, append(os.Environ(), "SANDBOX_TEST_BURST="+dir, "SANDBOX_TEST_KIND="+kind), t.Output()
	if os.Getuid() == 0 {
		anyone.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: false}}
		open(t, dir)
		open(t, filepath.Dir(program))
	}
	out, err := anyone.Output()
	return string(out), err
}

// However many processes a call may have, it leaves threads to this process.
func TestACallHasAShareOfTheThreads(t *testing.T) {
	t.Parallel()
	if n, most := newLimiter().tasks(1<<20), share(); n != most || most < 64 || most > 1<<20 {
		t.Errorf("a call may have %d threads, the share is %d", n, most)
	}
}

const nobody = 65534

// open lets anyone use the folder, which is in one of the test's.
func open(t *testing.T, dir string) {
	t.Helper()
	for _, dir := range []string{dir, filepath.Dir(dir), filepath.Dir(filepath.Dir(dir))} {
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
}

// fewThreads is a quarter of those that there are for a supervised tool.
const fewThreads = 400

// bursting is what another user runs: it says how many processes there were.
func bursting(dir, kind string) error {
	options := Options{Reexec: true, Processes: 20}
	if kind == "landlock" {
		options.Without = []string{"bubblewrap"}
	}
	s, err := New(options)
	if err != nil {
		return err
	}
	defer s.Close()
	if !strings.HasPrefix(s.Kind(), kind) {
		return fmt.Errorf("confinement is %q, want %s", s.Kind(), kind)
	}
	s.limits = limiter{most: s.limits.most} // without a cgroup, even where this user may make one
	if kind == "landlock" {
		s.limits.most = fewThreads
	}
	n, err := most(context.Background(), s, dir)
	fmt.Println(n)
	return err
}
