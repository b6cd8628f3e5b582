//go:build !unix

package catalog

import (
	"io/fs"
	"os"
)

// mayWrite knows only the read-only mark of a file; that of a folder does not
// keep files out of it here.
func mayWrite(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() && info.Mode().Perm()&0o200 == 0 {
		return &fs.PathError{Op: "write", Path: path, Err: fs.ErrPermission}
	}
	return err
}

// isReadOnlyDisk: there are no such disks here that the mark does not tell.
func isReadOnlyDisk(error) bool { return false }
