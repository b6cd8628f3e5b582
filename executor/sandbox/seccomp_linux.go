package sandbox

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The values of linux/seccomp.h and linux/audit.h that x/sys/unix lacks.
const (
	seccompAllow = 0x7fff0000
	seccompErrno = 0x00050000 // or-ed with the error that the call returns
	newestCalls  = 0x40000000 // x86's second table of calls begins here
)

// filterCalls takes away sockets other than local ones, the calls that reach
// into other processes, and those that change modes: inputs are hard links to
// files of the cache, which their mode protects. It holds for this thread and
// what it becomes.
func filterCalls() error {
	architecture, ok := auditArchitecture()
	if !ok {
		return nil // Landlock alone holds
	}
	filter := callFilter(architecture)
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}
	return nil
}

func auditArchitecture() (uint32, bool) {
	switch runtime.GOARCH {
	case "amd64":
		return unix.AUDIT_ARCH_X86_64, true
	case "arm64":
		return unix.AUDIT_ARCH_AARCH64, true
	}
	return 0, false
}

// callFilter is a program of classic BPF over struct seccomp_data: the call's
// number at 0, the architecture at 4, the low half of its first argument at 16
// (seccomp(2)).
func callFilter(architecture uint32) []unix.SockFilter {
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	// unless jumps over the one instruction that follows.
	unless := func(test uint16, value uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, K: value, Jf: 1}
	}
	give := func(what uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: what}
	}
	refuse := func(err unix.Errno) unix.SockFilter { return give(seccompErrno | uint32(err)) }
	program := []unix.SockFilter{
		load(4),
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: architecture, Jt: 1},
		refuse(unix.ENOSYS),
		load(0),
		unless(unix.BPF_JGE, newestCalls), refuse(unix.ENOSYS),
	}
	for _, call := range modeCalls() {
		program = append(program, unless(unix.BPF_JEQ, call), refuse(0)) // done, it says
	}
	for _, call := range reachingCalls() {
		program = append(program, unless(unix.BPF_JEQ, call), refuse(unix.EPERM))
	}
	return append(program,
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_SOCKET, Jf: 3},
		load(16),
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.AF_UNIX, Jt: 1},
		refuse(unix.EACCES),
		give(seccompAllow))
}

func reachingCalls() []uint32 {
	return []uint32{unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_IO_URING_SETUP, unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_MOUNT}
}
