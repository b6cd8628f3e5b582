package cache

import (
	"io/fs"
	"os"
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
