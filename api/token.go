package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Tokens are the secrets of those who may use the API. Without any, everybody
// who reaches the listener may, which Listen allows on loopback addresses only.
type Tokens struct {
	// Users maps each user's token to the user's name, the actor of what is done
	// with it.
	Users map[string]string
	// Worker is the token of the farm's workers.
	Worker string
	// Metrics is a token that reads how the farm is, and nothing of what it does:
	// of Prometheus and of who starts workers.
	Metrics string
}

// Role is who may use a path.
type Role int

// The roles.
const (
	// ForUsers: those who have a user's token.
	ForUsers Role = iota
	// ForMembers: those who have a user's or the workers' token.
	ForMembers
	// ForWorkers: those who have the workers' token; users have no business
	// there.
	ForWorkers
	// ForMonitors: those who have a user's or the metrics token.
	ForMonitors
	// ForAll: the handler asks by itself, or there is nothing to hide.
	ForAll
)

// leastToken is the characters that a token has at least; shorter ones can be
// guessed.
const leastToken = 16

// ReadTokens reads users' tokens: "ann=SECRET,bob=SECRET", or one SECRET of a
// user without a name. Empty text is no tokens.
func ReadTokens(text string) (map[string]string, error) {
	users := make(map[string]string)
	for i, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		name, token, named := strings.Cut(strings.TrimSpace(part), "=")
		if !named {
			name, token = "", name
		}
		switch {
		case len(token) < leastToken:
			return nil, fmt.Errorf("api: token %d is shorter than %d characters; openssl rand -hex 16 makes a good one", i+1, leastToken)
		case users[token] != "":
			return nil, fmt.Errorf("api: two users have the same token: %s and %s", users[token], name)
		}
		users[token] = name
	}
	return users, nil
}

// open reports whether no tokens are asked for.
func (t Tokens) open() bool { return len(t.Users) == 0 && t.Worker == "" }

// CheckMetrics refuses a metrics token that can be guessed, or that may do more
// than its name says because somebody else has it as well.
func (t Tokens) CheckMetrics() error {
	_, users := t.Users[t.Metrics]
	switch {
	case t.Metrics == "":
		return nil
	case len(t.Metrics) < leastToken:
		return fmt.Errorf("api: the metrics token is shorter than %d characters; openssl rand -hex 16 makes a good one", leastToken)
	case users || t.Metrics == t.Worker:
		return errors.New("api: the metrics token is a user's or the workers' as well; give it one of its own")
	}
	return nil
}

// user returns whose token it is. It takes as long for a wrong token as for a
// right one.
func (t Tokens) user(given string) (actor string, ok bool) {
	for token, name := range t.Users {
		if same(given, token) {
			actor, ok = name, true
		}
	}
	return actor, ok
}

func (t Tokens) metrics(given string) bool { return t.Metrics != "" && same(given, t.Metrics) }

func (t Tokens) worker(given string) bool { return t.Worker != "" && same(given, t.Worker) }

// same compares digests, so that not even the lengths can be told by time.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// caller is who sent a request.
type caller struct {
	actor                 string
	user, worker, metrics bool
}

func (t Tokens) caller(r *http.Request) caller {
	if t.open() {
		return caller{user: true, worker: true, metrics: true}
	}
	given := bearer(r)
	actor, user := t.user(given)
	return caller{actor, user, t.worker(given), t.metrics(given)}
}

func (c caller) may(role Role) bool {
	switch role {
	case ForUsers:
		return c.user
	case ForMembers:
		return c.user || c.worker
	case ForWorkers:
		return c.worker
	case ForMonitors:
		return c.user || c.metrics
	case ForAll:
		return true
	}
	return false
}

// bearer returns the token of a request. A browser that asks its user for a
// password sends it as such.
func bearer(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// The answers to those who may not.
var (
	errNoToken    = errors.New("this needs a token: send it as Authorization: Bearer TOKEN (for artdag, set ARTDAG_TOKEN)")
	errWrongToken = errors.New("the token is not one of this farm's, or may not do this")
)

type callerKey struct{}

// require lets only callers of a role through.
func (o Options) require(role Role, next http.Handler) http.Handler {
	return o.identify(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if callerOf(r.Context()).may(role) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Add("WWW-Authenticate", `Bearer realm="artdag"`)
		w.Header().Add("WWW-Authenticate", `Basic realm="artdag: any name, the token as password"`)
		if bearer(r) == "" {
			writeProblem(w, http.StatusUnauthorized, errNoToken.Error())
			return
		}
		writeProblem(w, http.StatusUnauthorized, errWrongToken.Error())
	}))
}

// identify notes who calls.
func (o Options) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := o.caller(r)
		if record := recordOf(r.Context()); record != nil {
			record.actor = c.actor
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}
