package api

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Listen listens on a TCP address such as "127.0.0.1:8080". Without a user's
// token it listens on loopback addresses only.
func Listen(ctx context.Context, addr string, t Tokens) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("api: listen on %q: want HOST:PORT, such as 127.0.0.1:8080 or 0.0.0.0:8080: %w", addr, err)
	}
	if len(t.Users) == 0 && !loopback(host) {
		return nil, fmt.Errorf("api: listen on %s: other machines reach that address, and anybody on them could render; "+
			"set ARTDAG_TOKENS (NAME=SECRET, ...) and ARTDAG_WORKER_TOKEN, or listen on 127.0.0.1", addr)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	return listener, nil
}

// loopback reports whether only this machine reaches the host. Names other than
// localhost are not looked up: what they stand for may change.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Server returns a server for the handler with bounds on headers and idle
// connections; Handler itself sees to slow bodies and streams. When ctx ends,
// so do the contexts of its requests.
func Server(ctx context.Context, h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
