package farm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/executor/sandbox"
	"github.com/artdag/artdag/index"
	"github.com/artdag/artdag/ipfs"
	"github.com/artdag/artdag/lua"
	"github.com/artdag/artdag/peer"
	"github.com/artdag/artdag/tasks"
)

// WorkerConfig is what a worker is made of.
type WorkerConfig struct {
	ID       string // empty: made up once and kept in the folder
	Redis    redis.UniversalClient
	Open     tasks.OpenServerClient // makes another client, for asynq's server
	Prefix   lua.Prefix
	CacheDir string
	Limit    int64
	Types    *executor.Registry
	Slots    int      // 0: one for each core
	Classes  []string // nil: cpu, and blender where it is installed
	Tags     []string
	Weights  map[claim.Priority]int
	IPFS     *ipfs.Node
	Token    string
	// Listen is the address of its server for peers; the default is a free port
	// of 127.0.0.1. Advertise is how they reach it; the default is Listen.
	Listen, Advertise string
	// Certificate and Key are files: with them peers are served over HTTPS.
	Certificate, Key  string
	Version           string
	Logger            *slog.Logger
	Grace             time.Duration // of a drain
	StopOnLostContact bool
	// AnyTools lets it work although its tools are not those of the farm;
	// ReplaceTools makes them those of the farm.
	AnyTools, ReplaceTools bool
	// Drained is called when the farm wants this worker to drain, once or more
	// often; nil means Stop, in a goroutine of its own.
	Drained func()
}

// Worker performs steps. Start it once; Stop drains it.
type Worker struct {
	WorkerConfig
	lock    *flock.Flock
	cache   *cache.Cache
	box     *sandbox.Sandbox
	engine  *engine.Engine
	fetcher *peer.Fetcher
	index   *index.Index
	logs    *tasks.Logs
	queue   *tasks.Worker
	claims  *claim.Store
	holding *holding
	roster  *roster
	stop    context.CancelFunc
	parts   sync.WaitGroup
	server  *http.Server
	began   time.Time
	chain   string   // fingerprint of the toolchain
	types   []string // that it knows, with versions
	done    chan struct{}
	leaving atomic.Bool
	stopped sync.Once
}

// NewWorker opens the worker's own folder, which no other process may use at
// the same time, kills what a predecessor left running there, and listens for
// peers.
func NewWorker(c WorkerConfig) (*Worker, error) {
	w := &Worker{WorkerConfig: c, logs: &tasks.Logs{}, began: time.Now(), done: make(chan struct{})}
	var err error
	if w.lock, err = lockFolder(w.CacheDir); err != nil {
		return nil, err
	}
	if err = w.assemble(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *Worker) assemble() (err error) {
	w.defaults()
	if w.cache, err = cache.Open(w.CacheDir, cache.Options{Limit: w.Limit}); err != nil {
		return err
	}
	if w.box, err = sandbox.New(sandbox.Options{Reexec: true, Folder: w.CacheDir}); err != nil {
		return err
	}
	if w.claims, err = claim.New(w.Redis, w.Prefix); err != nil {
		return err
	}
	journal, err := tasks.OpenJournal(w.CacheDir)
	if err != nil {
		return err
	}
	toolchain := engine.NewToolchain(w.box)
	w.engine = &engine.Engine{Cache: w.cache, Types: w.Types, Runner: w.box, Toolchain: toolchain, Slots: w.Slots}
	w.chain, w.types = toolchain.Of("SEGMENT"), versioned(w.Types)
	if w.Classes == nil {
		w.Classes = []string{"cpu"}
		if strings.HasPrefix(toolchain.Of("BLENDER"), "Blender") {
			w.Classes = append(w.Classes, "blender")
		}
	}
	w.index = &index.Index{Redis: w.Redis, Prefix: w.Prefix}
	w.roster = &roster{redis: w.Redis, prefix: w.Prefix}
	if w.holding, err = newHolding(w.cache, w.claims); err != nil {
		return err
	}
	w.fetcher = peer.New(peer.Options{
		Cache: w.cache, Token: w.Token, Self: w.ID, Locator: &locator{index: w.index, roster: w.roster}, Sources: w.sources(),
		OnBad: w.bad, OnHave: w.announce,
	})
	if err := w.listen(); err != nil {
		return err
	}
	w.queue = &tasks.Worker{
		Claims: w.claims, Identity: claim.Worker{ID: w.ID, Tags: w.Tags, Holder: w.ID}, Classes: w.Classes, Weights: w.Weights, Slots: w.Slots,
		Performer: holdingPerformer{
			&tasks.Renderer{Engine: w.engine, Fetcher: w.fetcher, Logs: w.logs, Announce: w.announceAll, NoteLog: w.noteLog}, w.holding,
		},
		Leaving: w.handOn,
		Journal: journal, Log: w.Logger, Describe: w.describe, StopOnLostContact: w.StopOnLostContact, Grace: w.Grace, Drained: w.Drained,
		HaveRoom: func() bool { return !w.cache.Full() }, Forgot: w.reannounce,
	}
	return nil
}

func (w *Worker) defaults() {
	if w.ID == "" {
		w.ID = identity("worker", w.CacheDir)
	}
	if w.Slots == 0 {
		w.Slots = runtime.NumCPU()
	}
	if w.Listen == "" {
		w.Listen = "127.0.0.1:0"
	}
	if w.Drained == nil {
		w.Drained = func() { go w.Stop() }
	}
}

// listen serves the content that this worker holds, and the logs of what it
// runs.
func (w *Worker) listen() error {
	listener, scheme, err := listenWith(w.Listen, w.Certificate, w.Key)
	if err != nil {
		return fmt.Errorf("farm: listen for peers: %w", err)
	}
	if err := peer.RequireToken(listener.Addr(), w.Token); err != nil {
		return errors.Join(err, listener.Close())
	}
	if w.Advertise == "" {
		w.Advertise = reachable(listener.Addr())
	}
	if !strings.Contains(w.Advertise, "://") {
		w.Advertise = scheme + "://" + w.Advertise
	}
	mux := http.NewServeMux()
	mux.Handle("/content/", peer.Handler(w.cache, w.Token))
	mux.HandleFunc("GET /log/{step}", w.serveLog)
	mux.HandleFunc("POST /fetch/{hash}", w.serveFetch)
	mux.HandleFunc("POST /drain", w.serveDrain)
	w.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	go func() {
		defer close(w.done)
		if err := w.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			w.Logger.Error("serving peers ended", "error", err)
		}
	}()
	return nil
}

