package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve serves a farm on a loopback port until the test ends.
func serve(t *testing.T, farm api.Farm, o api.Options) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(api.Handler(farm, o))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		server.Client().CloseIdleConnections()
	})
	return server
}

type reply struct {
	*http.Response
	body string
}

// ask sends a request; headers are pairs "Name: value".
func ask(t *testing.T, server *httptest.Server, method, path string, body io.Reader, headers ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if r.Header.Set(name, value); name == "Host" {
			r.Host = value
		}
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{response, string(text)}
}

func (r reply) want(t *testing.T, status int) reply {
	t.Helper()
	if r.StatusCode != status {
		t.Fatalf("%s %s: status %d, want %d: %s", r.Request.Method, r.Request.URL, r.StatusCode, status, r.body)
	}
	return r
}

func read[T any](t *testing.T, r reply) T {
	t.Helper()
	var out T
	decoder := json.NewDecoder(strings.NewReader(r.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&out); err != nil {
		t.Fatalf("answer %s: %v", r.body, err)
	}
	return out
}

func submission(t *testing.T, v any) io.Reader {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(text)
}

func TestSubmitAndShow(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	server := serve(t, farm, api.Options{})
	h := farm.put([]byte("song"))
	r := ask(t, server, "POST", "/api/v1/jobs", submission(t, map[string]any{
		"recipe": notes, "inputs": map[string]any{"song": []string{h.String()}}, "input_names": map[string]string{h.String(): "song.wav"},
		"params": map[string]any{"n": 3, "words": []string{"a"}}, "priority": "high",
	})).want(t, http.StatusCreated)
	job := read[api.Job](t, r)
	if got, want := r.Header.Get("Location"), "/api/v1/jobs/"+job.ID; got != want {
		t.Errorf("Location %q, want %q", got, want)
	}
	got := farm.jobs[0].submission
	want := api.Submission{
		Recipe: notes, Inputs: map[string][]dag.ContentHash{"song": {h}}, InputNames: map[dag.ContentHash]string{h: "song.wav"},
		Params: map[string]any{"n": 3.0, "words": []any{"a"}}, Priority: claim.High,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the farm was given (-want +got):\n%s", diff)
	}
	shown := read[api.Job](t, ask(t, server, "GET", "/api/v1/jobs/"+strings.ToLower(job.ID[:26]), nil).want(t, 200))
	if diff := cmp.Diff(job, shown); diff != "" {
		t.Errorf("shown otherwise (-submitted +shown):\n%s", diff)
	}
	run := read[api.Run](t, ask(t, server, "GET", "/api/v1/jobs/"+job.ID+"/run", nil).want(t, 200))
	if run.ID != job.RunID || run.Recipe != "notes" {
		t.Errorf("run %+v", run)
	}
	if r := ask(t, server, "GET", "/api/v1/jobs/"+job.ID+"/provenance", nil).want(t, 200); strings.TrimSpace(r.body) != `{"made":true}` {
		t.Errorf("provenance %q", r.body)
	}
}

// An actor is who has the token, whatever the body says.
func TestActorComesFromTheToken(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	server := serve(t, farm, api.Options{Tokens: api.Tokens{Users: map[string]string{"secret-of-ann-1234": "ann"}}})
	ask(t, server, "POST", "/api/v1/jobs", submission(t, map[string]any{"recipe": notes}), "Authorization: Bearer secret-of-ann-1234").want(t, 201)
	if got := farm.jobs[0].Actor; got != "ann" {
		t.Errorf("actor %q, want ann", got)
	}
	ask(t, server, "POST", "/api/v1/jobs", submission(t, map[string]any{"recipe": notes, "actor": "bob"}), "Authorization: Bearer secret-of-ann-1234").want(t, 422)
}

type problem struct {
	Type, Title, Detail string
	Status              int
	Errors              []struct {
		Message, Location string
		Value             any
	}
}

// Each kind of error has its status, in one table.
func TestErrorsHaveStatuses(t *testing.T) {
	t.Parallel()
	h := dag.HashContent([]byte("x"))
	cases := []struct {
		err    error
		status int
		kind   api.Kind
	}{
		{recipe.Faults{{File: "f.yaml", Pos: recipe.Pos{Line: 3, Col: 5}, Message: "no such node"}}, 422, api.InvalidRecipe},
		{&engine.InputError{Input: "song", Err: errors.New("is no sound")}, 422, api.InvalidInput},
		{&api.MissingError{Contents: []dag.ContentHash{h}}, 422, api.MissingInput},
		{fmt.Errorf("farm: job x: %w", catalog.ErrNotFound), 404, api.NotFound},
		{&catalog.AmbiguousError{Prefix: "01", Candidates: []string{"01A", "01B"}}, 409, api.Ambiguous},
		{fmt.Errorf("farm: %w", &catalog.StateError{Job: "01A", Is: catalog.Completed, Want: catalog.Cancelled}), 409, api.WrongState},
		{&cache.MismatchError{Want: h}, 422, api.Mismatch},
		{cache.ErrFull, 507, api.Full},
		{fmt.Errorf("farm: redis: %w", api.ErrUnavailable), 503, api.Unavailable},
		{errors.New("dsn postgres://secret"), 500, ""},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%T %d", c.err, c.status), func(t *testing.T) {
			t.Parallel()
			farm := newMemory(t)
			farm.fails = c.err
			r := ask(t, serve(t, farm, api.Options{}), "GET", "/api/v1/jobs/01", nil).want(t, c.status)
			p := read[problem](t, r)
			if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type %q", got)
			}
			if c.kind != "" && (p.Type != "urn:artdag:"+string(c.kind) || p.Detail != c.err.Error()) {
				t.Errorf("problem %+v, want kind %s and %q", p, c.kind, c.err)
			}
			if strings.Contains(r.body, "secret") || c.kind == "" && !strings.Contains(p.Detail, r.Header.Get("X-Request-Id")) {
				t.Errorf("a failure of ours is told as %q", p.Detail)
			}
		})
	}
}

