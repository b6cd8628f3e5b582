package ipfs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	shell "github.com/ipfs/go-ipfs-api"
)

// ErrUnavailable says that the node cannot be reached. Nothing is known about
// what was asked; ask again later.
var ErrUnavailable = errors.New("the IPFS node cannot be reached")

// Options of a Node. The zero value of each field is its default.
type Options struct {
	Tries   uint             // of a call that does not reach the node; 3
	Timeout time.Duration    // of one try of a call that streams nothing; 30 s
	Probe   time.Duration    // between tries of a node that is down; 10 s
	Now     func() time.Time // the clock of the circuit; time.Now
}

func (o Options) filled() Options {
	if o.Tries == 0 {
		o.Tries = 3
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Probe == 0 {
		o.Probe = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// A Node is a client of one Kubo node. It is safe for concurrent use.
type Node struct {
	sh        *shell.Shell
	transport *http.Transport
	options   Options

	mu     sync.Mutex
	closed time.Time // when calls are let through again
}

// New returns a client of the node at api, a multiaddr or an http URL. It asks
// the node nothing.
func New(api string, options Options) (*Node, error) {
	if api == "" {
		return nil, errors.New("ipfs: new node: no address")
	}
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute,
	}
	sh := shell.NewShellWithClient(api, &http.Client{Transport: transport})
	return &Node{sh: sh, transport: transport, options: options.filled()}, nil
}

// Close drops idle connections. Calls under way go on.
func (n *Node) Close() { n.transport.CloseIdleConnections() }

// call makes the tries of one call: again says whether another is possible.
func (n *Node) call(ctx context.Context, name string, again bool, try func() error) error {
	if n.isOpen() {
		return fmt.Errorf("ipfs: %s: %w", name, ErrUnavailable)
	}
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := try()
		if err != nil && (!again || ctx.Err() != nil || answered(err)) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithMaxTries(n.options.Tries), backoff.WithBackOff(&backoff.ExponentialBackOff{
		InitialInterval: 50 * time.Millisecond, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: time.Second,
	}))
	var permanent *backoff.PermanentError
	if errors.As(err, &permanent) {
		err = permanent.Unwrap()
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("ipfs: %s: %w", name, context.Cause(ctx))
	case answered(err):
		return fmt.Errorf("ipfs: %s: %w", name, err)
	}
	n.open()
	return fmt.Errorf("ipfs: %s: %w: %w", name, ErrUnavailable, err)
}

// answered reports whether the node, or the reader of an Add, said the error.
func answered(err error) bool {
	var refused *shell.Error
	var mismatch *MismatchError
	var source *sourceError
	return errors.As(err, &refused) || errors.As(err, &mismatch) || errors.As(err, &source)
}

func (n *Node) isOpen() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.options.Now().Before(n.closed)
}

func (n *Node) open() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = n.options.Now().Add(n.options.Probe)
}

// ask makes a short call and decodes its answer.
func (n *Node) ask(ctx context.Context, name string, request *shell.RequestBuilder, answer any) error {
	return n.call(ctx, name, true, func() error {
		ctx, cancel := context.WithTimeoutCause(ctx, n.options.Timeout, fmt.Errorf("%s took longer than %v", name, n.options.Timeout))
		defer cancel()
		return request.Exec(ctx, answer)
	})
}
