package api_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/api"
)

func TestScale(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	server := serve(t, farm, api.Options{})
	for _, query := range []string{"", "?class=gpu,blender&tag=large"} {
		got := read[api.Scale](t, ask(t, server, "GET", "/api/v1/scale"+query, nil).want(t, http.StatusOK))
		if got.Desired != 3 || got.Living != 1 || got.Backlog != 9 || len(got.Groups) != 1 {
			t.Errorf("scale%s answers %+v", query, got)
		}
	}
	want := []api.Fleet{{}, {Classes: []string{"gpu", "blender"}, Tags: []string{"large"}}}
	if diff := cmp.Diff(want, farm.scaled); diff != "" {
		t.Errorf("the farm was asked (-want +got):\n%s", diff)
	}
	if p := read[map[string]any](t, ask(t, server, "GET", "/api/v1/scale?tag=large", nil).want(t, http.StatusUnprocessableEntity)); p["type"] != "urn:artdag:invalid" {
		t.Errorf("a tag without a class: %v", p)
	}
	farm.fails = api.ErrUnavailable
	ask(t, server, "GET", "/api/v1/scale", nil).want(t, http.StatusServiceUnavailable)
}

// The metrics token reads how the farm is, and may nothing else.
func TestMetricsToken(t *testing.T) {
	t.Parallel()
	const users, workers, metrics = "0123456789abcdef-user", "0123456789abcdef-worker", "0123456789abcdef-metrics"
	tokens := api.Tokens{Users: map[string]string{users: "ann"}, Worker: workers, Metrics: metrics}
	mounted := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	server := serve(t, newMemory(t), api.Options{Tokens: tokens, Mounts: []api.Mount{{Path: "GET /metrics", Handler: mounted, For: api.ForMonitors}}})
	for _, c := range []struct {
		method, path, token string
		want                int
	}{
		{"GET", "/api/v1/scale", "", http.StatusUnauthorized},
		{"GET", "/api/v1/scale", workers, http.StatusUnauthorized},
		{"GET", "/api/v1/scale", users, http.StatusOK},
		{"GET", "/api/v1/scale", metrics, http.StatusOK},
		{"GET", "/metrics", "", http.StatusUnauthorized},
		{"GET", "/metrics", workers, http.StatusUnauthorized},
		{"GET", "/metrics", users, http.StatusNoContent},
		{"GET", "/metrics", metrics, http.StatusNoContent},
		{"GET", "/api/v1/jobs", metrics, http.StatusUnauthorized},
		{"GET", "/api/v1/workers", metrics, http.StatusUnauthorized},
		{"POST", "/api/v1/scale", metrics, http.StatusUnauthorized},
	} {
		r := ask(t, server, c.method, c.path, nil, "Authorization: Bearer "+c.token)
		if r.StatusCode != c.want {
			t.Errorf("%s %s with %q: status %d, want %d", c.method, c.path, c.token, r.StatusCode, c.want)
		}
	}
}

func TestCheckMetrics(t *testing.T) {
	t.Parallel()
	users := map[string]string{"0123456789abcdef": "ann"}
	for _, c := range []struct {
		tokens api.Tokens
		ok     bool
	}{
		{api.Tokens{Users: users}, true},
		{api.Tokens{Users: users, Metrics: "fedcba9876543210"}, true},
		{api.Tokens{Users: users, Metrics: "short"}, false},
		{api.Tokens{Users: users, Metrics: "0123456789abcdef"}, false},
		{api.Tokens{Worker: "fedcba9876543210", Metrics: "fedcba9876543210"}, false},
	} {
		if err := c.tokens.CheckMetrics(); (err == nil) != c.ok {
			t.Errorf("CheckMetrics of %+v: %v", c.tokens, err)
		}
	}
}
