package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/ipfs/cid"
	"github.com/artdag/artdag/peer"
)

// measurePeer fetches content from another process's cache into one here, as
// workers do, beside the same bytes from net/http's file server into files, and
// beside SHA3-256 alone over them. Ours hashes, computes the cid and syncs; the
// others do not. The goal counts beside the slower of the two.
func measurePeer(b *bench) ([]result, error) {
	var rows []result
	for _, load := range []struct{ files, size int }{{1, b.n(1<<30, 1<<26)}, {b.n(1000, 50), 1 << 20}} {
		row, err := b.peerRow(load.files, load.size)
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (b *bench) peerRow(files, size int) (row result, err error) {
	b.freshTable()
	s, err := b.newGiver(files, size)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, s.dismiss(), b.tidy()) }()
	fetched, plain := costed(func() (float64, error) { return b.fetched(s) }), costed(func() (float64, error) { return b.downloaded(s) })
	hash, address := costed(func() (float64, error) { return seconds(s.hashAll) }), costed(func() (float64, error) { return seconds(s.addressAll) })
	row, err = alternate(b.n(5, 2), fetched.run, func() (float64, error) {
		slower := 0.0
		for _, part := range []*costs{plain, hash} {
			took, err := part.run()
			if err != nil {
				return 0, err
			}
			slower = max(slower, took)
		}
		_, err := address.run() // of which nobody is faster
		return slower, err
	})
	row.Ratio = 1 / row.Ratio // as speed, like the goal
	row.Name, row.Goal = fmt.Sprintf("peer %d x %d MiB", files, size>>20), atLeast("ratio", 0.8)
	row.Beside = fmt.Sprintf("the slower of net/http and SHA3-256; ratio of the speeds; by the clock and of CPU: ours %v, net/http %v, SHA3-256 %v, the cid %v",
		fetched, plain, hash, address)
	return row.judged(), err
}

// giver is a process that serves a cache.
type giver struct {
	crew
	url   string
	dir   string // of its cache
	held  []dag.ContentHash
	paths []string
	size  int64
}

// newGiver fills a cache and has a process serve it.
func (b *bench) newGiver(files, size int) (*giver, error) {
	dir, err := b.passing("cache")
	if err != nil {
		return nil, err
	}
	g := &giver{dir: dir, size: int64(size)}
	if err := b.fill(g, files); err != nil {
		return nil, err
	}
	h, err := b.start(giverArgument, dir)
	if err != nil {
		return nil, err
	}
	g.crew = crew{h}
	g.url, err = h.told()
	return g, err
}

// fill makes the cache with its files.
func (b *bench) fill(g *giver, files int) (err error) {
	c, err := cache.Open(g.dir, cache.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	for range files {
		b.made++
		source, err := c.PutSource(b.ctx, io.LimitReader(random(b.made), g.size), dag.ContentHash{})
		if err != nil {
			return err
		}
		path, err := c.Content(source.Hash)
		if err != nil {
			return err
		}
		g.held, g.paths = append(g.held, source.Hash), append(g.paths, path)
	}
	return nil
}

// giverArgument begins the arguments of a process that serves a cache.
const giverArgument = "giver-in-child"

// giveInChild serves a cache as a worker does, and its files plainly, until its
// input ends.
func giveInChild(args []string) error {
	c, err := cache.Open(args[0], cache.Options{})
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // of a folder that is removed
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/content/", peer.Handler(c, ""))
	mux.Handle("/plain/", http.StripPrefix("/plain", http.FileServer(http.Dir(args[0]))))
	go http.Serve(listener, mux) //nolint:errcheck,gosec // ends with the process
	fmt.Println("http://" + listener.Addr().String())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// Holders names the one process that has everything.
func (g *giver) Holders(context.Context, dag.ContentHash) ([]peer.Holder, error) {
	return []peer.Holder{{ID: "giver", URL: g.url}}, nil
}

// transfers is how many run at once, on both sides.
const transfers = 4

// fetched has everything fetched into an empty cache.
func (b *bench) fetched(g *giver) (float64, error) {
	return b.inFreshCache(func(c *cache.Cache) error {
		f := peer.New(peer.Options{Cache: c, Locator: g, Parallel: transfers})
		defer f.Stop()
		return each(g.held, transfers, func(h dag.ContentHash) error {
			_, err := f.Fetch(b.ctx, h, g.size)
			return err
		})
	})
}

// each does all of it, so many at a time.
func each[T any](all []T, parallel int, do func(T) error) error {
	var group errgroup.Group
	group.SetLimit(parallel)
	for _, one := range all {
		group.Go(func() error { return do(one) })
	}
	return group.Wait()
}

// downloaded reads everything plainly into files of a new folder.
func (b *bench) downloaded(g *giver) (took float64, err error) {
	dir, err := b.passing("plain")
	if err != nil {
		return 0, err
	}
	return seconds(func() error {
		return each(g.paths, transfers, func(path string) error {
			name, err := filepath.Rel(g.dir, path)
			if err != nil {
				return err
			}
			return b.download(g.url+"/plain/"+filepath.ToSlash(name), filepath.Join(dir, filepath.Base(filepath.Dir(path))))
		})
	})
}

func (b *bench) download(url, to string) error {
	body, err := fetch(b.ctx, url)
	if err != nil {
		return err
	}
	defer body.Close()
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	return errors.Join(err, f.Close())
}

// fetch returns what a server answers to a plain GET, if that is 200.
func fetch(ctx context.Context, url string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("%s: %s", url, answer.Status), answer.Body.Close())
	}
	return answer.Body, nil
}

func (g *giver) hashAll() error { return each(g.paths, transfers, hashAlone) }

func (g *giver) addressAll() error {
	return each(g.paths, transfers, func(path string) error { return readInto(path, new(cid.Hasher)) })
}
