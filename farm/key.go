package farm

import (
	"encoding/json"
	"net/http"
)

// serveKey shows the public half of the key that signs provenance.
func (s *Scheduler) serveKey(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	public := s.key.Public()
	// The client went away if this fails.
	_ = json.NewEncoder(w).Encode(map[string]string{"id": public.ID(), "pem": string(public.PEM())})
}
