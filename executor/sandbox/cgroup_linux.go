package sandbox

func newLimiter() limiter { return limiter{} }

func (l limiter) describe() string {
	if l.parent == "" {
		return "sampler"
	}
	return "cgroup"
}

func (l limiter) bound(_ *process, cmd Command) (*bounds, error) {
	return &bounds{memory: cmd.Memory, processes: cmd.Processes}, nil
}

type group struct{}

func (*group) outOfMemory() bool { return false }

func (*group) remove() {}
