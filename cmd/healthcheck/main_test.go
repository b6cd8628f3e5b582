package main

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	answers := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/well":
			w.WriteHeader(http.StatusNoContent)
		case "/stranger":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	server, secure := httptest.NewServer(answers), httptest.NewUnstartedServer(answers)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it is told of who does not trust it
	secure.StartTLS()
	t.Cleanup(server.Close)
	t.Cleanup(secure.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, test := range map[string]struct {
		args []string
		want int
	}{
		"well":              {[]string{server.URL + "/well"}, 0},
		"ill":               {[]string{server.URL + "/ill"}, 1},
		"expected status":   {[]string{server.URL + "/stranger", "401"}, 0},
		"unexpected status": {[]string{server.URL + "/well", "401"}, 1},
		"over TLS":          {[]string{secure.URL + "/well"}, 0},
		"ill over TLS":      {[]string{secure.URL + "/ill"}, 1},
		"TLS elsewhere":     {[]string{strings.Replace(secure.URL, "127.0.0.1", "localhost", 1) + "/well"}, 1},
		"nobody":            {[]string{gone.URL}, 1},
		"no address":        {nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said bytes.Buffer
			if got := run(test.args, &said); got != test.want {
				t.Errorf("exit code %d, want %d; it said %q", got, test.want, said.String())
			}
		})
	}
}
