package farm

import (
	"errors"
	"net/http"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/peer"
)

// serveFetch fetches content because another machine asks for it: it lacks it,
// or is about to leave. hold, if not nil, is called first, so that the content
// stays. Answers: 204; 400; 401; 404 when nobody has it; 502.
func serveFetch(fetcher *peer.Fetcher, token string, hold func(dag.ContentHash) error) http.HandlerFunc {
	return func(out http.ResponseWriter, r *http.Request) {
		if !peer.Allowed(r, token) {
			http.Error(out, "the worker token is missing or wrong", http.StatusUnauthorized)
			return
		}
		h, err := dag.ParseID[dag.ContentHash](r.PathValue("hash"))
		if err != nil {
			http.Error(out, err.Error(), http.StatusBadRequest)
			return
		}
		if hold != nil {
			if err := hold(h); err != nil {
				http.Error(out, err.Error(), http.StatusInternalServerError)
				return
			}
		}
		switch _, err := fetcher.Fetch(r.Context(), h, 0); {
		case errors.Is(err, peer.ErrGone):
			http.Error(out, err.Error(), http.StatusNotFound)
		case err != nil:
			http.Error(out, err.Error(), http.StatusBadGateway)
		default:
			out.WriteHeader(http.StatusNoContent)
		}
	}
}
