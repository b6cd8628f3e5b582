package api_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

func dial(t *testing.T, server *httptest.Server, o client.Options) *client.Client {
	t.Helper()
	c, err := client.New(server.URL, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func final(job api.Job, status catalog.Status) api.Event {
	job.Status = status
	return api.Event{Kind: api.Changed, Job: &job}
}

// The stream as a browser reads it, and going on from a place in it.
func TestEventStream(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	server := serve(t, farm, api.Options{Heartbeat: time.Millisecond})
	job := farm.submit(t)
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/api/v1/jobs/"+job.ID+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("Content-Type %q", got)
	}
	lines := bufio.NewScanner(response.Body)
	var got []string
	told := false
	for lines.Scan() { // a heartbeat or more, then the end
		if lines.Text() == ":" {
			if len(got) == 3 && !told {
				told = true
				farm.tell(job.ID, api.Event{Kind: api.StepStarted, Step: dag.CacheID{1}, Label: "a"})
				farm.tell(job.ID, final(job, catalog.Completed))
			}
			continue
		}
		if name, _, _ := strings.Cut(lines.Text(), ": {"); name != "" {
			got = append(got, name)
		}
	}
	want := []string{"id: 0", "event: state", "data", "id: 1", "event: started", "data", "id: 2", "event: changed", "data"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stream (-want +got):\n%s", diff)
	}
	rest := ask(t, server, "GET", "/api/v1/jobs/"+job.ID+"/events", nil, "Last-Event-ID: 1").want(t, 200)
	if !strings.HasPrefix(rest.body, "id: 2\nevent: changed\n") {
		t.Errorf("from 1 on: %q", rest.body)
	}
}

// A client that goes leaves no watch behind (goleak sees what is left).
func TestWatcherLeaves(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	c := dial(t, serve(t, farm, api.Options{}), client.Options{})
	job := farm.submit(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := c.Watch(ctx, job.ID, func(api.Event) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Watch: %v", err)
	}
	mine := errors.New("enough")
	if err := c.Watch(t.Context(), job.ID, func(api.Event) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("Watch: %v, want the error of emit", err)
	}
	if err := c.Watch(t.Context(), "7Z", func(api.Event) error { return nil }); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("Watch of no job: %v", err)
	}
}

// A connection that breaks is made again, behind the last event that was seen.
func TestWatchGoesOn(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	server := serve(t, farm, api.Options{})
	c := dial(t, server, client.Options{})
	job := farm.submit(t)
	var got []string
	err := c.Watch(t.Context(), job.ID, func(e api.Event) error {
		got = append(got, e.ID+" "+string(e.Kind))
		switch len(got) {
		case 1:
			<-farm.watched
			farm.tell(job.ID, api.Event{Kind: api.StepStarted, Step: dag.CacheID{1}})
		case 2:
			server.CloseClientConnections()
			farm.tell(job.ID, final(job, catalog.Failed))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"0 state", "1 started", "2 changed"}, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// flaky fails the first requests as a proxy does whose server is away.
func flaky(next http.Handler, failures int32) (http.Handler, *atomic.Int32) {
	var asked atomic.Int32
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) <= failures {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		next.ServeHTTP(w, r)
	}), &asked
}

func TestRepeats(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	handler, asked := flaky(api.Handler(farm, api.Options{}), 2)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	var told atomic.Int32
	c := dial(t, server, client.Options{Away: func(error, time.Duration) { told.Add(1) }})
	h := dag.HashContent([]byte("abc"))
	opened := 0
	_, err := c.Put(t.Context(), h, 3, func() (io.ReadCloser, error) {
		opened++
		return io.NopCloser(strings.NewReader("abc")), nil
	})
	if err != nil || opened != 3 || told.Load() != 2 {
		t.Errorf("Put: %v; body opened %d times, away told %d times", err, opened, told.Load())
	}
	asked.Store(0)
	if _, err := c.Submit(t.Context(), api.Submission{Recipe: notes}); !errors.Is(err, api.ErrUnavailable) || asked.Load() != 1 {
		t.Errorf("Submit: %v after %d requests; one that may have arrived is not repeated", err, asked.Load())
	}
	asked.Store(10)
	if _, err := c.Job(t.Context(), "7Z"); !errors.Is(err, catalog.ErrNotFound) || asked.Load() != 11 {
		t.Errorf("Job: %v after %d requests", err, asked.Load()-10)
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c := dial(t, server, client.Options{Patience: -1})
	_, err := c.Job(t.Context(), "x")
	if away, ok := errors.AsType[*client.AwayError](err); !ok || !strings.Contains(err.Error(), server.URL) {
		t.Errorf("Job: %v (%v), want an AwayError that names %s", err, away, server.URL)
	}
}

// A certificate that nobody here vouches for is not asked for again.
func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it is told of the refusal
	server.StartTLS()
	t.Cleanup(server.Close)
	told := 0
	c := dial(t, server, client.Options{Away: func(error, time.Duration) { told++ }})
	_, err := c.Job(t.Context(), "x")
	if err == nil || !strings.Contains(err.Error(), server.URL) || !strings.Contains(err.Error(), "SSL_CERT_FILE") || told != 0 {
		t.Errorf("Job: %v, after it was tried %d times more; want an error at once that names %s and SSL_CERT_FILE", err, told, server.URL)
	}
}

// broken breaks each connection after some bytes.
type broken struct {
	http.ResponseWriter
	left int
}

func (b *broken) Write(p []byte) (int, error) {
	if len(p) > b.left {
		_, _ = b.ResponseWriter.Write(p[:b.left])
		panic(http.ErrAbortHandler)
	}
	b.left -= len(p)
	return b.ResponseWriter.Write(p)
}

func TestDownloadGoesOn(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	text := strings.Repeat("0123456789", 1000)
	h := farm.put([]byte(text))
	handler := api.Handler(farm, api.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(&broken{w, 4000}, r)
	}))
	t.Cleanup(server.Close)
	body, content, err := dial(t, server, client.Options{}).Open(t.Context(), h, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	if err != nil || string(got) != text || content.Size != int64(len(text)) {
		t.Errorf("%d bytes of %d, %v", len(got), content.Size, err)
	}
}

func TestStepsOfManyPages(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	c := dial(t, serve(t, farm, api.Options{}), client.Options{})
	job := farm.submit(t)
	for i := range 2500 {
		farm.jobs[0].steps = append(farm.jobs[0].steps, api.Step{ID: dag.CacheID{byte(i), byte(i >> 8), 1}, Position: i})
	}
	steps, err := c.Steps(t.Context(), job.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(farm.jobs[0].steps, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}