// serveDrain has the worker drain now: Redis tells it too, with a heartbeat.
func (w *Worker) serveDrain(out http.ResponseWriter, r *http.Request) {
	if !peer.Allowed(r, w.Token) {
		http.Error(out, "the worker token is missing or wrong", http.StatusUnauthorized)
		return
	}
	w.Drained()
	out.WriteHeader(http.StatusNoContent)
}

// serveFetch takes what another hands on, unless it is about to leave as well.
func (w *Worker) serveFetch(out http.ResponseWriter, r *http.Request) {
	if w.leaving.Load() {
		http.Error(out, "this worker is leaving", http.StatusServiceUnavailable)
		return
	}
	serveFetch(w.fetcher, w.Token, w.holding.take)(out, r)
}

// serveLog copies the log of a step that runs here, or ran here last.
func (w *Worker) serveLog(out http.ResponseWriter, r *http.Request) {
	if !peer.Allowed(r, w.Token) {
		http.Error(out, "the worker token is missing or wrong", http.StatusUnauthorized)
		return
	}
	step, err := dag.ParseID[dag.CacheID](r.PathValue("step"))
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	out.Header().Set("Content-Type", "text/plain; charset=utf-8")
	out.Header().Set("X-Content-Type-Options", "nosniff")
	found, err := w.logs.Follow(r.Context(), step, r.URL.Query().Get("follow") != "", flushing{out})
	if found || err != nil {
		return // an error is the client's: it went away
	}
	kept, err := w.cache.Log(step)
	if err != nil {
		http.Error(out, "no log of that step here", http.StatusNotFound)
		return
	}
	defer kept.Close()
	_, _ = io.Copy(out, kept)
}

// Start takes steps. It waits until a scheduler has begun an epoch.
func (w *Worker) Start(ctx context.Context) error {
	if err := w.awaitEpoch(ctx); err != nil {
		return err
	}
	if w.ReplaceTools {
		if err := w.replaceToolchain(ctx); err != nil {
			return err
		}
	}
	if err := w.checkToolchain(ctx, w.engine.Toolchain); err != nil {
		return err
	}
	w.reannounce(ctx)
	w.Logger.Info("worker", "id", w.ID, "slots", w.Slots, "classes", w.Classes, "tags", w.Tags, "sandbox", w.box.Kind(), "limits", w.box.Limits(),
		"peers", w.Advertise, "toolchain", w.chain)
	parts, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.stop = stop
	w.parts.Go(func() { w.keepHolding(parts) })
	return w.queue.Start(ctx, w.Open)
}

