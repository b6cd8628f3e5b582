package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"golang.org/x/crypto/sha3"
	"golang.org/x/sys/unix"
)

// undisturbed gives a process a core for itself, until it is given back: all else
// that this bench started has the other cores, and of what the machine runs there
// (its agents, threads of the kernel, milliseconds at a time) nothing comes before
// it. The priority alone would not do: where a core is busy for a second while
// others wait for it, Linux gives them 50 ms of it in one piece.
func undisturbed(pid int) (core int, back func() error, err error) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return 0, nil, err
	}
	if all.Count() < 2 {
		return 0, nil, errors.New("there is one core")
	}
	core = last(all)
	own, rest := unix.CPUSet{}, all
	own.Set(core)
	rest.Clear(core)
	back = func() error {
		return errors.Join(prefer(pid, unix.SCHED_NORMAL, 0), keepTo(pid, &all), keepOthersTo(pid, &all))
	}
	err = errors.Join(keepTo(pid, &own), keepOthersTo(pid, &rest), prefer(pid, unix.SCHED_FIFO, 10))
	if err != nil {
		err = errors.Join(err, back())
	}
	return core, back, err
}

// prefer sets how a thread is chosen from those that may run: with SCHED_FIFO
// before all of a lower priority (1 to 99), which only root may ask for.
func prefer(thread int, policy, priority uint32) error {
	err := unix.SchedSetAttr(thread, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: policy, Priority: priority}, 0)
	if err != nil {
		return fmt.Errorf("set the priority of thread %d: %w", thread, err)
	}
	return nil
}

// last returns the last core of a set: interrupts mostly go to the first.
func last(cores unix.CPUSet) (core int) {
	for i := range len(cores) * 64 {
		if cores.IsSet(i) {
			core = i
		}
	}
	return core
}

// keepOthersTo has this process and what it started run on those cores only,
// and what they will start. One process is left alone.
func keepOthersTo(but int, cores *unix.CPUSet) error {
	var err error
	for pid := range family() {
		if pid != but {
			err = errors.Join(err, keepTo(pid, cores))
		}
	}
	return err
}

// keepTo has all threads of a process run on those cores only; those that have
// ended meanwhile need not.
func keepTo(pid int, cores *unix.CPUSet) error {
	threads, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "[0-9]*"))
	for _, thread := range threads {
		id, convErr := strconv.Atoi(filepath.Base(thread))
		if convErr != nil {
			return convErr
		}
		if setErr := unix.SchedSetaffinity(id, cores); setErr != nil && !errors.Is(setErr, unix.ESRCH) {
			err = errors.Join(err, fmt.Errorf("keep thread %d to its cores: %w", id, setErr))
		}
	}
	return err
}

// watchCore does the same small work on a core again and again, before all others
// there, until its input ends, and prints how long that took: what the machine
// under this one does to whoever has the core. It is a process of its own, which
// collects no garbage: that would count as well, and take the core from Redis.
func watchCore(args []string) error {
	core, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	var own unix.CPUSet
	own.Set(core)
	err = errors.Join(unix.SchedSetaffinity(0, &own), prefer(0, unix.SCHED_FIFO, 50))
	if err != nil {
		return err
	}
	debug.SetGCPercent(-1) // collecting is begun by whoever needs memory: that is the thread with the core
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // an error is an end as well
		close(ended)
	}()
	fmt.Println("ready")
	took := moments(ended)
	fmt.Printf("SHA3-256 of 4 KiB on that core, which nothing may interrupt: median %s, 99 of a hundred within %s, %s at most\n",
		figure(median(took), "s"), figure(percentile(took, 99), "s"), figure(slices.Max(took), "s"))
	return nil
}

// moments returns the seconds that the same piece of work took each time.
func moments(ended <-chan struct{}) (took []float64) {
	took = make([]float64, 0, 1<<18) // of minutes: to grow would be work on the core
	nap, work := unix.NsecToTimespec(time.Millisecond.Nanoseconds()), make([]byte, 4<<10)
	for {
		began := time.Now()
		sha3.Sum256(work)
		took = append(took, time.Since(began).Seconds())
		select {
		case <-ended:
			return took
		default:
		}
		_ = unix.Nanosleep(&nap, nil) // shorter when interrupted
	}
}
