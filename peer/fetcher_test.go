package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// film is content of several blocks that does not repeat.
func film(size int) []byte {
	text := make([]byte, size)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(text)
	return text
}

// said is a Locator that says the same of everything.
type said []Holder

func (s said) Holders(context.Context, dag.ContentHash) ([]Holder, error) { return s, nil }

// failing is a Locator that cannot be asked.
type failing struct{}

func (failing) Holders(context.Context, dag.ContentHash) ([]Holder, error) {
	return nil, errors.New("no answer")
}

// shelf is a Source with some content.
type shelf map[dag.ContentHash][]byte

func (shelf) Name() string { return "shelf" }

func (s shelf) Open(_ context.Context, h dag.ContentHash, offset int64) (io.ReadCloser, error) {
	text, ok := s[h]
	if !ok {
		return nil, fmt.Errorf("not on the shelf: %w", ErrGone)
	}
	return io.NopCloser(bytes.NewReader(text[offset:])), nil
}

// bench is a Fetcher on a cache of its own, and what it told.
type bench struct {
	*Fetcher
	t    *testing.T
	mu   sync.Mutex
	bad  []string
	have []dag.ContentHash
}

func newBench(t *testing.T, o Options) *bench {
	t.Helper()
	b := &bench{t: t}
	o.Cache = newCache(t)
	o.OnBad = func(from string, _ dag.ContentHash, err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.bad = append(b.bad, from)
	}
	o.OnHave = func(h dag.ContentHash) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.have = append(b.have, h)
	}
	b.Fetcher = New(o)
	t.Cleanup(b.Stop)
	return b
}

func (b *bench) wantFetched(h dag.ContentHash, text []byte) {
	b.t.Helper()
	path, err := b.Fetch(b.t.Context(), h, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, text) {
		b.t.Errorf("fetched %d bytes (error %v), want %d others", len(got), err, len(text))
	}
	if len(b.have) != 1 || b.have[0] != h {
		b.t.Errorf("announced %v, want the content once", b.have)
	}
}

// holder serves with a real server.
func holder(t *testing.T, id string, h http.Handler) Holder {
	t.Helper()
	return Holder{ID: id, URL: serve(t, h).URL}
}

// good holds the text and returns its hash.
func good(t *testing.T, id string, text []byte) (Holder, dag.ContentHash) {
	t.Helper()
	c := newCache(t)
	h := put(t, c, string(text))
	return holder(t, id, Handler(c, "")), h
}

// sends answers every request with these bytes from the asked offset on and then
// does what after says.
func sends(text []byte, length int, after func(r *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(length))
		_, _ = w.Write(text)
		_ = http.NewResponseController(w).Flush()
		after(r)
	}
}

func breakOff(*http.Request) { panic(http.ErrAbortHandler) }

// hang waits until the client goes away.
func hang(r *http.Request) { <-r.Context().Done() }

func nothing(*http.Request) {}

// Each first holder fails in its way; the second has the content.
func TestFetchGoesOnWithTheNext(t *testing.T) {
	t.Parallel()
	text := film(3<<20 + 17)
	wrong := slices.Clone(text)
	wrong[2<<20] ^= 1
	status := func(code int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	for name, test := range map[string]struct {
		first http.Handler
		bad   []string
	}{
		"wrong bytes":         {sends(wrong, len(wrong), nothing), []string{"first"}},
		"too short":           {sends(text[:100], 100, nothing), []string{"first"}},
		"too long":            {sends(append(slices.Clone(text), 1), len(text)+1, nothing), []string{"first"}},
		"empty":               {sends(nil, 0, nothing), []string{"first"}},
		"breaks off":          {sends(text[:2<<20], len(text), breakOff), nil},
		"wrong, breaks off":   {sends(wrong[:2<<20+1], len(text), breakOff), nil},
		"too much, then off":  {sends(append(slices.Clone(text), 1, 2), len(text)+9, breakOff), nil},
		"breaks off at once":  {sends(nil, len(text), breakOff), nil},
		"stalls":              {sends(text[:2<<20], len(text), hang), nil},
		"stalls at once":      {http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { hang(r) }), nil},
		"404":                 {status(404), nil},
		"401":                 {status(401), nil},
		"503":                 {status(503), nil},
		"redirects elsewhere": {http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			second, h := good(t, "second", text)
			b := newBench(t, Options{Locator: said{holder(t, "first", test.first), second}, Stall: 500 * time.Millisecond})
			b.wantFetched(h, text)
			if !slices.Equal(b.bad, test.bad) {
				t.Errorf("blamed %v, want %v", b.bad, test.bad)
			}
		})
	}
}