func (w *Worker) awaitEpoch(ctx context.Context) error {
	said := false
	for {
		epoch, err := w.claims.Refresh(ctx)
		if err == nil && epoch != "" {
			return nil
		}
		if !said {
			w.Logger.Info("waiting for a scheduler", "error", err)
			said = true
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// Stop takes no more steps, lets those that run finish within the grace, hands
// the rest back, and closes everything. Called again it waits for the first.
func (w *Worker) Stop() { w.stopped.Do(w.shutdown) }

func (w *Worker) shutdown() {
	w.leaving.Store(true)
	w.queue.Stop()
	if w.stop != nil {
		w.stop()
	}
	w.parts.Wait()
	w.fetcher.Stop()
	if err := w.close(); err != nil {
		w.Logger.Warn("stop", "error", err)
	}
}

// Kill ends the grace of Stop at once.
func (w *Worker) Kill() { w.queue.Kill() }

func (w *Worker) close() error {
	var errs []error
	if w.server != nil {
		errs = append(errs, w.server.Close())
		<-w.done
	}
	if w.box != nil {
		w.box.Close()
	}
	if w.holding != nil {
		errs = append(errs, w.holding.close())
	}
	if w.cache != nil {
		errs = append(errs, w.cache.Close())
	}
	return errors.Join(append(errs, w.lock.Close())...)
}

// sources are asked after the peers: IPFS, then a scheduler, which knows more.
func (w *Worker) sources() []peer.Source {
	scheduler := &schedulerSource{roster: w.roster, token: w.Token}
	if w.IPFS == nil {
		return []peer.Source{scheduler}
	}
	return []peer.Source{&ipfsSource{node: w.IPFS, index: w.index}, scheduler}
}

func (w *Worker) bad(from string, h dag.ContentHash, err error) {
	w.Logger.Warn("wrong bytes", "from", from, "content", h.Short(), "error", err)
}

// announce tells the farm what was fetched.
func (w *Worker) announce(h dag.ContentHash) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // bounded: it is told behind a transfer
	defer cancel()
	if err := w.index.Announce(ctx, w.ID, []index.Held{{Content: h}}); err != nil {
		w.Logger.Warn("announce", "content", h.Short(), "error", err)
	}
}

func (w *Worker) announceAll(ctx context.Context, items []claim.MetaItem) error {
	held := make([]index.Held, len(items))
	for i, item := range items {
		held[i] = index.Held{Content: item.Content, CID: item.CID}
	}
	return w.index.Announce(ctx, w.ID, held)
}

func (w *Worker) noteLog(ctx context.Context, step dag.CacheID, log claim.MetaItem) error {
	return errors.Join(w.announceAll(ctx, []claim.MetaItem{log}), w.index.SetLog(ctx, step, log.Content))
}

// reannounce tells the farm everything that this worker holds: at its start, and
// after Redis forgot.
func (w *Worker) reannounce(ctx context.Context) {
	held, err := heldIn(ctx, w.cache)
	if err = errors.Join(err, w.index.Announce(ctx, w.ID, held)); err != nil {
		w.Logger.Warn("announce", "error", err)
	}
}

// describe is what the others know of this worker.
func (w *Worker) describe(free int, draining bool, note string) string {
	host, _ := os.Hostname()
	d := description{Types: w.types, Worker: api.Worker{
		ID: w.ID, Host: host, Slots: w.Slots, Free: free, Classes: w.Classes, Tags: slices.Clone(w.Tags), Draining: draining, Note: note,
		Seen: time.Now(), Started: w.began, Toolchain: w.chain, Version: w.Version, Address: w.Advertise,
	}}
	if room, err := w.cache.Room(); err == nil { // else it is unknown
		d.CacheBytes, d.DiskFree, d.DiskSize = room.Used, max(room.Free, 0), max(room.Size, 0)
	}
	if w.queue != nil {
		for _, r := range w.queue.Running() {
			d.Running = append(d.Running, api.Running{Step: r.ID, Label: r.Label, Type: r.Type, Done: r.Done, Since: r.Since})
		}
	}
	return d.encode()
}
