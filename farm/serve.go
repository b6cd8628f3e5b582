package farm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/hibiken/asynq"
	"github.com/hibiken/asynqmon"
	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/effects"
	"github.com/artdag/artdag/executor"
)

var _ asynq.RedisConnOpt = Redis{}

// MakeRedisClient opens a client for asynq's own parts.
func (r Redis) MakeRedisClient() any { return r.Open(0) }

// withPassword puts a password into a URL.
func withPassword(text, password string) (string, error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("farm: address: %w", withoutSecret(err))
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

// withoutPassword is a URL as it may be printed.
func withoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "unreadable"
	}
	return u.Redacted()
}

// Types are the step types with the effects of a folder beside those shipped.
func Types(folder string) (*executor.Registry, error) {
	if folder == "" {
		return executor.Builtin()
	}
	more, err := effects.Load(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("farm: effects in %s: %w", folder, err)
	}
	return executor.Builtin(more...)
}

// Serving is a scheduler with its API on an address.
type Serving struct {
	Scheduler *Scheduler
	URL       string
	server    *http.Server
	listener  net.Listener
	mon       *asynqmon.HTTPHandler
	done      chan error
}

// Site is what the API of a scheduler is served with.
type Site struct {
	Config    SchedulerConfig
	Redis     Redis // for the monitor of the queues
	Listen    string
	Tokens    api.Tokens
	MaxUpload int64
	Joining   Joining // what workers that join from elsewhere are told
}

// Serve listens, starts a scheduler and serves its API, the content for peers
// and the monitor of the queues. Beyond loopback it refuses without tokens.
func Serve(ctx context.Context, site Site) (*Serving, error) {
	listener, err := api.Listen(ctx, site.Listen, site.Tokens)
	if err != nil {
		return nil, err
	}
	s := &Serving{listener: listener, URL: "http://" + reachable(listener.Addr()), done: make(chan error, 1)}
	if site.Config.Address == "" {
		site.Config.Address = s.URL
	}
	if s.Scheduler, err = NewScheduler(site.Config); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	if err := s.Scheduler.Start(ctx); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.mon = asynqmon.New(asynqmon.Options{RootPath: "/monitoring", RedisConnOpt: site.Redis, ReadOnly: true})
	handler := api.Handler(s.Scheduler, api.Options{
		Tokens: site.Tokens, MaxContent: site.MaxUpload, Version: site.Config.Version, Log: site.Config.Logger,
		Answered: s.Scheduler.metrics.Request,
		Mounts: []api.Mount{
			{Path: "/monitoring/", Handler: s.mon, For: api.ForUsers},
			{Path: "POST /fetch/{hash}", Handler: serveFetch(s.Scheduler.fetcher, site.Tokens.Worker, nil), For: api.ForWorkers},
			{Path: "GET /api/v1/join", Handler: serveJoin(site.Joining), For: api.ForWorkers},
			{Path: "GET /metrics", Handler: s.Scheduler.metrics.Handler(), For: api.ForMonitors},
			{Path: "GET /api/v1/key", Handler: http.HandlerFunc(s.Scheduler.serveKey), For: api.ForUsers},
			{Path: "/content/", Handler: s.Scheduler.Contents(), For: api.ForWorkers},
		},
	})
	s.server = api.Server(context.WithoutCancel(ctx), handler, site.Config.Logger)
	go func() { s.done <- s.server.Serve(listener) }()
	return s, nil
}

// reachable is the address as a client on this machine writes it.
func reachable(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return a.String()
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return net.JoinHostPort(host, fmt.Sprint(tcp.Port))
}

// Wait blocks until ctx ends or serving fails.
func (s *Serving) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.done:
		return fmt.Errorf("farm: serve: %w", err)
	}
}

// Stop takes no more requests, then ends the scheduler.
func (s *Serving) Stop() {
	// Bounded: requests under way; those that watch would go on for hours.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close() // what is left is cut off
	}
	s.Scheduler.Stop()
	_ = s.mon.Close() // a client of Redis; nothing is lost with it
}