func TestFaultsSayWhere(t *testing.T) {
	t.Parallel()
	r := ask(t, serve(t, newMemory(t), api.Options{}), "POST", "/api/v1/jobs", submission(t, map[string]any{"recipe": "name: x\nnodes: 3\n", "file": "film.yaml"})).want(t, 422)
	p := read[problem](t, r)
	if len(p.Errors) == 0 || !strings.HasPrefix(p.Errors[0].Location, "body.recipe:1:") || !strings.HasPrefix(p.Detail, "film.yaml:1:") {
		t.Errorf("problem %+v", p)
	}
}

func TestWrongRequests(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	server := serve(t, farm, api.Options{})
	id := farm.submit(t).ID
	cases := []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/api/v1/nothing", "", 404, "/openapi.json"},
		{"DELETE", "/api/v1/jobs", "", 405, "POST"},
		{"GET", "/api/v1/jobs?limit=0", "", 422, "limit"},
		{"GET", "/api/v1/jobs?colour=red", "", 422, "colour"},
		{"GET", "/api/v1/jobs?status=done", "", 422, "COMPLETED"},
		{"GET", "/api/v1/jobs?next=%21", "", 422, "query.next"},
		{"POST", "/api/v1/jobs", `{"recipe":"x","priority":"urgent"}`, 422, "priority"},
		{"POST", "/api/v1/jobs", `{"recipe":"x","inputs":{"a":["zz"]}}`, 422, ""},
		{"POST", "/api/v1/jobs", `{"recipe`, 400, ""},
		{"PUT", "/api/v1/jobs/" + id + "/priority", `{"priority":"none"}`, 422, "priority"},
		{"GET", "/api/v1/content/xyz", "", 422, "hash"},
		{"GET", "/api/v1/jobs/7Z", "", 404, "7Z"},
		{"POST", "/api/v1/workers/none/drain", "", 404, ""},
		{"GET", "/api/v1/jobs/" + id + "/steps/" + strings.Repeat("0", 64) + "/log", "", 404, ""},
		{"GET", "/api/v1/jobs/" + id + "/plan", "", 404, ""},
		{"GET", "/api/v1/jobs/7Z/events", "", 404, "7Z"},
	}
	for _, c := range cases {
		r := ask(t, server, c.method, c.path, strings.NewReader(c.body), "Content-Type: application/json")
		if r.StatusCode != c.status || !strings.Contains(r.body, c.says) || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s %s: %d %s: %s; want %d and %q", c.method, c.path, c.body, r.StatusCode, r.Header.Get("Content-Type"), r.body, c.status, c.says)
		}
	}
}

