package sandbox

import (
	"errors"
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// giveUp restricts this process, and what it becomes, to what the task needs.
// It cannot be undone.
func giveUp(t task) error {
	if err := landlock.V11.BestEffort().Restrict(rules(t)...); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	if err := dropCapabilities(); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return filterCalls()
}

func rules(t task) []landlock.Rule {
	rules := []landlock.Rule{
		landlock.RWDirs(t.Dir).WithRefer(),
		landlock.RWFiles("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom").IgnoreIfMissing(),
		landlock.ROFiles("/proc/cpuinfo", "/proc/meminfo", "/proc/stat").IgnoreIfMissing(),
	}
	shown := append(system(), roots()...)
	if folder := toolFolder(t.Path); folder != "" {
		shown = append(shown, folder)
	}
	for _, path := range append(shown, t.Read...) {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			continue // the tool will say that it is missing
		case info.IsDir():
			rules = append(rules, landlock.RODirs(path))
		default:
			rules = append(rules, landlock.ROFiles(path))
		}
	}
	return rules
}

// dropCapabilities takes from root what makes it root, for good.
func dropCapabilities() error {
	if os.Geteuid() != 0 {
		return nil
	}
	for capability := uintptr(0); capability <= unix.CAP_LAST_CAP; capability++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) {
			break // this kernel knows fewer
		}
		if err != nil {
			return err
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	return unix.Capset(&header, &none[0])
}
