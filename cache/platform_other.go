//go:build !linux

package cache

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"time"
)

// freeBytes is unknown here: the cache then has no limit unless it is given one.
func freeBytes(string) int64 { return -1 }

func diskBytes(string) (free, size int64) { return -1, -1 }

// changeTime falls back to the modification time.
func changeTime(info fs.FileInfo) time.Time { return info.ModTime() }

// disk is a file system that is synced as a whole, which is not offered here.
type disk struct{}

func openDisk(string) (*disk, error) { return nil, nil }

func (*disk) sync() error { return errors.ErrUnsupported }

func (*disk) close() error { return nil }

func dirtyBytes() int64 { return math.MaxInt64 }

// startWriteback leaves everything to the sync.
func startWriteback(*os.File, int64, int64) {}

// reflink is not offered here; the caller copies.
func reflink(_, _ *os.File) error { return errors.ErrUnsupported }
