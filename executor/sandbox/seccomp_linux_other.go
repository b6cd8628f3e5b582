//go:build linux && !amd64

package sandbox

import "golang.org/x/sys/unix"

func modeCalls() []uint32 {
	return []uint32{unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2}
}
