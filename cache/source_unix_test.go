//go:build unix

package cache

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Opening a pipe that nobody writes to would wait for ever.
func TestHashSourceRefusesPipe(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := c.HashSource(t.Context(), pipe, false, nil); err == nil || !strings.Contains(err.Error(), pipe) {
		t.Errorf("HashSource = %+v, %v, want an error that names %s", s, err, pipe)
	}
}
