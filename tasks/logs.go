package tasks

import (
	"context"
	"io"
	"sync"

	"github.com/artdag/artdag/dag"
)

// Logs are the logs of the steps that run now, for those who follow them. The
// zero value is ready; it is safe for concurrent use.
type Logs struct {
	mu    sync.Mutex
	steps map[dag.CacheID]*liveLog
}

// keptLog bounds what is kept of a running step's log in memory; the whole log
// is kept with the result.
const keptLog = 1 << 20

// liveLog is what a running step has written, its end where that is long.
type liveLog struct {
	mu    sync.Mutex
	text  []byte
	start int64 // of text in the whole log
	ended bool
	more  chan struct{} // closed by the next write or the end
}

// Write never fails and never blocks for long.
func (l *liveLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if over := len(l.text) - 2*keptLog; over > 0 {
		over += keptLog
		l.text, l.start = append([]byte(nil), l.text[over:]...), l.start+int64(over)
	}
	l.tell()
	return len(p), nil
}

func (l *liveLog) tell() {
	close(l.more)
	l.more = make(chan struct{})
}

// from returns what is there from a place on, the place after it, and what to
// wait for; a nil channel says that no more comes.
func (l *liveLog) from(at int64) (text []byte, next int64, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at = max(at, l.start)
	text = append([]byte(nil), l.text[at-l.start:]...)
	if !l.ended {
		more = l.more
	}
	return text, at + int64(len(text)), more
}

func (l *Logs) begin(id dag.CacheID) *liveLog {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.steps == nil {
		l.steps = make(map[dag.CacheID]*liveLog)
	}
	log := &liveLog{more: make(chan struct{})}
	l.steps[id] = log
	return log
}

func (l *Logs) end(id dag.CacheID, log *liveLog) {
	l.mu.Lock()
	if l.steps[id] == log {
		delete(l.steps, id)
	}
	l.mu.Unlock()
	log.mu.Lock()
	defer log.mu.Unlock()
	log.ended = true
	log.tell()
}

// Follow copies the log of a running step to out as it grows, until the step
// ends; without follow it copies what is there. It reports false when the step
// does not run here.
func (l *Logs) Follow(ctx context.Context, id dag.CacheID, follow bool, out io.Writer) (bool, error) {
	l.mu.Lock()
	log := l.steps[id]
	l.mu.Unlock()
	if log == nil {
		return false, nil
	}
	for at := int64(0); ; {
		text, next, more := log.from(at)
		if _, err := out.Write(text); err != nil {
			return true, err
		}
		if at = next; more == nil || !follow {
			return true, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return true, context.Cause(ctx)
		}
	}
}
