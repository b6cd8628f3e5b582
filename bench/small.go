package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/artdag/artdag/cache"
)

// smallFiles compares storing very many small files with `ipfs add` of their
// folder into a new repository. Ours are stored as a worker of eight slots does,
// that many at a time, each synced before the next. Kubo's default repository
// does not sync its blocks, so there is a second row beside one that does, and a
// third that shows how much of ours is the file system's.
func (b *bench) smallFiles() (rows []result, err error) {
	b.freshTable()
	n := b.n(10_000, 500)
	dir, paths, err := b.randomFiles(n, 64<<10)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.tidy()) }()
	ours := func() (float64, error) {
		return b.inFreshCache(func(c *cache.Cache) error {
			return each(paths, slotsOfWorker, func(path string) error { return putSource(b, c, path) })
		})
	}
	row, err := alternate(b.n(3, 1), ours, func() (float64, error) { return b.ipfsAdd(dir, false) })
	if err != nil {
		return nil, err
	}
	row.Name, row.Beside, row.Goal = fmt.Sprintf("store %d x 64 KiB", n), "ipfs add of the folder, which syncs no block", atMost("ratio", 1)
	durable, err := alternate(b.n(3, 1), ours, func() (float64, error) { return b.ipfsAdd(dir, true) })
	durable.Name, durable.Beside = row.Name+" beside synced", "ipfs add that syncs its blocks"
	if err != nil {
		return []result{row.judged(), durable}, err
	}
	bound, err := alternate(b.n(3, 1), func() (float64, error) { return b.filesAlone(paths) }, func() (float64, error) { return b.ipfsAdd(dir, false) })
	bound.Name, bound.Beside = row.Name+" files alone", "making the files and folders of ours and syncing them, nothing else; beside ipfs add"
	return []result{row.judged(), durable, bound}, err
}

func (b *bench) randomFiles(n int, size int64) (dir string, paths []string, err error) {
	if dir, err = b.passing("small"); err != nil {
		return "", nil, err
	}
	for i := range n {
		path := filepath.Join(dir, strconv.Itoa(i))
		if err := writeRandom(path, i, size); err != nil {
			return "", nil, err
		}
		paths = append(paths, path)
	}
	return dir, paths, nil
}

// ipfsAdd adds a folder to a new repository of Kubo, without a daemon and with
// blocks that are leaves as ours are. With synced, each block is durable before
// it counts, as ours are.
func (b *bench) ipfsAdd(dir string, synced bool) (took float64, err error) {
	ipfs, err := kuboProgram()
	if err != nil {
		return 0, err
	}
	repo, err := b.passing("ipfs")
	if err != nil {
		return 0, err
	}
	run := func(args ...string) error {
		c := exec.CommandContext(b.ctx, ipfs, args...)
		c.Env = append(os.Environ(), "IPFS_PATH="+repo, "HOME="+repo, "IPFS_TELEMETRY=off")
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("ipfs %s: %w: %s", args[0], err, tail(out))
		}
		return nil
	}
	if err := run("init", "--profile=unixfs-v1-2025,test,autoconf-off"); err != nil {
		return 0, err
	}
	if synced {
		if err := syncBlocks(filepath.Join(repo, "config")); err != nil {
			return 0, err
		}
	}
	return seconds(func() error { return run("add", "--recursive", "--quieter", "--offline", dir) })
}

// syncBlocks has a repository of Kubo sync its blocks.
func syncBlocks(config string) error {
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	unsynced := []byte(`"sync": false`)
	if !bytes.Contains(text, unsynced) {
		return fmt.Errorf("%s: has no %s", config, unsynced)
	}
	return os.WriteFile(config, bytes.Replace(text, unsynced, []byte(`"sync": true`), 1), 0o600)
}

// kuboProgram is ipfs on the PATH, or the one that `make test-tools` builds.
func kuboProgram() (string, error) {
	if path, err := exec.LookPath("ipfs"); err == nil {
		return path, nil
	}
	path, err := filepath.Abs(filepath.Join(".tools", "bin", "ipfs"))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return "", fmt.Errorf("there is no ipfs: run make test-tools, and the bench in the project's folder: %w", err)
	}
	return path, nil
}
