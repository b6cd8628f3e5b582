package catalog_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/artdag/artdag/catalog"
)

// nobody is a user id that owns nothing.
const nobody = 65534

// TestOpenReadOnly opens as a user who may not write: root may write anywhere,
// so the thread gives up its file rights meanwhile.
func TestOpenReadOnly(t *testing.T) {
	t.Parallel()
	empty, made := t.TempDir(), t.TempDir()
	open(t, filepath.Join(made, "catalog.db"))
	for _, folder := range []string{empty, made} {
		if err := os.Chmod(folder, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(folder, 0o755) })
		if err := openAsNobody(t, filepath.Join(folder, "catalog.db")); !errors.Is(err, catalog.ErrReadOnly) {
			t.Errorf("in a read-only folder: %v, want ErrReadOnly", err)
		}
	}
	// A file that cannot be written in a folder that can.
	if err := os.Chmod(made, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(made, "catalog.db"), 0o444); err != nil {
		t.Fatal(err)
	}
	if err := openAsNobody(t, filepath.Join(made, "catalog.db")); !errors.Is(err, catalog.ErrReadOnly) {
		t.Errorf("a read-only file: %v, want ErrReadOnly", err)
	}
}

// openAsNobody returns the error of opening without any rights; as another user
// than root it opens as that user.
func openAsNobody(t *testing.T, path string) error {
	if os.Geteuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if _, err := unix.SetfsuidRetUid(nobody); err != nil {
			t.Fatal(err)
		}
		defer func() { _, _ = unix.SetfsuidRetUid(0) }()
	}
	db, err := catalog.Open(t.Context(), path)
	if err == nil {
		_ = db.Close()
	}
	return err
}
