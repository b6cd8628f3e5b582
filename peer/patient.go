package peer

import (
	"io"
	"net/http"
	"time"
)

// stride is how many bytes a client must take within the time of a stall. Small
// enough for a slow line: 1 MiB in 30 s is 35 KB/s.
const stride = 1 << 20

// patientWriter gives each stride its own deadline, so that a transfer may take
// as long as it needs and a client that takes nothing is dropped. A whole file
// goes out by sendfile, stride by stride.
type patientWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
}

// more moves the deadline. A writer without deadlines (of a test) has none.
func (w *patientWriter) more() { _ = w.control.SetWriteDeadline(time.Now().Add(w.stall)) }

// Write writes at most what the client may take within one deadline.
func (w *patientWriter) Write(p []byte) (written int, err error) {
	for len(p) > 0 && err == nil {
		w.more()
		var n int
		n, err = w.ResponseWriter.Write(p[:min(len(p), stride)])
		written, p = written+n, p[n:]
	}
	return written, err
}

// ReadFrom takes the file apart from its limit and puts a smaller limit around
// it: the kernel copies from a file behind one limit only.
func (w *patientWriter) ReadFrom(r io.Reader) (total int64, err error) {
	all, ok := r.(*io.LimitedReader)
	if !ok {
		return io.Copy(struct{ io.Writer }{w}, r)
	}
	for all.N > 0 {
		w.more()
		part := &io.LimitedReader{R: all.R, N: min(all.N, stride)}
		n, err := io.Copy(w.ResponseWriter, part)
		total, all.N = total+n, all.N-n
		if err != nil || n == 0 {
			return total, err
		}
	}
	return total, nil
}

// end sends what is left and takes the deadline off the connection, which may
// carry further requests.
func (w *patientWriter) end() {
	w.more()
	_ = w.control.Flush()
	_ = w.control.SetWriteDeadline(time.Time{})
}
