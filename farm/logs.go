package farm

import (
	"net/http"
)

// flushing sends what is written at once, for those who follow a log.
type flushing struct{ http.ResponseWriter }

// Write writes and flushes.
func (f flushing) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	if flusher, ok := f.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
	return n, err
}
