package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// writable asks before SQLite does, which opens what it cannot write for
// reading and then fails on its -shm file with another message.
func writable(path string) error {
	for _, p := range []string{filepath.Dir(path), path} {
		err := mayWrite(p)
		switch {
		case errors.Is(err, fs.ErrPermission), isReadOnlyDisk(err):
			return fmt.Errorf("%w: %s: %w", ErrReadOnly, p, err)
		case errors.Is(err, os.ErrNotExist) && p == path:
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}
