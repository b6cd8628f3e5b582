package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/artdag/artdag/servicetest"
)

// The commands for a farm, on a real one in a process of its own.
func TestFarmScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/farm", RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			home := env.WorkDir + "/home"
			env.Setenv("HOME", home)
			env.Setenv("ARTDAG_CACHE_DIR", env.WorkDir+"/cache")
			return os.Mkdir(home, 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "closing": checkClosing, "remember": remember, "farm": startFarm, "leaves": leaves,
		},
	})
}

// A farm is backed up and restored on either database. The scripts are the same.
func TestBackupScripts(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(work, name string) string{
		"sqlite":   func(work, name string) string { return "sqlite://" + work + "/" + name + ".db" },
		"postgres": func(string, string) string { return servicetest.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir: "testdata/backup", RequireExplicitExec: true,
				Setup: func(env *testscript.Env) error {
					home := env.WorkDir + "/home"
					env.Setenv("HOME", home)
					env.Setenv("ARTDAG_CACHE_DIR", env.WorkDir+"/cache")
					env.Setenv("FIRST_DATABASE", database(env.WorkDir, "first"))
					env.Setenv("SECOND_DATABASE", database(env.WorkDir, "second"))
					return os.Mkdir(home, 0o755)
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"exits": exits, "closing": checkClosing, "remember": remember, "farm": startFarm, "farmstops": stopFarm,
				},
			})
		})
	}
}

// farmstops: interrupts the farm and waits for its end.
func stopFarm(ts *testscript.TestScript, _ bool, _ []string) {
	pid, err := strconv.Atoi(ts.ReadFile("up.pid"))
	ts.Check(err)
	ts.Check(syscall.Kill(pid, syscall.SIGINT))
	for range 600 {
		if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err != nil || strings.Contains(string(state), ") Z ") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("the farm does not end: %s", ts.ReadFile("up.log"))
}

// farm ARGS...: starts artdag up with these arguments, and sets ARTDAG_SERVER
// when it serves. It ends with the script.
func startFarm(ts *testscript.TestScript, _ bool, args []string) {
	log, err := os.Create(ts.MkAbs("up.log"))
	ts.Check(err)
	cmd := command(ts, append([]string{"up", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Check(os.WriteFile(ts.MkAbs("up.pid"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o644))
	ended := make(chan struct{})
	ts.Defer(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
		}
		_ = cmd.Wait()
		_ = log.Close()
	})
	found := make(chan string, 1)
	go func() {
		defer close(ended)
		url := regexp.MustCompile(`http://[0-9.:]+`)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if u := url.FindString(lines.Text()); u != "" && len(found) == 0 {
				found <- u
			}
		}
		close(found)
	}()
	u, ok := <-found
	if !ok {
		ts.Fatalf("artdag up ended: %s", ts.ReadFile("up.log"))
	}
	ts.Setenv("ARTDAG_SERVER", u)
}

// command is this program with the environment of the script.
func command(ts *testscript.TestScript, args ...string) *exec.Cmd {
	path, err := exec.LookPath("artdag")
	if p := findIn(ts.Getenv("PATH"), "artdag"); p != "" {
		path, err = p, nil
	}
	ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = os.Environ()
	for _, name := range []string{"HOME", "PATH", "ARTDAG_CACHE_DIR", "ARTDAG_SERVER"} {
		if value := ts.Getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd
}

func findIn(path, name string) string {
	for dir := range strings.SplitSeq(path, string(os.PathListSeparator)) {
		if _, err := os.Stat(dir + "/" + name); err == nil {
			return dir + "/" + name
		}
	}
	return ""
}

// leaves REGEXP ARGS...: runs artdag until it says that on stderr, interrupts
// it, and expects exit code 4. What it said is in the file said.
func leaves(ts *testscript.TestScript, _ bool, args []string) {
	cmd := command(ts, args[1:]...)
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	giveUp := time.AfterFunc(60*time.Second, func() { _ = cmd.Process.Kill() })
	defer giveUp.Stop()
	cue := regexp.MustCompile(args[0])
	var said strings.Builder
	interrupted := false
	for lines := bufio.NewScanner(io.TeeReader(stderr, &said)); lines.Scan(); {
		if !interrupted && cue.MatchString(lines.Text()) {
			interrupted = true
			ts.Check(cmd.Process.Signal(os.Interrupt))
		}
	}
	err = cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs("said"), []byte(said.String()), 0o644))
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !interrupted || !ok || exit.ExitCode() != exitInterrupted {
		ts.Fatalf("artdag %q: %v, want exit code 4 after %q; it said:\n%s", args[1:], err, args[0], said.String())
	}
}
