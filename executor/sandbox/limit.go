package sandbox

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
)

// bounds are those of one call.
type bounds struct {
	memory    int64
	processes int
	tasks     int64         // threads; 0 outside Linux, which does not bound them
	share     int64         // a quarter of the threads that there may be here
	group     *group        // nil where the kernel has none for this call
	every     time.Duration // between samples
	over      atomic.Pointer[string]
}

// watch counts the members of the process at every tick, and their memory where
// the kernel does not bound it, and kills them when that is too much. The returned
// func ends the watch and blocks until it ended.
func (b *bounds) watch(p *process) func() {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(b.every)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				b.sample(p)
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

func (b *bounds) sample(p *process) {
	members := p.members()
	if len(members) > b.processes {
		b.kill(p, fmt.Sprintf("more than %d processes", b.processes))
		return
	}
	if !b.group.boundsMemory() && memoryOf(members) > b.memory {
		b.kill(p, b.tooMuch())
	}
}

func (b *bounds) kill(p *process, why string) {
	b.over.CompareAndSwap(nil, &why)
	p.kill()
}

func (b *bounds) tooMuch() string {
	by := "sampler"
	if b.group.boundsMemory() {
		by = "cgroup"
	}
	return fmt.Sprintf("more than %s of memory (%s)", humanize.IBytes(uint64(b.memory)), by)
}

// exceeded says which bound the call broke, or nothing.
func (b *bounds) exceeded() string {
	if why := b.over.Load(); why != nil {
		return *why
	}
	if b.group.boundsMemory() && b.group.outOfMemory() {
		return b.tooMuch()
	}
	return ""
}

func (b *bounds) release() {
	if b.group != nil {
		b.group.remove()
	}
}
