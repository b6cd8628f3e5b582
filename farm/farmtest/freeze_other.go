//go:build !unix

package farmtest

import "syscall"

// These systems know no signal that stops a process; sending none fails the test.
const freeze, thaw = syscall.Signal(0), syscall.Signal(0)
