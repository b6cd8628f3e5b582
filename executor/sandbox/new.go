package sandbox

import (
	"os"
	"time"
)

// Options configure a Sandbox. The zero value serves.
type Options struct {
	// Path is the list of folders in which tools are looked for, as in PATH;
	// empty takes PATH of this process.
	Path string
	// Memory bounds the bytes that one call's processes hold together when the
	// command does not; 0 is three quarters of the machine's.
	Memory int64
	// Processes bounds their number likewise; 0 is 512.
	Processes int
	// Reexec says that the program calls Supervise first thing in main, so
	// that it may be executed again: as the supervisor of a tool where
	// bubblewrap cannot be used, and where it can, once, as the process that
	// ends what is left when this one is killed.
	Reexec bool
	// Folder, if set, outlives this process and is used by one Sandbox at a
	// time, such as the cache of a worker. New writes there what its processes
	// are known by, and first kills what the last Sandbox with this folder left
	// behind: whatever killed that one may have killed all that watched it.
	// Only bubblewrap needs it.
	Folder string
	// Without leaves a kind of confinement out even where it could be used:
	// "bubblewrap", "landlock".
	Without []string
}

const defaultProcesses = 512

// sampleEvery is how often memory and processes are counted.
const sampleEvery = 100 * time.Millisecond

// Sandbox runs tools so that they see the system's programs and libraries, the
// files they are given and one folder of their own, and nothing else. It is
// safe for concurrent use.
type Sandbox struct {
	options Options
	starter *starter
	confine confinement
	limits  limiter
	every   time.Duration // between samples of memory and processes
}

var _ Runner = (*Sandbox)(nil)

// New finds out how tools can be confined here, by trying it once. A machine
// that has no way at all is no error: see Kind. The caller closes the Sandbox.
func New(options Options) (*Sandbox, error) {
	if options.Path == "" {
		options.Path = os.Getenv("PATH")
	}
	if options.Processes == 0 {
		options.Processes = defaultProcesses
	}
	if options.Memory == 0 {
		options.Memory = machineMemory() / 4 * 3
	}
	s := &Sandbox{options: options, starter: newStarter(), limits: newLimiter(), every: sampleEvery}
	confine, err := s.choose()
	if err != nil {
		s.starter.stop()
		return nil, err
	}
	s.confine = confine
	return s, nil
}

// Kind says what confines tools, and why not something stronger:
// "bubblewrap 0.8.0", "landlock (bubblewrap is not installed)", "none: ...".
func (s *Sandbox) Kind() string { return s.confine.describe() }

// Limits says what bounds memory: "cgroup", "sampler" or "none".
func (s *Sandbox) Limits() string { return s.limits.describe() }

// Close ends the Sandbox, after the last Run has returned.
func (s *Sandbox) Close() {
	s.starter.stop()
	s.confine.close()
}
