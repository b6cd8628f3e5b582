package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncAll returns when all that was written to the file system of a folder is
// durable.
func syncAll(folder *os.File) error { return unix.Syncfs(int(folder.Fd())) }
