package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/hibiken/asynqmon"

	"github.com/artdag/artdag/farm"
)

// settings are the flags of the monitor; each is an environment variable as
// well.
type settings struct {
	Redis     string `name:"redis" env:"REDIS_URL" default:"redis://localhost:6379/5" placeholder:"URL" help:"As the scheduler's."`
	RedisFile string `name:"redis-password-file" env:"ARTDAG_REDIS_PASSWORD_FILE" placeholder:"FILE" help:"File with the password of Redis."`
	Listen    string `name:"listen" env:"ARTDAG_LISTEN" default:"127.0.0.1:8081" placeholder:"ADDR" help:"Where it serves."`
	LoginFile string `name:"login-file" env:"ARTDAG_LOGIN_FILE" required:"" placeholder:"FILE" help:"File with NAME:PASSWORD, one line."`
	Admin     bool   `name:"admin" env:"ARTDAG_ADMIN" help:"Let those who log in pause queues and delete tasks."`
}

// Serve serves the monitor until ctx ends.
func (s *settings) Serve(ctx context.Context, version string, log *slog.Logger, _ <-chan struct{}) error {
	who, err := readLogin(s.LoginFile)
	if err != nil {
		return err
	}
	where, err := farm.ParseRedis(s.Redis)
	if err != nil {
		return err
	}
	if where, err = where.WithPasswordFile(s.RedisFile); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("asynqmon: %w", err)
	}
	monitor := asynqmon.New(asynqmon.Options{RedisConnOpt: where, ReadOnly: !s.Admin})
	defer monitor.Close()
	server := &http.Server{Handler: site(who, monitor), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	log.Info("asynqmon", "version", version, "listen", listener.Addr().String(), "admin", s.Admin)
	return serve(ctx, server, listener)
}

// site is the monitor behind the login, and a path that says only that the
// process lives.
func site(who login, monitor http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.Handle("/", who.guard(monitor))
	return mux
}

func serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("asynqmon: serve: %w", err)
	case <-ctx.Done():
	}
	// Bounded: requests under way may finish.
	stopping, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := server.Shutdown(stopping)
	<-ended
	return err
}

func readLogin(file string) (login, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return login{}, fmt.Errorf("asynqmon: login: %w", err)
	}
	name, password, found := strings.Cut(strings.TrimSpace(string(text)), ":")
	if !found || name == "" || len(password) < 16 {
		return login{}, errors.New("asynqmon: login: want NAME:PASSWORD with a password of 16 characters or more")
	}
	return login{name, password}, nil
}
