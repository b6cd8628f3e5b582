//go:build unix

package catalog

import (
	"errors"

	"golang.org/x/sys/unix"
)

// mayWrite asks for the rights that an open would have; access(2) alone asks
// for those of the real user.
func mayWrite(path string) error {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS)
}

func isReadOnlyDisk(err error) bool { return errors.Is(err, unix.EROFS) }
