package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
)

// login is who may use the monitor.
type login struct{ name, password string }

// guard lets requests through that carry the login and, where they change
// something, come from the monitor's own pages: a browser sends a login that it
// remembers along with what other sites ask for.
func (l login) guard(next http.Handler) http.Handler {
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		if same(name, l.name)&same(password, l.password) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="artdag queues", charset="UTF-8"`)
			http.Error(w, "log in", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// same is 1 for equal texts, else 0, in a time that depends on neither text, not
// even on how long they are: hashes of them are compared.
func same(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}
