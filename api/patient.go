package api

import (
	"io"
	"net/http"
	"time"
)

// patient ends connections whose other end neither sends nor takes anything for
// a while. The time counts anew with every read and write, so that uploads and
// streams may last as long as they move.
func patient(patience time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &patientBody{r.Body, control, patience}
			// The server reads what is left of a body before the next request.
			defer func() { _ = control.SetReadDeadline(time.Now().Add(patience)) }()
		}
		next.ServeHTTP(&patientWriter{w, control, patience}, r)
	})
}

type patientBody struct {
	io.ReadCloser
	control  *http.ResponseController
	patience time.Duration
}

// Read lifts the deadline at the end of the body: one that passes later would
// end the request's context. A writer without deadlines has none to lift.
func (b *patientBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(b.patience))
	n, err := b.ReadCloser.Read(p)
	_ = b.control.SetReadDeadline(time.Time{})
	return n, err
}

type patientWriter struct {
	http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
}

func (w *patientWriter) Write(p []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(w.patience))
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach what is below.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
