package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/sha3"
	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/ipfs"
	"github.com/artdag/artdag/ipfs/cid"
)

// Pinboard is what the catalog knows of pins.
type Pinboard interface {
	// Unpinned returns up to limit contents that a storage should keep and does
	// not.
	Unpinned(ctx context.Context, storage string, now time.Time, limit int) ([]catalog.Pin, error)
	// DurableJobs returns up to limit jobs whose outputs are all pinned and that
	// are not marked so.
	DurableJobs(ctx context.Context, limit int) ([]string, error)
	Faults
}

var _ Pinboard = (*catalog.DB)(nil)

// Content finds bytes wherever the farm has them. They are verified, or
// verified while they are read.
type Content interface {
	Open(ctx context.Context, hash dag.ContentHash) (r io.ReadSeekCloser, size int64, err error)
}

// Node is an IPFS node that keeps bytes.
type Node interface {
	// Add stores and pins what r holds and returns its cid, which must be want.
	// A node that cannot be reached is ipfs.ErrUnavailable.
	Add(ctx context.Context, r io.Reader, want string) (cid string, err error)
}

var _ Node = (*ipfs.Node)(nil)

// Pin is the processor that has the outputs of completed jobs pinned by a
// node, and then calls the jobs durable. It uploads a few items at a time; give
// its duty a timeout that sixteen large films fit in.
type Pin struct {
	storage string
	board   Pinboard
	content Content
	node    Node
	now     func() time.Time
}

// NewPin returns the processor. storage is the node's name in the catalog.
func NewPin(storage string, board Pinboard, content Content, node Node, now func() time.Time) *Pin {
	return &Pin{storage, board, content, node, now}
}

var _ Processor = (*Pin)(nil)

// Name is "pin@" and the storage.
func (p *Pin) Name() string { return "pin@" + p.storage }

// Trigger returns contents that are not pinned, and jobs that became durable.
// The catalog also returns contents that failed: as many more are asked for, or
// those that never succeed would hide the others.
func (p *Pin) Trigger(ctx context.Context, cursor string) ([]Item, string, error) {
	faults, err := p.board.Faults(ctx, p.Name(), false, mostFaults)
	if err != nil {
		return nil, cursor, Unavailable("catalog", err)
	}
	const pins, jobs = 16, 1000
	unpinned, err := p.board.Unpinned(ctx, p.storage, p.now(), pins+len(faults))
	if err != nil {
		return nil, cursor, Unavailable("catalog", err)
	}
	durable, err := p.board.DurableJobs(ctx, jobs)
	if err != nil {
		return nil, cursor, Unavailable("catalog", err)
	}
	var items []Item
	for _, pin := range unpinned {
		items = append(items, Item{Key: pin.Content.String(), Data: pin})
	}
	for _, job := range durable {
		items = append(items, Item{Key: "job " + job, Data: durableJob(job)})
	}
	return items, cursor, nil
}

// durableJob is the id of a job whose outputs are all pinned.
type durableJob string

// Process uploads contents, some beside each other.
func (p *Pin) Process(ctx context.Context, items []Item) (catalog.Writes, error) {
	u := uploads{failed: make(ItemErrors)}
	var group errgroup.Group
	const atOnce = 4 // a node writes to one disk
	group.SetLimit(atOnce)
	for _, item := range items {
		switch data := item.Data.(type) {
		case durableJob:
			u.writes.Durable = append(u.writes.Durable, string(data))
		case catalog.Pin:
			group.Go(func() error { u.add(p.now(), item.Key, data, p.upload(ctx, data)); return nil })
		}
	}
	_ = group.Wait() // what fails is in failed
	if len(u.failed) > 0 {
		return u.writes, u.failed
	}
	return u.writes, nil
}

// uploads gathers what became of several.
type uploads struct {
	mu     sync.Mutex
	writes catalog.Writes
	failed ItemErrors
}

func (u *uploads) add(now time.Time, key string, pin catalog.Pin, done uploaded) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if done.err != nil {
		u.failed[key] = done.err
		return
	}
	if pin.CID == "" {
		u.writes.Items = append(u.writes.Items, catalog.Item{Content: pin.Content, CID: done.cid, Size: done.size, Created: now})
	}
	u.writes.Pins = append(u.writes.Pins, catalog.Pin{
		Content: pin.Content, StorageID: pin.StorageID, CID: done.cid, Type: pin.Type, Pinned: now,
	})
}

type uploaded struct {
	cid  string
	size int64
	err  error
}

// upload sends the bytes. The cid that the catalog knows vouches for them; when
// it knows none, they are read once before.
func (p *Pin) upload(ctx context.Context, pin catalog.Pin) uploaded {
	r, size, err := p.content.Open(ctx, pin.Content)
	if err != nil {
		return uploaded{err: fmt.Errorf("open %s: %w", pin.Content.Short(), err)}
	}
	defer func() { _ = r.Close() }() // it was only read
	want := pin.CID
	if want == "" {
		if want, err = address(r, pin.Content); err != nil {
			return uploaded{err: err}
		}
	}
	_, err = p.node.Add(ctx, r, want)
	if errors.Is(err, ipfs.ErrUnavailable) {
		err = Unavailable("ipfs", err)
	}
	return uploaded{want, size, err}
}

// address returns the cid of bytes that must have that hash, and rewinds them.
func address(r io.ReadSeeker, content dag.ContentHash) (string, error) {
	hash, address := sha3.New256(), cid.Hasher{}
	if _, err := io.Copy(io.MultiWriter(hash, &address), r); err != nil {
		return "", fmt.Errorf("read %s: %w", content.Short(), err)
	}
	if dag.ContentHash(hash.Sum(nil)) != content {
		return "", fmt.Errorf("what was found as %s is other bytes", content.Short())
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("rewind %s: %w", content.Short(), err)
	}
	return address.Sum(), nil
}
