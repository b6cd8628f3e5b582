package cache

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/artdag/artdag/dag"
)

const (
	roleVariable = "ARTDAG_CACHE_TEST_ROLE"
	dirVariable  = "ARTDAG_CACHE_TEST_DIR"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(child(role))
	}
	goleak.VerifyTestMain(m)
}

// child is what the test binary does when it is started as a process of its
// own.
func child(role string) int {
	roles := map[string]func(dir string) error{
		"busy": busy, "once": once, "full": fullDisk, "readonly": readOnlyDisk,
	}
	if err := roles[role](os.Getenv(dirVariable)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func startChild(tb testing.TB, role, dir string, namespaces bool) *exec.Cmd {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role, dirVariable+"="+dir)
	cmd.Stderr = os.Stderr
	if namespaces { // to mount something of one's own
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
	}
	return cmd
}

// busy stores, links, evicts and indexes until it is killed, and says before
// each operation that it is there.
func busy(dir string) error {
	c, err := Open(dir, Options{Limit: 200_000})
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		fmt.Println(i)
		if err := errors.Join(busyPut(c, i), busyUpkeep(c, i)); err != nil {
			return err
		}
	}
}

func busyPut(c *Cache, i int) (err error) {
	s, err := c.Scratch("busy")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	out := Output{Multi: i%3 == 0, Path: filepath.Join(s.Dir, "out.mkv")}
	for n := range 3 {
		path := filepath.Join(s.Dir, fmt.Sprint(n))
		err = errors.Join(err, os.WriteFile(path, make([]byte, rand.IntN(5000)), 0o644))
		out.Members = append(out.Members, OutputMember{Name: fmt.Sprint(n), Path: path})
	}
	if err := errors.Join(err, os.WriteFile(out.Path, make([]byte, rand.IntN(5000)), 0o644)); err != nil {
		return err
	}
	name := fmt.Sprint(os.Getpid(), " ", i)
	e, err := c.Put(context.Background(), stepID(name), stepID(name+" resolved"), out)
	if err != nil {
		return err
	}
	_, err = c.Link(stepID(name+" link"), e)
	if errors.Is(err, ErrMissing) {
		return nil // evicted in the background
	}
	return err
}

func busyUpkeep(c *Cache, i int) error {
	_, err := c.PutSource(context.Background(), strings.NewReader(fmt.Sprint(i)), dag.ContentHash{})
	if err == nil && i%5 == 0 {
		err = c.snapshot()
	}
	if errors.Is(err, ErrMissing) {
		return nil
	}
	return err
}

func TestKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 15 {
		cmd := startChild(t, "busy", dir, false)
		out, err := cmd.StdoutPipe()
		if err := errors.Join(err, cmd.Start()); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 1 + rand.IntN(8) {
			lines.Scan()
		}
		for n := range rand.IntN(10_000_000) { // some instant within the operation
			_ = n
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil || lines.Err() != nil || cmd.ProcessState.Exited() {
			t.Fatalf("the process ended by itself: %v, %v", err, lines.Err())
		}
		afterKill(t, dir)
	}
}