func TestResumeAsksForTheRestOnly(t *testing.T) {
	t.Parallel()
	text := film(3 << 20)
	c := newCache(t)
	h := put(t, c, string(text))
	var ranges []string
	inner := Handler(c, "")
	second := holder(t, "second", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ranges = append(ranges, r.Header.Get("Range"))
		inner.ServeHTTP(w, r)
	}))
	b := newBench(t, Options{Locator: said{holder(t, "first", sends(text[:1<<20], len(text), breakOff)), second}})
	b.wantFetched(h, text)
	if !slices.Equal(ranges, []string{"bytes=1048576-"}) {
		t.Errorf("the second was asked for %q", ranges)
	}
}

// The token goes to peers, and a source is asked when no peer has it.
func TestFetchUsesTokenAndSources(t *testing.T) {
	t.Parallel()
	text := film(100)
	c := newCache(t)
	h := put(t, c, string(text))
	peers := said{{ID: "me", URL: "http://127.0.0.1:1"}, holder(t, "locked", Handler(c, "secret"))}
	b := newBench(t, Options{Locator: peers, Token: "secret", Self: "me"})
	b.wantFetched(h, text)
	b = newBench(t, Options{Sources: []Source{shelf{}, shelf{h: text}}})
	b.wantFetched(h, text)
}

func TestGoneIsNotUnreachable(t *testing.T) {
	t.Parallel()
	h := dag.ContentHash{7}
	lacking, _ := good(t, "lacking", []byte("other"))
	liar := holder(t, "liar", sends([]byte("lies"), 4, nothing))
	for name, test := range map[string]struct {
		o     Options
		kind  error
		tried []string
	}{
		"nobody to ask":     {Options{Locator: said{}}, ErrGone, nil},
		"nobody has it":     {Options{Locator: said{lacking}, Sources: []Source{shelf{}}}, ErrGone, []string{"lacking", "shelf"}},
		"wrong bytes only":  {Options{Locator: said{liar}}, ErrGone, []string{"liar"}},
		"holder is away":    {Options{Locator: said{{ID: "away", URL: "http://127.0.0.1:1"}, lacking}}, ErrUnreachable, []string{"away", "lacking"}},
		"locator is away":   {Options{Locator: failing{}, Sources: []Source{shelf{}}}, ErrUnreachable, []string{"locator", "shelf"}},
		"breaks every time": {Options{Locator: said{holder(t, "broken", sends([]byte("x"), 9, breakOff))}}, ErrUnreachable, []string{"broken", "broken", "broken"}},
	} {
		b := newBench(t, test.o)
		_, err := b.Fetch(t.Context(), h, 0)
		var unavailable *UnavailableError
		if !errors.As(err, &unavailable) || unavailable.Hash != h || !errors.Is(err, test.kind) {
			t.Errorf("%s: got %v, want %v", name, err, test.kind)
			continue
		}
		var tried []string
		for _, a := range unavailable.Tried {
			tried = append(tried, a.From)
		}
		if test.tried != nil && !slices.Equal(slices.Compact(tried), slices.Compact(test.tried)) {
			t.Errorf("%s: tried %v, want %v", name, tried, test.tried)
		}
		if len(b.have) > 0 {
			t.Errorf("%s: announced %v", name, b.have)
		}
	}
}

// gate serves the content when it is opened, and counts requests.
type gate struct {
	inner   http.Handler
	asked   chan struct{}
	opened  chan struct{}
	left    chan struct{}
	counter atomic.Int32
}

func newGate(inner http.Handler) *gate {
	return &gate{inner: inner, asked: make(chan struct{}, 10), opened: make(chan struct{}), left: make(chan struct{}, 10)}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.counter.Add(1)
	g.asked <- struct{}{}
	select {
	case <-g.opened:
		g.inner.ServeHTTP(w, r)
	case <-r.Context().Done():
		g.left <- struct{}{}
	}
}

