//go:build unix

package cache

import (
	"io/fs"
	"syscall"
)

// inodeOf returns which file info describes and how many names it has.
func inodeOf(info fs.FileInfo) (id inode, links uint64) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return inode{}, 2
	}
	// The types of the fields differ from system to system.
	return inode{uint64(st.Dev), uint64(st.Ino)}, uint64(st.Nlink)
}
