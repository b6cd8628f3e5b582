package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// Holder is a worker that is said to hold some content.
type Holder struct {
	ID  string
	URL string // of its server: "http://10.0.0.7:8090"
}

// Locator knows who holds what.
type Locator interface {
	// Holders returns who is said to hold h, best first; none is no error.
	Holders(ctx context.Context, h dag.ContentHash) ([]Holder, error)
}

// Source is a further place to get content from, asked after the holders.
type Source interface {
	Name() string
	// Open returns the content from that byte on. It answers ErrGone when it
	// does not have it. Reading fails as soon as ctx ends.
	Open(ctx context.Context, h dag.ContentHash, offset int64) (io.ReadCloser, error)
}

// Options are what a Fetcher is made of.
type Options struct {
	Cache   *cache.Cache
	Token   string // sent to peers
	Self    string // ID of this worker, which is not asked; may be empty
	Locator Locator
	Sources []Source // in the order in which they are asked
	// Stall is how long nobody may send no byte before the next one is asked;
	// default 15 s.
	Stall time.Duration
	// Parallel is how many downloads run at once; default 8.
	Parallel int
	// OnBad, if set, is told that somebody sent wrong bytes, with the holder's
	// ID or the source's name. Calls may overlap.
	OnBad func(from string, h dag.ContentHash, err error)
	// OnHave, if set, is told what was fetched and stored, before Fetch
	// returns. Calls may overlap.
	OnHave func(h dag.ContentHash)
}

// Fetcher gets content into the cache. It is safe for concurrent use.
type Fetcher struct {
	opts    Options
	client  *http.Client
	running chan struct{} // one element per download

	mu      sync.Mutex
	stopped bool
	flights map[dag.ContentHash]*flight
	bad     map[string]int // wrong bytes, by holder
	working sync.WaitGroup
}

// New returns a Fetcher. Stop it when it is not needed any more.
func New(o Options) *Fetcher {
	o.Stall, o.Parallel = orTime(o.Stall, 15*time.Second), orInt(o.Parallel, 8)
	return &Fetcher{
		opts: o, client: newClient(o), running: make(chan struct{}, o.Parallel),
		flights: make(map[dag.ContentHash]*flight), bad: make(map[string]int),
	}
}

// newClient returns a client that sends the token to the peer alone: it takes no
// proxy and follows no redirect. It asks for the bytes as they are.
func newClient(o Options) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: o.Stall}).DialContext,
			TLSHandshakeTimeout: o.Stall, ResponseHeaderTimeout: o.Stall,
			DisableCompression: true, MaxIdleConnsPerHost: o.Parallel, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Fetch returns the path of the content in the cache, which it gets there if it
// has to. size is what it should have in bytes, 0 or less if that is not known;
// nobody may send more. It blocks until the content is here, ctx ends, or nobody
// is left to ask: *UnavailableError. The download goes on while anybody waits
// for it. The caller holds the content in the cache beforehand, so that it is
// not evicted.
func (f *Fetcher) Fetch(ctx context.Context, h dag.ContentHash, size int64) (path string, err error) {
	if path, err := f.opts.Cache.Content(h); err == nil {
		return path, nil
	}
	fl, err := f.join(ctx, h, size)
	if err != nil {
		return "", err
	}
	select {
	case <-fl.done:
		return fl.path, fl.err
	case <-ctx.Done():
		f.leave(h, fl)
		return "", fmt.Errorf("peer: fetch %s: %w", h.Short(), context.Cause(ctx))
	}
}

// FetchAll fetches a manifest and all its members, several at a time, and
// returns them with their paths. The first error ends it.
func (f *Fetcher) FetchAll(ctx context.Context, manifest dag.ContentHash, size int64) ([]cache.Member, error) {
	path, err := f.Fetch(ctx, manifest, size)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("peer: read manifest: %w", err)
	}
	members, err := cache.ParseManifest(text)
	if err != nil {
		return nil, fmt.Errorf("peer: content %s: %w", manifest.Short(), err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(f.opts.Parallel)
	for i := range members {
		group.Go(func() (err error) {
			members[i].Path, err = f.Fetch(ctx, members[i].Content, members[i].Size)
			return err
		})
	}
	return members, group.Wait()
}

// Stop ends all downloads and waits for them. Who waits for one gets ErrStopped.
func (f *Fetcher) Stop() {
	f.mu.Lock()
	f.stopped = true
	for _, fl := range f.flights {
		fl.cancel(ErrStopped)
	}
	f.mu.Unlock()
	f.working.Wait()
	f.client.CloseIdleConnections()
}

// flight is one download, shared by all who wait for it.
type flight struct {
	waiters int // guarded by the Fetcher's mutex
	cancel  context.CancelCauseFunc
	done    chan struct{} // closed when path and err are set
	path    string
	err     error
}

// errUnwanted ends a download that nobody waits for any more.
var errUnwanted = errors.New("nobody waits for it")

// join enters the download of h, which begins if there is none. It keeps the
// values of the first waiter's context and not its end.
func (f *Fetcher) join(ctx context.Context, h dag.ContentHash, size int64) (*flight, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		return nil, ErrStopped
	}
	if fl := f.flights[h]; fl != nil {
		fl.waiters++
		return fl, nil
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	fl := &flight{waiters: 1, cancel: cancel, done: make(chan struct{})}
	f.flights[h] = fl
	f.working.Go(func() {
		defer cancel(nil)
		fl.path, fl.err = f.fly(ctx, h, size)
		f.mu.Lock()
		if f.flights[h] == fl {
			delete(f.flights, h)
		}
		f.mu.Unlock()
		close(fl.done)
	})
	return fl, nil
}

// leave forgets a download that nobody waits for, so that who asks next begins
// another.
func (f *Fetcher) leave(h dag.ContentHash, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.waiters--; fl.waiters > 0 {
		return
	}
	fl.cancel(errUnwanted)
	if f.flights[h] == fl {
		delete(f.flights, h)
	}
}

func (f *Fetcher) fly(ctx context.Context, h dag.ContentHash, size int64) (string, error) {
	select {
	case f.running <- struct{}{}:
		defer func() { <-f.running }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if path, err := f.opts.Cache.Content(h); err == nil {
		return path, nil // it came between the look and the start
	}
	d := &download{fetcher: f, hash: h, size: size}
	if err := d.run(ctx); err != nil {
		return "", err
	}
	if f.opts.OnHave != nil {
		f.opts.OnHave(h)
	}
	return f.opts.Cache.Content(h)
}
