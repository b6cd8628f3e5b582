//go:build machine

package packagetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A copy of this machine, with systemd as its first process, installs the
// package, starts the units and has them do a job. It sees no network but its
// own, and all it writes is in memory.
func TestUnitsOnACopyOfThisMachine(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("only root may copy the machine: run it with sudo")
	}
	dir := t.TempDir()
	run(t, nil, "cp", deb(t), filepath.Join(dir, "artdag.deb"))
	run(t, nil, "cp", "deploy/packagetest/testdata/inside.sh", dir)
	group := filepath.Join(controlGroups(t), filepath.Base(t.TempDir())+"-artdag")
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run(t, nil, "find", group, "-depth", "-type", "d", "-delete") })
	// The shell goes into the group first, so that the copy sees that as the root.
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `echo $$ >"$0/cgroup.procs" && exec timeout --signal KILL 180 \
		unshare --pid --mount --uts --ipc --net --cgroup --fork --kill-child "$1/testdata/boot.sh" "$2"`,
		group, filepath.Join(root(t), "deploy", "packagetest"), dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Logf("the copy ended with %v (systemd ends so): %s", err, said)
	}
	log := string(read(t, filepath.Join(dir, "log")))
	if !strings.HasSuffix(log, "== it works\n") {
		t.Errorf("the copy of the machine said:\n%s", log)
	}
}

// controlGroups is where the control groups of version 2 are.
func controlGroups(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err == nil {
			return dir
		}
	}
	t.Fatal("this machine has no control groups of version 2")
	return ""
}
