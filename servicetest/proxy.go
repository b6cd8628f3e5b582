package servicetest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// A Proxy is the road to a server: tests cut it to make the server unreachable
// while it lives on. Its methods are safe for concurrent use.
type Proxy struct {
	t      testing.TB
	target string
	addr   string

	mu       sync.Mutex
	listener net.Listener // nil while cut
	open     map[net.Conn]bool
	carrying sync.WaitGroup
}

// NewProxy starts a proxy to the target, host and port.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	p, err := onFreePort(func(port int) (*Proxy, error) {
		p := &Proxy{t: t, target: target, addr: address(port), open: map[net.Conn]bool{}}
		return p, p.listen()
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Cut)
	return p
}

// Addr returns the host and port to connect to instead of the target's.
func (p *Proxy) Addr() string { return p.addr }

// Cut breaks every connection and refuses new ones. It returns when nothing is
// carried any more. Cutting twice is no error.
func (p *Proxy) Cut() {
	p.mu.Lock()
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	for conn := range p.open {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.carrying.Wait()
}

// Restore lets connections through again, at the same address.
func (p *Proxy) Restore() {
	p.t.Helper()
	if err := p.listen(); err != nil {
		p.t.Errorf("servicetest: restore the proxy: %v", err)
	}
}

func (p *Proxy) listen() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		return nil
	}
	listener, err := net.Listen("tcp", p.addr)
	if err != nil {
		return err
	}
	p.listener = listener
	p.carrying.Go(func() { p.accept(listener) })
	return nil
}

func (p *Proxy) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return // cut
		}
		if p.keep(conn, listener) {
			p.carrying.Go(func() { p.carry(conn, listener) })
		}
	}
}

// keep remembers a connection, so that Cut finds it; it closes one that came
// too late for that.
func (p *Proxy) keep(conn net.Conn, listener net.Listener) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != listener {
		_ = conn.Close()
		return false
	}
	p.open[conn] = true
	return true
}

func (p *Proxy) carry(from net.Conn, listener net.Listener) {
	defer p.drop(from)
	to, err := net.Dial("tcp", p.target)
	if err != nil || !p.keep(to, listener) {
		return
	}
	defer p.drop(to)
	var back sync.WaitGroup
	back.Go(func() { _, _ = io.Copy(from, to); _ = from.Close(); _ = to.Close() })
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = from.Close()
	back.Wait()
}

func (p *Proxy) drop(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = conn.Close()
	delete(p.open, conn)
}