// afterKill opens the cache that a killed process left and looks at everything.
func afterKill(t *testing.T, dir string) {
	t.Helper()
	c, err := Open(dir, Options{Limit: 200_000})
	if err != nil {
		t.Fatal(err)
	}
	sound(t, c)
	for _, name := range []string{"scratch", "holds"} {
		if left, err := os.ReadDir(c.path(name)); len(left) > 0 || err != nil {
			t.Errorf("%s has %v, %v", name, left, err)
		}
	}
	if err := c.Rebuild(t.Context()); err != nil {
		t.Error(err)
	}
	before, err := c.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.GC(t.Context(), before.Bytes, false); err != nil {
		t.Error(err)
	}
	after, err := c.Stats(t.Context())
	if after.Garbage != 0 || after.Bytes != before.Bytes-before.Garbage || err != nil {
		t.Errorf("an eviction left %d bytes of garbage, %d of %d bytes, %v", after.Garbage, after.Bytes, before.Bytes, err)
	}
	counted(t, c)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// once does a hundred steps and notes each that it had to execute.
func once(dir string) (err error) {
	c, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	for i := range 100 {
		if err := onceStep(c, fmt.Sprint(i)); err != nil {
			return err
		}
	}
	return nil
}

func onceStep(c *Cache, name string) (err error) {
	lock, err := c.Lock(context.Background(), stepID(name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if _, err := c.Get(stepID(name)); err == nil {
		return nil
	}
	s, err := c.Scratch("once")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	path := filepath.Join(s.Dir, "out")
	if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
		return err
	}
	fmt.Println(name)
	_, err = c.Put(context.Background(), stepID(name), dag.CacheID{}, Output{Path: path})
	return err
}

func TestTwoProcessesExecuteOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var outs [3]strings.Builder
	var cmds [3]*exec.Cmd
	for i := range cmds {
		cmds[i] = startChild(t, "once", dir, false)
		cmds[i].Stdout = &outs[i]
		if err := cmds[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	count := map[string]int{}
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		for name := range strings.Lines(outs[i].String()) {
			count[name]++
		}
	}
	for name, n := range count {
		if n != 1 {
			t.Errorf("step %s was executed %d times", strings.TrimSpace(name), n)
		}
	}
	if len(count) != 100 {
		t.Errorf("%d steps were executed, want 100", len(count))
	}
	c := open(t, dir, Options{})
	sound(t, c)
	counted(t, c)
	if left, err := os.ReadDir(c.path("locks")); len(left) > 1 || err != nil {
		t.Errorf("locks has %v, %v", left, err)
	}
}

// fullDisk works in a cache on a disk of one megabyte.
func fullDisk(dir string) error {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		return err
	}
	c, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	_, err = c.PutSource(context.Background(), io.LimitReader(zeros{}, 20<<20), dag.ContentHash{})
	if !errors.Is(err, ErrFull) {
		return fmt.Errorf("storing 20 MiB on 1 MiB: got %v, want %v", err, ErrFull)
	}
	if err := leftNothing(c); err != nil {
		return err
	}
	if _, err := c.PutSource(context.Background(), strings.NewReader("small"), dag.ContentHash{}); err != nil {
		return fmt.Errorf("after the full disk: %w", err)
	}
	if err := fillUp(c); err != nil {
		return err
	}
	if err := c.Close(); err != nil && !errors.Is(err, ErrFull) { // the indexes have no room either
		return err
	}
	return nil
}

// fillUp stores small results until none fits, whatever write that hits first.
func fillUp(c *Cache) error {
	for i := 0; ; i++ {
		err := onceStep(c, fmt.Sprint(i))
		if errors.Is(err, syscall.ENOSPC) {
			break
		}
		if err != nil || i > 10_000 {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	report, err := c.Verify(context.Background(), false, nil)
	if len(report.Problems) > 0 || report.Checked == 0 {
		return fmt.Errorf("%d entries, damaged: %v", report.Checked, report.Problems)
	}
	n, censusErr := c.census(context.Background())
	if censusErr == nil && n.wasted != 0 {
		return fmt.Errorf("%d bytes of garbage in %v", n.wasted, n.garbage)
	}
	return errors.Join(err, censusErr)
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	cmd := startChild(t, "full", t.TempDir(), true)
	if err := cmd.Run(); err != nil {
		t.Errorf("on a full disk: %v", err)
	}
}

// readOnlyDisk uses a filled cache on a disk that cannot be written.
func readOnlyDisk(dir string) error {
	err := syscall.Mount(dir, dir, "", syscall.MS_BIND, "")
	if err == nil {
		err = syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	}
	if err != nil {
		return err
	}
	c, err := Open(dir, Options{})
	if err != nil || !c.ReadOnly() {
		return fmt.Errorf("Open of a read-only folder: %w", err)
	}
	e, err := c.Get(stepID("a"))
	if err != nil {
		return err
	}
	_, err = c.Content(e.Content)
	_, cidErr := c.ByCID(e.CID)
	_, sourceErr := c.HashSource(context.Background(), e.Path, false, nil)
	_, statsErr := c.Stats(context.Background())
	_, planErr := c.Plan(dag.PlanID{1})
	if err := errors.Join(err, cidErr, sourceErr, statsErr, planErr); err != nil {
		return err
	}
	return errors.Join(refusesWrites(c, e), c.Close())
}

func refusesWrites(c *Cache, e *Entry) error {
	ctx := context.Background()
	_, lock := c.Lock(ctx, e.ID)
	_, scratch := c.Scratch("x")
	_, put := c.Put(ctx, e.ID, e.ID, Output{})
	_, link := c.Link(stepID("b"), e)
	_, source := c.PutSource(ctx, strings.NewReader("x"), dag.ContentHash{})
	_, remove := c.Remove(ctx, dag.StepInput(e.ID, ""), false)
	_, gc := c.GC(ctx, 0, false)
	_, verify := c.Verify(ctx, true, nil)
	all := map[string]error{
		"Lock": lock, "Scratch": scratch, "Put": put, "Link": link, "PutSource": source, "Remove": remove, "GC": gc,
		"Verify": verify, "PutPlan": c.PutPlan(dag.PlanID{}, nil), "PutLog": c.PutLog(e.ID, strings.NewReader("")),
		"Pin": c.Pin(dag.StepInput(e.ID, "")), "Rebuild": c.Rebuild(ctx),
	}
	for name, err := range all {
		if !errors.Is(err, ErrReadOnly) {
			return fmt.Errorf("%s: got %w, want %w", name, err, ErrReadOnly)
		}
	}
	return nil
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	c, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, c, "a", "abc")
	if err := errors.Join(c.PutPlan(dag.PlanID{1}, []byte("{}")), c.Close()); err != nil {
		t.Fatal(err)
	}
	if err := startChild(t, "readonly", c.Dir(), true).Run(); err != nil {
		t.Errorf("on a read-only disk: %v", err)
	}
}
