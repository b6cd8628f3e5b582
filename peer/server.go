package peer

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// ErrNoToken reports a listener that others can reach and no token.
var ErrNoToken = errors.New("content is served to other machines only with a token: set ARTDAG_WORKER_TOKEN, or listen on a loopback address")

// RequireToken returns ErrNoToken when there is no token and the listener can be
// reached from elsewhere. Ask before serving a Handler.
func RequireToken(listener net.Addr, token string) error {
	tcp, ok := listener.(*net.TCPAddr)
	if token != "" || ok && tcp.IP.IsLoopback() {
		return nil
	}
	return ErrNoToken
}

// Serving is how content is served. Zero values mean the defaults.
type Serving struct {
	Token string // that clients must send; empty lets everybody in
	// Transfers is how many may run at once; default 16.
	Transfers int
	// Wait is how long a request waits for one of them before it is answered
	// 503; default 5 s.
	Wait time.Duration
	// Stall is how long a client may take no byte before it is dropped; default
	// 30 s.
	Stall time.Duration
}

// Handler serves GET and HEAD of /content/{hash} from what c holds, with the
// defaults of Serving. Ranges are served; the ETag is the hash. It is safe for
// concurrent use.
func Handler(c *cache.Cache, token string) http.Handler {
	return Serving{Token: token}.Handler(c)
}

// Handler serves c this way. Answers: 200 or 206; 400 when it is no hash; 401;
// 404 when the cache does not hold it; 503 when too many transfers run.
func (s Serving) Handler(c *cache.Cache) http.Handler {
	s.Transfers = orInt(s.Transfers, 16)
	s.Wait, s.Stall = orTime(s.Wait, 5*time.Second), orTime(s.Stall, 30*time.Second)
	h := &server{Serving: s, cache: c, running: make(chan struct{}, s.Transfers)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /content/{hash}", h.content)
	return mux
}

type server struct {
	Serving
	cache   *cache.Cache
	running chan struct{} // one element per transfer
}

func (s *server) content(w http.ResponseWriter, r *http.Request) {
	if !allowed(r, s.Token) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "a token is needed", http.StatusUnauthorized)
		return
	}
	hash, err := dag.ParseID[dag.ContentHash](r.PathValue("hash"))
	if err != nil {
		http.Error(w, "not a content hash", http.StatusBadRequest)
		return
	}
	if !s.enter(r) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many transfers", http.StatusServiceUnavailable)
		return
	}
	defer func() { <-s.running }()
	s.serve(w, r, hash)
}

// enter waits for a free transfer.
func (s *server) enter(r *http.Request) bool {
	limit := time.NewTimer(s.Wait)
	defer limit.Stop()
	select {
	case s.running <- struct{}{}:
		return true
	case <-limit.C:
	case <-r.Context().Done():
	}
	return false
}

// serve sends a file that the cache verified. Once it is open, an eviction does
// not hurt it.
func (s *server) serve(w http.ResponseWriter, r *http.Request, hash dag.ContentHash) {
	path, err := s.cache.Content(hash)
	if err != nil {
		http.Error(w, "not here", http.StatusNotFound)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		http.Error(w, "not here", http.StatusNotFound)
		return
	}
	defer f.Close()
	header := w.Header()
	header.Set("ETag", `"`+hash.String()+`"`)
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Cache-Control", "private, max-age=31536000, immutable")
	patient := &patientWriter{ResponseWriter: w, control: http.NewResponseController(w), stall: s.Stall}
	defer patient.end()
	http.ServeContent(patient, r, "", time.Time{}, f)
}

// allowed compares digests, so that the time tells nothing, not even a length.
func allowed(r *http.Request, token string) bool {
	if token == "" {
		return true
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	got, want := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && ok
}

func orInt(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

func orTime(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Allowed reports whether a request carries the token; without a token everybody
// is let in.
func Allowed(r *http.Request, token string) bool { return allowed(r, token) }
