package cache

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

const (
	blockSize = 1 << 20
	// queue is how many blocks are under way at once, so that a sink that is
	// slow for a moment (a disk) does not hold up the others: 16 MiB.
	queue = 16
)

// block is a piece of a stream, shared by all sinks.
type block struct {
	data    []byte // blockSize bytes
	n       int    // of them in use
	readers atomic.Int32
}

// block returns a block that nothing else uses.
func (c *Cache) block() *block {
	b, _ := c.blocks.Get().(*block) // the pool holds nothing else
	return b
}

// fanOut copies r to every sink and returns the number of bytes. Each sink works
// in its own goroutine behind a bounded queue, so that a stream goes as fast as
// the slowest alone; in lock-step they would add up. A stream of at most one
// block is not worth a goroutine.
func (c *Cache) fanOut(ctx context.Context, r io.Reader, progress func(int64), sinks []io.Writer) (int64, error) {
	first := c.block()
	n, err := io.ReadFull(r, first.data)
	first.n = n
	if err != nil {
		defer c.blocks.Put(first)
		return writeAll(ctx, first.data[:n], err, progress, sinks)
	}
	s := stream{cache: c, free: make(chan *block, queue), blocks: 1, progress: progress}
	return s.run(ctx, r, first, sinks)
}

func writeAll(ctx context.Context, data []byte, end error, progress func(int64), sinks []io.Writer) (int64, error) {
	if !errors.Is(end, io.EOF) && !errors.Is(end, io.ErrUnexpectedEOF) {
		return 0, end
	}
	for _, sink := range sinks {
		if _, err := sink.Write(data); err != nil {
			return 0, err
		}
	}
	if progress != nil {
		progress(int64(len(data)))
	}
	return int64(len(data)), context.Cause(ctx)
}

// stream is one fanOut of more than a block.
type stream struct {
	cache    *Cache
	free     chan *block // blocks that every sink is done with
	blocks   int         // made so far, at most queue
	progress func(int64)
}

func (s *stream) run(ctx context.Context, r io.Reader, first *block, sinks []io.Writer) (int64, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var working sync.WaitGroup
	queues := make([]chan *block, len(sinks))
	for i, sink := range sinks {
		queues[i] = make(chan *block, queue)
		working.Go(func() { s.drain(queues[i], sink, stop) })
	}
	total, err := s.feed(ctx, r, first, queues)
	for _, q := range queues {
		close(q)
	}
	working.Wait()
	s.recycle()
	return total, errors.Join(err, context.Cause(ctx))
}

// feed reads until the end and hands each block to all queues. The queues hold
// as many blocks as there are, so that handing over never waits.
func (s *stream) feed(ctx context.Context, r io.Reader, b *block, queues []chan *block) (total int64, err error) {
	for {
		total += int64(b.n)
		b.readers.Store(int32(len(queues)))
		for _, q := range queues {
			q <- b
		}
		if s.progress != nil {
			s.progress(total)
		}
		if err != nil || ctx.Err() != nil {
			break
		}
		b = s.next(ctx)
		if b == nil {
			break
		}
		b.n, err = io.ReadFull(r, b.data)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return total, nil
	}
	return total, err
}

// next returns a block to fill, or nil when ctx is done.
func (s *stream) next(ctx context.Context) *block {
	if s.blocks < queue {
		select {
		case b := <-s.free:
			return b
		default:
			s.blocks++
			return s.cache.block()
		}
	}
	select {
	case b := <-s.free:
		return b
	case <-ctx.Done():
		return nil
	}
}

// drain writes what comes through q. The first error stops the stream; blocks
// are still taken, so that nothing waits for this sink.
func (s *stream) drain(q <-chan *block, sink io.Writer, stop context.CancelCauseFunc) {
	failed := false
	for b := range q {
		if !failed {
			if _, err := sink.Write(b.data[:b.n]); err != nil {
				failed = true
				stop(err)
			}
		}
		if b.readers.Add(-1) == 0 {
			s.free <- b
		}
	}
}

// recycle gives the blocks back once every sink has ended.
func (s *stream) recycle() {
	for range len(s.free) {
		s.cache.blocks.Put(<-s.free)
	}
}
