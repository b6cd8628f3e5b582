package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// measureIndex stores small results in a crowded cache and in one of ten
// entries, and opens and closes both.
func measureIndex(b *bench) ([]result, error) {
	n := b.n(1_000_000, 10_000)
	few, err := b.crowd(10)
	if err != nil {
		return nil, err
	}
	many, err := b.crowd(n)
	if err != nil {
		return nil, err
	}
	put, err := besideFew(b, many, few, b.putSaying(map[string]int{many: n, few: 10}))
	if err != nil {
		return nil, err
	}
	put.Name, put.Goal = fmt.Sprintf("index put at %d", n), atMost("ratio", 1.1)
	start, err := besideFew(b, many, few, openAndClose)
	if err != nil {
		return []result{put.judged()}, err
	}
	start.Name, start.Goal = fmt.Sprintf("index open at %d", n), atMost("ours", 0.05)
	return []result{put.judged(), start.judged()}, nil
}

func besideFew(b *bench, many, few string, act func(dir string) (float64, error)) (result, error) {
	row, err := alternate(b.n(9, 3),
		func() (float64, error) { return act(many) },
		func() (float64, error) { return act(few) })
	row.Beside = "the same in a cache of 10"
	return row, err
}

// putSaying is putSome, and says what of a put was the CPU's time in this process
// and in the kernel.
func (b *bench) putSaying(entries map[string]int) func(dir string) (float64, error) {
	return func(dir string) (float64, error) {
		user, system := own()
		took, err := b.putSome(dir)
		user2, system2 := own()
		b.say("put at %d: %s; CPU %d us here, %d us in the kernel", entries[dir], figure(took, "s"),
			(user2-user).Microseconds()/putsAtOnce, (system2-system).Microseconds()/putsAtOnce)
		return took, err
	}
}

// putsAtOnce is how many results are stored between two looks at the clock.
const putsAtOnce = 50

// putSome stores results of 1 KiB and returns the seconds that one took.
func (b *bench) putSome(dir string) (took float64, err error) {
	c, err := cache.Open(dir, cache.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	took, err = seconds(func() error {
		for range putsAtOnce {
			if err := b.putOne(c); err != nil {
				return err
			}
		}
		return nil
	})
	return took / putsAtOnce, err
}

// putOne stores a result that no cache of this bench holds.
func (b *bench) putOne(c *cache.Cache) error {
	b.made++
	s, err := c.Scratch("bench")
	if err != nil {
		return err
	}
	path := filepath.Join(s.Dir, "output.txt")
	text := append(bytes.Repeat([]byte("."), 1<<10), fmt.Sprint(b.made)...)
	err = os.WriteFile(path, text, 0o644)
	if err == nil {
		_, err = c.Put(b.ctx, benchID(b.made), dag.CacheID{}, cache.Output{Path: path, Made: cache.Made{Type: "BENCH@1"}})
	}
	return errors.Join(err, s.Close())
}

func benchID(n int) dag.CacheID {
	return dag.StepID("BENCH@1", fmt.Appendf(nil, "%d", n), nil, "")
}

func openAndClose(dir string) (float64, error) {
	return seconds(func() error {
		c, err := cache.Open(dir, cache.Options{})
		if err != nil {
			return err
		}
		return c.Close()
	})
}

// crowd makes a cache of n entries. One is stored; the others are folders with
// its metadata under other names, because storing a million takes hours. The
// index files are made from them as after any loss.
func (b *bench) crowd(n int) (dir string, err error) {
	if dir, err = b.folder("cache"); err != nil {
		return "", err
	}
	c, err := cache.Open(dir, cache.Options{})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := b.putOne(c); err != nil {
		return "", err
	}
	if err := b.multiply(dir, benchID(b.made).String(), n-1); err != nil {
		return "", err
	}
	return dir, c.Rebuild(b.ctx)
}

func (b *bench) multiply(dir, id string, n int) error {
	text, err := os.ReadFile(filepath.Join(dir, id, "metadata.json"))
	if err != nil {
		return err
	}
	for range n {
		b.made++
		name := benchID(b.made).String()
		folder := filepath.Join(dir, name)
		err := errors.Join(os.Mkdir(folder, 0o755),
			os.WriteFile(filepath.Join(folder, "metadata.json"), bytes.ReplaceAll(text, []byte(id), []byte(name)), 0o644))
		if err != nil || b.ctx.Err() != nil {
			return errors.Join(err, b.ctx.Err())
		}
	}
	return nil
}
