package api

import (
	"net"
	"net/http"
	"strings"
)

// guard refuses what pages of strangers may send through a user's browser:
// requests across origins, and, where no token is asked for, requests to a name
// of theirs that they made resolve to a loopback address.
func (o Options) guard(next http.Handler) http.Handler {
	crossing := http.NewCrossOriginProtection()
	crossing.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, http.StatusForbidden, "requests from pages of another origin are refused")
	}))
	within := crossing.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.open() && !loopbackName(r.Host) {
			writeProblem(w, http.StatusForbidden, "without tokens the farm answers to localhost, 127.0.0.1 and [::1] only, not to "+r.Host)
			return
		}
		within.ServeHTTP(w, r)
	})
}

func loopbackName(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	return loopback(strings.Trim(strings.ToLower(host), "[]"))
}

// capped bounds the body of a request.
func (o Options) capped(next http.Handler) http.Handler {
	if o.MaxContent <= 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > o.MaxContent {
			writeError(w, &http.MaxBytesError{Limit: o.MaxContent})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, o.MaxContent)
		next.ServeHTTP(w, r)
	})
}
