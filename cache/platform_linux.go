package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// freeBytes returns how much an unprivileged process may still write to the
// disk that holds dir; -1 when unknown.
func freeBytes(dir string) int64 {
	free, _ := diskBytes(dir)
	return free
}

// diskBytes returns that and how much the disk holds for such processes when it
// is empty.
func diskBytes(dir string) (free, size int64) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return -1, -1
	}
	kept := st.Bfree - st.Bavail // for the superuser
	return int64(st.Bavail) * st.Bsize, int64(st.Blocks-kept) * st.Bsize
}

// changeTime returns the ctime, which no program can set.
func changeTime(info fs.FileInfo) time.Time {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return info.ModTime()
	}
	return time.Unix(st.Ctim.Sec, st.Ctim.Nsec)
}

// disk is the file system that holds a cache. nil is one that cannot be synced
// as a whole.
type disk struct {
	// folder stays open: of what could not be written, the kernel tells each
	// open file once, from when it was opened.
	folder *os.File
}

// openDisk returns nil before Linux 5.8, where syncfs(2) tells no error.
func openDisk(dir string) (*disk, error) {
	var system unix.Utsname
	var major, minor int
	if err := unix.Uname(&system); err != nil {
		return nil, err
	}
	release := unix.ByteSliceToString(system.Release[:])
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil || major < 5 || major == 5 && minor < 8 {
		return nil, nil
	}
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	return &disk{folder}, nil
}

// sync returns when everything that was written to the file system is durable.
func (d *disk) sync() error {
	for {
		err := unix.Syncfs(int(d.folder.Fd()))
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("syncfs", err)
		}
	}
}

func (d *disk) close() error {
	if d == nil {
		return nil
	}
	return d.folder.Close()
}

// dirtyBytes returns how much this machine has yet to write to its disks; the
// largest number when that is unknown.
func dirtyBytes() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return math.MaxInt64
	}
	var sum int64
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		if name != "Dirty" && name != "Writeback" {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		if err != nil {
			return math.MaxInt64
		}
		sum += n << 10
	}
	return sum
}

// startWriteback asks the kernel to begin writing a range to disk, without
// waiting, so that the sync at the end finds little left to do.
func startWriteback(f *os.File, offset, n int64) {
	// An error would come again from the sync, which is checked.
	_ = unix.SyncFileRange(int(f.Fd()), offset, n, unix.SYNC_FILE_RANGE_WRITE)
}

// reflink makes dst share the blocks of src until either is written, where the
// file system can do that.
func reflink(dst, src *os.File) error {
	return unix.IoctlFileClone(int(dst.Fd()), int(src.Fd()))
}