// waiters polls how many wait for the download of h.
func (b *bench) waitFor(h dag.ContentHash, waiters int) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		b.Fetcher.mu.Lock()
		fl := b.flights[h]
		n := 0
		if fl != nil {
			n = fl.waiters
		}
		b.Fetcher.mu.Unlock()
		if n == waiters {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("%d wait, want %d", n, waiters)
		}
	}
}

// Many wait for one download; those who give up do not end it.
func TestOneDownloadForAllWhoWait(t *testing.T) {
	t.Parallel()
	text := film(2 << 20)
	c := newCache(t)
	h := put(t, c, string(text))
	g := newGate(Handler(c, ""))
	b := newBench(t, Options{Locator: said{holder(t, "gate", g)}})
	ctx, cancel := context.WithCancel(t.Context())
	var gaveUp, stayed sync.WaitGroup
	for range 3 {
		gaveUp.Go(func() {
			if _, err := b.Fetch(ctx, h, 0); !errors.Is(err, context.Canceled) {
				t.Errorf("who gave up got %v", err)
			}
		})
		stayed.Go(func() {
			if _, err := b.Fetch(t.Context(), h, int64(len(text))); err != nil {
				t.Errorf("who stayed got %v", err)
			}
		})
	}
	b.waitFor(h, 6)
	cancel()
	gaveUp.Wait()
	b.waitFor(h, 3)
	close(g.opened)
	stayed.Wait()
	b.waitFor(h, 0)
	if n := g.counter.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestDownloadEndsWithTheLastWaiterAndBeginsAgain(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	h := put(t, c, "text")
	g := newGate(Handler(c, ""))
	b := newBench(t, Options{Locator: said{holder(t, "gate", g)}})
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	waiting.Go(func() { _, _ = b.Fetch(ctx, h, 0) })
	<-g.asked
	cancel()
	<-g.left // the request ended
	waiting.Wait()
	close(g.opened)
	b.wantFetched(h, []byte("text"))
}

func TestStopEndsDownloads(t *testing.T) {
	t.Parallel()
	g := newGate(http.NotFoundHandler())
	b := newBench(t, Options{Locator: said{holder(t, "gate", g)}})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if _, err := b.Fetch(t.Context(), dag.ContentHash{1}, 0); !errors.Is(err, ErrStopped) {
			t.Errorf("got %v, want ErrStopped", err)
		}
	})
	<-g.asked
	b.Stop()
	waiting.Wait()
	if _, err := b.Fetch(t.Context(), dag.ContentHash{2}, 0); !errors.Is(err, ErrStopped) {
		t.Errorf("after the stop: %v", err)
	}
}

func TestFetchAllFetchesTheMembers(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	var members []cache.Member
	for i := range 20 {
		text := strings.Repeat("frame", i) // the first is empty
		members = append(members, cache.Member{Name: fmt.Sprintf("%08d", i), Content: put(t, c, text), Size: int64(len(text))})
	}
	manifest, err := cache.Manifest(members)
	if err != nil {
		t.Fatal(err)
	}
	h := put(t, c, string(manifest))
	b := newBench(t, Options{Locator: said{holder(t, "one", Handler(c, ""))}, Parallel: 4})
	got, err := b.FetchAll(t.Context(), h, int64(len(manifest)))
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range got {
		text, err := os.ReadFile(m.Path)
		if want := strings.Repeat("frame", i); err != nil || string(text) != want || m.Name != members[i].Name {
			t.Errorf("member %d is %s with %q (error %v), want %q", i, m.Name, text, err, want)
		}
	}
	if len(b.have) != 21 {
		t.Errorf("announced %d, want 21", len(b.have))
	}
}

// Who sent wrong bytes is asked last from then on.
func TestWrongBytesCount(t *testing.T) {
	t.Parallel()
	second, h := good(t, "second", []byte("right"))
	var asked atomic.Int32
	first := holder(t, "first", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		sends([]byte("wrong"), 5, nothing)(w, r)
	}))
	b := newBench(t, Options{Locator: said{first, second}})
	b.wantFetched(h, []byte("right"))
	if err := os.RemoveAll(b.opts.Cache.Dir() + "/content"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Fetch(t.Context(), h, 0); err != nil {
		t.Fatal(err)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the first was asked %d times, want once", n)
	}
}
