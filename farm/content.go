package farm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/index"
	"github.com/artdag/artdag/ipfs"
	"github.com/artdag/artdag/peer"
)

// sources are where content is asked for after the peers.
func (s *Scheduler) sources() []peer.Source {
	if s.IPFS == nil {
		return nil
	}
	return []peer.Source{&ipfsSource{node: s.IPFS, index: s.index, catalog: s.Catalog}}
}

// ipfsSource reads content from IPFS, by the cid that the index or the catalog
// knows.
type ipfsSource struct {
	node    *ipfs.Node
	index   *index.Index
	catalog *catalog.DB // nil on workers
}

var _ peer.Source = (*ipfsSource)(nil)

// Name is what messages call it.
func (s *ipfsSource) Name() string { return "ipfs" }

// Open reads from an offset on. Content without a cid was never there.
func (s *ipfsSource) Open(ctx context.Context, h dag.ContentHash, offset int64) (io.ReadCloser, error) {
	cid, err := s.cid(ctx, h)
	if err != nil {
		return nil, err
	}
	if cid == "" {
		return nil, peer.ErrGone
	}
	pinned, err := s.node.Pinned(ctx, cid)
	if err != nil {
		return nil, err
	}
	if !pinned {
		return nil, peer.ErrGone
	}
	return s.node.Cat(ctx, cid, offset, -1)
}

func (s *ipfsSource) cid(ctx context.Context, h dag.ContentHash) (string, error) {
	found, err := s.index.CIDs(ctx, []dag.ContentHash{h})
	if err != nil || found[h] != "" || s.catalog == nil {
		return found[h], err
	}
	item, err := s.catalog.Item(ctx, h)
	if errors.Is(err, catalog.ErrNotFound) {
		return "", nil
	}
	return item.CID, err
}

func (s *Scheduler) bad(from string, h dag.ContentHash, err error) {
	s.Logger.Warn("wrong bytes", "from", from, "content", h.Short(), "error", err)
}

// announce tells the farm that this scheduler holds content. If it fails, the
// content is still here and found by who asks the scheduler itself.
func (s *Scheduler) announce(h dag.ContentHash) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // bounded: it is told behind a transfer
	defer cancel()
	if err := s.announceSource(ctx, h); err != nil {
		s.Logger.Warn("announce", "content", h.Short(), "error", err)
	}
}

func (s *Scheduler) announceSource(ctx context.Context, h dag.ContentHash) error {
	held := index.Held{Content: h}
	if source, err := s.cache.Source(h); err == nil {
		held.CID = source.CID
	}
	return s.index.Announce(ctx, s.ID, []index.Held{held})
}

// have reports which contents can be had: here, from a living worker, or from
// where they are pinned.
func (s *Scheduler) have(ctx context.Context, contents []dag.ContentHash) (map[dag.ContentHash]bool, error) {
	out, err := s.locator.have(ctx, contents)
	if err != nil {
		return nil, err
	}
	for _, h := range contents {
		if out[h] {
			continue
		}
		if _, err := s.cache.Content(h); err == nil {
			out[h] = true
		} else if out[h], err = s.pinned(ctx, h); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Scheduler) pinned(ctx context.Context, h dag.ContentHash) (bool, error) {
	if s.IPFS == nil {
		return false, nil
	}
	pins, err := s.Catalog.Pins(ctx, h)
	for _, p := range pins {
		if !p.Pinned.IsZero() {
			return true, err
		}
	}
	return false, err
}

// keepBytes makes bytes of ours content that workers can fetch.
func (s *Scheduler) keepBytes(ctx context.Context, text []byte) (dag.ContentHash, error) {
	content, err := s.Put(ctx, bytes.NewReader(text), dag.ContentHash{})
	return content.Hash, err
}

// Put stores a stream and tells the farm.
func (s *Scheduler) Put(ctx context.Context, r io.Reader, want dag.ContentHash) (api.Content, error) {
	source, err := s.cache.PutSource(ctx, r, want)
	if err != nil {
		return api.Content{}, err
	}
	item := catalog.Item{Content: source.Hash, CID: source.CID, Size: source.Size, Created: time.Now()}
	if err := s.Catalog.RecordItems(ctx, []catalog.Item{item}); err != nil {
		return api.Content{}, err
	}
	return api.Content{Hash: source.Hash, CID: source.CID, Size: source.Size}, s.announceSource(ctx, source.Hash)
}

// Stat says whether the farm can give those bytes.
func (s *Scheduler) Stat(ctx context.Context, h dag.ContentHash) (api.Content, error) {
	had, err := s.have(ctx, []dag.ContentHash{h})
	if err != nil {
		return api.Content{}, err
	}
	if !had[h] {
		return api.Content{}, fmt.Errorf("farm: content %s: %w", h, catalog.ErrNotFound)
	}
	return s.describe(ctx, h)
}

// describe gathers what is known of content.
func (s *Scheduler) describe(ctx context.Context, h dag.ContentHash) (api.Content, error) {
	out := api.Content{Hash: h}
	item, err := s.Catalog.Item(ctx, h)
	if err != nil && !errors.Is(err, catalog.ErrNotFound) {
		return out, err
	}
	out.CID, out.Size, out.MediaType = item.CID, item.Size, item.MediaType
	if source, err := s.cache.Source(h); err == nil {
		out.CID, out.Size = source.CID, source.Size
	}
	if out.MediaType == "" {
		out.MediaType = s.sniff(h)
	}
	return out, nil
}

// sniff guesses a media type from the first bytes, of content that is here.
func (s *Scheduler) sniff(h dag.ContentHash) string {
	path, err := s.cache.Content(h)
	if err != nil {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	first := make([]byte, 512)
	n, err := io.ReadFull(file, first)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return ""
	}
	return http.DetectContentType(first[:n])
}

// Open fetches the bytes if need be and opens them.
func (s *Scheduler) Open(ctx context.Context, h dag.ContentHash) (*os.File, api.Content, error) {
	path, err := s.fetch(ctx, h)
	if err != nil {
		return nil, api.Content{}, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, api.Content{}, fmt.Errorf("farm: open %s: %w", h.Short(), err)
	}
	content, err := s.describe(ctx, h)
	if info, statErr := file.Stat(); statErr == nil {
		content.Size = info.Size()
	}
	return file, content, err
}

func (s *Scheduler) fetch(ctx context.Context, h dag.ContentHash) (string, error) {
	hold, err := s.cache.Hold(dag.ContentInput(h))
	if err != nil {
		return "", err
	}
	defer hold.Release() //nolint:errcheck // a hold whose owner is gone counts for nothing
	path, err := s.fetcher.Fetch(ctx, h, 0)
	switch {
	case errors.Is(err, peer.ErrGone):
		return "", fmt.Errorf("%w: %w", catalog.ErrNotFound, err)
	case errors.Is(err, peer.ErrUnreachable):
		return "", fmt.Errorf("%w: %w", api.ErrUnavailable, err)
	}
	return path, err
}

// members reads a manifest and what is known of its members.
func (s *Scheduler) members(ctx context.Context, manifest dag.ContentHash) ([]cache.Member, error) {
	path, err := s.fetch(ctx, manifest)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return cache.ParseManifest(text)
}

// Contents serves what this scheduler's cache holds to peers.
func (s *Scheduler) Contents() http.Handler { return peer.Handler(s.cache, s.Token) }