// RunScheduler is the scheduler process: it blocks until ctx ends.
func RunScheduler(ctx context.Context, c SchedulerSettings, version string, log *slog.Logger) error {
	site, closeAll, err := c.open(ctx, version, log)
	if err != nil {
		return err
	}
	defer closeAll()
	log.Info("scheduler", "version", version, "listen", c.Listen, "redis", withoutPassword(c.Redis), "database", withoutPassword(c.Database),
		"ipfs", c.IPFS, "cache", c.CacheDir, "realm", c.Realm, "classes", c.Classes, "tokens", len(site.Tokens.Users))
	serving, err := Serve(ctx, site)
	if err != nil {
		return err
	}
	log.Info("serving", "url", serving.URL, "monitoring", serving.URL+"/monitoring/")
	defer serving.Stop()
	return serving.Wait(ctx)
}

// open turns settings into parts; closeAll closes them.
func (c SchedulerSettings) open(ctx context.Context, version string, log *slog.Logger) (site Site, closeAll func(), err error) {
	where, err1 := c.redis()
	dsn, err2 := c.database()
	tokens, err3 := c.tokens()
	limit, err4 := size(c.CacheSize)
	upload, err5 := size(c.MaxUpload)
	node, err6 := c.node()
	types, err7 := Types(c.Effects)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, checkClasses(c.Classes)); err != nil {
		return site, nil, err
	}
	joining, err := c.joining()
	if err != nil {
		return site, nil, err
	}
	db, err := openCatalog(ctx, dsn, log)
	if err != nil {
		return site, nil, err
	}
	client := where.Open(0)
	site = Site{Redis: where, Listen: c.Listen, Tokens: tokens, MaxUpload: upload, Joining: joining, Config: SchedulerConfig{
		Redis: client, Prefix: where.Prefix, Catalog: db, CacheDir: c.CacheDir, Limit: limit, Types: types, Realm: c.Realm, Classes: c.Classes,
		IPFS: node, Token: tokens.Worker, Address: c.Advertise, Version: version, Logger: log, KeyFile: c.KeyFile,
	}}
	return site, func() {
		if err := errors.Join(client.Close(), db.Close()); err != nil {
			log.Warn("close", "error", err)
		}
	}, nil
}

// RunWorker is the worker process: it blocks until ctx ends or it is drained,
// then drains. When kill is closed the grace is over at once.
func RunWorker(ctx context.Context, c WorkerSettings, version string, log *slog.Logger, kill <-chan struct{}) error {
	ctx, drain := context.WithCancel(ctx)
	defer drain()
	if err := c.joined(ctx); err != nil {
		return err
	}
	where, err1 := c.redis()
	token, err2 := secret(c.Token, c.TokenFile)
	limit, err3 := size(c.CacheSize)
	node, err4 := c.node()
	types, err5 := Types(c.Effects)
	priorities, err6 := weights(c.Priorities)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, checkClasses(c.Classes)); err != nil {
		return err
	}
	client := where.Open(0)
	defer client.Close()
	w, err := newWorkerIn(c.CacheRoot, WorkerConfig{
		Redis: client, Open: func() (redis.UniversalClient, error) { return where.Open(0), nil }, Prefix: where.Prefix, CacheDir: c.CacheDir,
		Limit: limit, Types: types, Slots: c.Slots, Classes: c.Classes, Tags: c.Tags, Weights: priorities, IPFS: node, Token: token,
		Listen: c.Listen, Advertise: c.Advertise, Certificate: c.Certificate, Key: c.Key, Version: version, Logger: log, Grace: c.Grace, StopOnLostContact: c.OnLostContact == "stop",
		AnyTools: c.Toolchain == "any", ReplaceTools: c.Toolchain == "replace",
		Drained: drain,
	})
	if err != nil {
		return err
	}
	if err := w.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	log.Info("draining", "grace", c.Grace)
	stopped := make(chan struct{})
	go func() {
		select {
		case <-kill:
			w.Kill()
		case <-stopped:
		}
	}()
	w.Stop()
	close(stopped)
	return nil
}
