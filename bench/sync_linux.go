package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncAll returns when all that was written to the file system of a folder is
// durable.
func syncAll(folder *os.File) error { return unix.Syncfs(int(folder.Fd())) }

// beginSync has the kernel write a part of a file to the disk, and does not wait.
func beginSync(f *os.File, from, n int64) {
	_ = unix.SyncFileRange(int(f.Fd()), from, n, unix.SYNC_FILE_RANGE_WRITE) // the sync at the end tells
}