func TestListByPages(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	server := serve(t, farm, api.Options{})
	for range 7 { // two of each creation time
		farm.submit(t)
	}
	var got []string
	for path := "/api/v1/jobs?limit=3"; ; {
		page := read[api.JobPage](t, ask(t, server, "GET", path, nil).want(t, 200))
		for _, j := range page.Jobs {
			got = append(got, j.ID)
		}
		if page.Next == "" {
			break
		}
		path = "/api/v1/jobs?limit=3&next=" + page.Next
	}
	var want []string
	for _, j := range slices.Backward(farm.jobs) {
		want = append(want, j.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	farm.jobs[2].Status = catalog.Failed
	page := read[api.JobPage](t, ask(t, server, "GET", "/api/v1/jobs?status=failed,completed&recipe=notes&from=2020-01-01T00:00:00Z", nil).want(t, 200))
	if len(page.Jobs) != 1 || page.Jobs[0].ID != farm.jobs[2].ID || page.Next != "" {
		t.Errorf("filtered: %+v", page)
	}
	if r := ask(t, server, "GET", "/api/v1/jobs?recipe=other", nil).want(t, 200); strings.TrimSpace(r.body) != `{"jobs":[]}` {
		t.Errorf("none: %s", r.body)
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	server := serve(t, farm, api.Options{})
	id := farm.submit(t).ID
	for _, step := range []struct {
		verb   string
		status int
		is     catalog.Status
	}{
		{"pause", 200, catalog.Paused}, {"resume", 200, catalog.Queued}, {"resume", 409, ""},
		{"cancel", 200, catalog.Cancelled}, {"cancel", 409, ""}, {"retry", 200, catalog.Queued},
	} {
		r := ask(t, server, "POST", "/api/v1/jobs/"+id+"/"+step.verb, nil).want(t, step.status)
		if step.status == 200 && read[api.Job](t, r).Status != step.is {
			t.Errorf("%s: %s, want %s", step.verb, r.body, step.is)
		}
	}
	r := ask(t, server, "PUT", "/api/v1/jobs/"+id+"/priority", strings.NewReader(`{"priority":"high"}`)).want(t, 200)
	if read[api.Job](t, r).Priority != claim.High {
		t.Errorf("priority: %s", r.body)
	}
	farm.workers = []api.Worker{{ID: "w1", Slots: 4}}
	if list := read[api.WorkerList](t, ask(t, server, "GET", "/api/v1/workers", nil).want(t, 200)); len(list.Workers) != 1 {
		t.Errorf("workers %+v", list)
	}
	ask(t, server, "POST", "/api/v1/workers/w1/drain", nil).want(t, 204)
	if diff := cmp.Diff([]string{"w1"}, farm.drained); diff != "" {
		t.Error(diff)
	}
}

func TestStepsPlanAndLog(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	server := serve(t, farm, api.Options{})
	id := farm.submit(t).ID
	j := farm.jobs[0]
	j.plan = &dag.Plan{Name: "notes"}
	for i := range 5 {
		step := dag.Step{ID: dag.CacheID{byte(i + 1)}, Type: "COMMAND@1", Config: json.RawMessage(`{"argv":["a"]}`), Label: fmt.Sprintf("a[%d]", i)}
		j.plan.Steps = append(j.plan.Steps, step)
		j.steps = append(j.steps, api.Step{ID: step.ID, Position: i, Label: step.Label, Type: step.Type, Status: catalog.StepPending, Waits: "its turn"})
	}
	j.log = "hello\n"
	plan := read[dag.Plan](t, ask(t, server, "GET", "/api/v1/jobs/"+id+"/plan", nil).want(t, 200))
	if diff := cmp.Diff(*j.plan, plan); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	page := read[api.StepPage](t, ask(t, server, "GET", "/api/v1/jobs/"+id+"/steps?from=1&limit=3", nil).want(t, 200))
	if diff := cmp.Diff(api.StepPage{Steps: j.steps[1:4], Next: 4}, page); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	r := ask(t, server, "GET", "/api/v1/jobs/"+id+"/steps/"+j.steps[0].ID.String()+"/log?follow=0", nil).want(t, 200)
	if r.body != "hello\n" || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("log %q as %s", r.body, r.Header.Get("Content-Type"))
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	farm.ready = map[string]error{"catalog": nil, "redis": nil}
	closed := serve(t, farm, api.Options{Tokens: api.Tokens{Users: map[string]string{"secret-of-ann-1234": "ann"}}})
	ask(t, closed, "GET", "/healthz", nil).want(t, 204)
	ask(t, closed, "GET", "/readyz", nil).want(t, 200)
	farm.ready["redis"] = errors.New("dial tcp 10.0.0.7: refused")
	stranger := read[api.Health](t, ask(t, closed, "GET", "/readyz", nil).want(t, 503))
	if diff := cmp.Diff(api.Health{Checks: map[string]string{"catalog": "ok", "redis": "not well"}}, stranger); diff != "" {
		t.Errorf("a stranger is told (-want +got):\n%s", diff)
	}
	known := read[api.Health](t, ask(t, closed, "GET", "/readyz", nil, "Authorization: Bearer secret-of-ann-1234").want(t, 503))
	if known.Checks["redis"] != "dial tcp 10.0.0.7: refused" {
		t.Errorf("a user is told %+v", known)
	}
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	r := ask(t, serve(t, newMemory(t), api.Options{Version: "1.2.3"}), "GET", "/openapi.json", nil).want(t, 200)
	var doc struct {
		OpenAPI string
		Info    struct{ Version string }
		Paths   map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(r.body), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || doc.Info.Version != "1.2.3" {
		t.Errorf("openapi %s, version %s", doc.OpenAPI, doc.Info.Version)
	}
	job := "/api/v1/jobs/{id}"
	for path, methods := range map[string]string{
		"/api/v1/jobs": "get post", job: "get", job + "/run": "get", job + "/steps": "get", job + "/plan": "get", job + "/provenance": "get",
		job + "/cancel": "post", job + "/retry": "post", job + "/pause": "post", job + "/resume": "post", job + "/priority": "put",
		job + "/events": "get", job + "/steps/{cache_id}/log": "get", "/api/v1/content": "post", "/api/v1/content/{hash}": "get head put",
		"/api/v1/workers": "get", "/api/v1/workers/{id}/drain": "post", "/healthz": "get", "/readyz": "get",
	} {
		for method := range strings.FieldsSeq(methods) {
			if doc.Paths[path][method] == nil {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	}
}

// A panic is answered and logged with its stack; the server lives on.
func TestPanic(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	boom := api.Mount{Path: "/boom", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })}
	o := api.Options{Mounts: []api.Mount{boom}, Log: slog.New(slog.NewTextHandler(&log, nil)), Patience: time.Minute}
	w := httptest.NewRecorder()
	api.Handler(newMemory(t), o).ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/boom", nil))
	if w.Code != 500 || !strings.Contains(log.String(), "handler_test.go") || !strings.Contains(log.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("status %d, log %s", w.Code, log.String())
	}
}
