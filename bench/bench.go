package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// bench is what measurements share: a folder that is removed in the end, the
// artdag command, and how much work to do.
type bench struct {
	ctx    context.Context // of the one call of the program
	dir    string
	artdag string // its program; empty until it is built
	quick  bool
	out    io.Writer // what goes on, for people
	began  time.Time
	made   int // folders and steps
	making sync.Mutex
	// profiles is the folder of CPU profiles; empty for none.
	profiles string

	passed []string  // folders that the next tidy removes
	tidied time.Time // when that was last

	// What the farm's measurements share.
	ground   *grounds
	redisURL string
	servers  []*server
	folders  []string // of servers, outside of dir
}

// newBench makes the folder. The caller closes it.
func newBench(ctx context.Context, quick bool, out io.Writer) (*bench, error) {
	dir, err := os.MkdirTemp("", "artdag-bench-")
	if err != nil {
		return nil, err
	}
	return &bench{ctx: ctx, dir: dir, quick: quick, out: out, began: time.Now()}, nil
}

// program is the artdag command, built as `make build` does at the first call.
func (b *bench) program() (string, error) {
	if b.artdag != "" {
		return b.artdag, nil
	}
	b.say("building artdag")
	path := filepath.Join(b.dir, "artdag")
	_, err := b.command("", "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "github.com/artdag/artdag/cmd/artdag")
	if err == nil {
		b.artdag = path
	}
	return path, err
}

func (b *bench) close() {
	b.say("removing what it made") // millions of files take minutes
	if err := errors.Join(b.closeGrounds(), os.RemoveAll(b.dir)); err != nil {
		fmt.Fprintf(b.out, "bench: %v\n", err)
	}
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.out, "%5.0f s  %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, args...))
}

// n returns the number for a full run, or the smaller one for a quick one.
func (b *bench) n(full, quick int) int {
	if b.quick {
		return quick
	}
	return full
}

// next is a number that was not given out before. It is safe for concurrent use.
func (b *bench) next() int {
	b.making.Lock()
	defer b.making.Unlock()
	b.made++
	return b.made
}

// folder makes a new folder.
func (b *bench) folder(name string) (string, error) {
	dir := filepath.Join(b.dir, name+"-"+strconv.Itoa(b.next()))
	return dir, os.MkdirAll(dir, 0o755)
}

// passing makes a new folder that the next tidy removes.
func (b *bench) passing(name string) (string, error) {
	dir, err := b.folder(name)
	b.passed = append(b.passed, dir)
	return dir, err
}

// tidy removes what passed. Nothing goes between measurements that are compared,
// because of what freshTable says.
func (b *bench) tidy() error {
	var err error
	for _, dir := range b.passed {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	b.passed, b.tidied = nil, time.Now()
	return err
}

// freshTable waits until it is of no account that files were removed. ext4
// without a journal takes no inode for 35 s after another file had it
// (recently_deleted in its ialloc.c), and looks at each of them for every file
// that it makes: who makes more files would pay for what the bench removed.
func (b *bench) freshTable() {
	if !b.quick {
		time.Sleep(time.Until(b.tidied.Add(40 * time.Second)))
	}
}

// file writes a file into the bench's folder and returns its path.
func (b *bench) file(name, text string) (string, error) {
	path := filepath.Join(b.dir, name)
	return path, os.WriteFile(path, []byte(text), 0o644)
}

// command runs a program in dir to its end and returns what it printed. Its
// error holds what the program said.
func (b *bench) command(dir, name string, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(b.ctx, name, args...)
	c.Dir, c.Stdout, c.Stderr = dir, &stdout, &stderr
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", filepath.Base(name), err, tail(stderr.Bytes()))
	}
	return stdout.Bytes(), nil
}

func tail(text []byte) []byte { return bytes.TrimSpace(text[max(len(text)-2000, 0):]) }

// counts is how many steps a run executed, and so on.
type counts struct{ Total, Executed, Cached, Failed, Skipped int }

// artdagRun runs a recipe in a whole process, checks that it did the work
// that was meant, and returns the seconds that the process took.
func (b *bench) artdagRun(cache string, want counts, args ...string) (float64, error) {
	artdag, err := b.program()
	if err != nil {
		return 0, err
	}
	args = append([]string{"run", "--json", "--cache-dir", cache}, args...)
	var out []byte
	took, err := seconds(func() (err error) {
		out, err = b.command("", artdag, args...)
		return err
	})
	if err != nil {
		return 0, err
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	var end struct{ Steps counts }
	if err := json.Unmarshal(lines[len(lines)-1], &end); err != nil {
		return 0, fmt.Errorf("artdag run: %w", err)
	}
	if end.Steps != want {
		return 0, fmt.Errorf("artdag run: steps %+v, want %+v", end.Steps, want)
	}
	return took, nil
}

// ran is the count of a first run, and cached that of a second.
func ran(n int) counts    { return counts{Total: n, Executed: n} }
func cached(n int) counts { return counts{Total: n, Cached: n} }
