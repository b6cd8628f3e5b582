package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/artdag/artdag/api"
)

func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	const ann, worker = "Bearer secret-of-ann-1234", "Bearer secret-of-workers-12"
	farm := newMemory(t)
	h := farm.put([]byte("x")).String()
	fine := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	server := serve(t, farm, api.Options{
		Tokens: api.Tokens{Users: map[string]string{"secret-of-ann-1234": "ann", "secret-of-bob-1234": "bob"}, Worker: "secret-of-workers-12"},
		Mounts: []api.Mount{
			{Path: "/monitoring/", Handler: fine}, {Path: "/peer/", Handler: fine, For: api.ForWorkers}, {Path: "/free/", Handler: fine, For: api.ForAll},
		},
	})
	cases := []struct {
		path, auth string
		status     int
	}{
		{"/api/v1/jobs", "", 401},
		{"/api/v1/jobs", "Bearer secret-of-ann-123", 401},
		{"/api/v1/jobs", "Bearer", 401},
		{"/api/v1/jobs", ann, 200},
		{"/api/v1/jobs", "Bearer secret-of-bob-1234", 200},
		{"/api/v1/jobs", worker, 401},
		{"/api/v1/content/" + h, worker, 200},
		{"/api/v1/content/" + h, ann, 200},
		{"/api/v1/content/" + h, "", 401},
		{"/monitoring/x", "", 401},
		{"/monitoring/x", ann, 200},
		{"/monitoring/x", "Basic YW55OnNlY3JldC1vZi1hbm4tMTIzNA==", 200},
		{"/monitoring/x", worker, 401},
		{"/peer/x", ann, 401},
		{"/peer/x", worker, 200},
		{"/free/x", "", 200},
		{"/healthz", "", 204},
		{"/openapi.json", "", 200},
	}
	for _, c := range cases {
		r := ask(t, server, "GET", c.path, nil, "Authorization: "+c.auth)
		if r.StatusCode != c.status {
			t.Errorf("GET %s as %q: %d, want %d: %s", c.path, c.auth, r.StatusCode, c.status, r.body)
		}
		if c.status == 401 && (r.Header.Get("WWW-Authenticate") == "" || !strings.Contains(r.body, "token")) {
			t.Errorf("GET %s as %q: does not say what is needed: %v %s", c.path, c.auth, r.Header, r.body)
		}
	}
}

// A page elsewhere can make a user's browser send requests here; none of them
// is answered.
func TestStrangersPages(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	server := serve(t, farm, api.Options{})
	id := farm.submit(t).ID
	cancel := "/api/v1/jobs/" + id + "/cancel"
	for _, host := range []string{"evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.168.1.4:8080"} {
		ask(t, server, "GET", "/api/v1/jobs", nil, "Host: "+host).want(t, 403)
	}
	for _, host := range []string{"localhost", "localhost:8080", "127.0.0.1:1", "[::1]:80", "127.0.0.2"} {
		ask(t, server, "GET", "/api/v1/jobs", nil, "Host: "+host).want(t, 200)
	}
	ask(t, server, "POST", cancel, nil, "Sec-Fetch-Site: cross-site").want(t, 403)
	ask(t, server, "POST", cancel, nil, "Origin: https://evil.example").want(t, 403)
	r := ask(t, server, "GET", "/api/v1/jobs", nil, "Origin: https://evil.example").want(t, 200)
	if r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("other origins may read: %v", r.Header)
	}
	ask(t, server, "POST", cancel, nil, "Sec-Fetch-Site: same-origin").want(t, 200)
}

func TestListen(t *testing.T) {
	t.Parallel()
	users := api.Tokens{Users: map[string]string{"secret-of-ann-1234": "ann"}}
	for addr, tokens := range map[string]api.Tokens{"127.0.0.1:0": {}, "localhost:0": {}, "0.0.0.0:0": users, ":0": users} {
		l, err := api.Listen(t.Context(), addr, tokens)
		if err != nil {
			t.Errorf("Listen(%q): %v", addr, err)
			continue
		}
		l.Close()
	}
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "localhost.evil.example:0"} {
		l, err := api.Listen(t.Context(), addr, api.Tokens{Worker: "secret-of-workers-12"})
		if err == nil {
			l.Close()
			t.Errorf("Listen(%q) without a user's token: no error", addr)
		} else if !strings.Contains(err.Error(), "ARTDAG_TOKENS") {
			t.Errorf("Listen(%q): %v, which does not say what to set", addr, err)
		}
	}
}

func TestReadTokens(t *testing.T) {
	t.Parallel()
	got, err := api.ReadTokens("ann=secret-of-ann-1234, bob=secret-of-bob-1234")
	if err != nil || got["secret-of-ann-1234"] != "ann" || got["secret-of-bob-1234"] != "bob" || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := api.ReadTokens("0123456789abcdef"); err != nil || len(got) != 1 {
		t.Errorf("one secret: %v, %v", got, err)
	}
	for _, wrong := range []string{"short", "ann=short", "ann=secret-of-ann-1234,bob=secret-of-ann-1234"} {
		_, err := api.ReadTokens(wrong)
		if err == nil || strings.Contains(err.Error(), "secret-of") || strings.Contains(err.Error(), "ann=") {
			t.Errorf("ReadTokens(%q): %v; want an error that keeps the secret", wrong, err)
		}
	}
}
