package servicetest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// databases is how many tests of one process can use the shared Redis at once.
const databases = 512

// Redis returns the URL of an empty database on the Redis that the tests of this
// process share: redis://127.0.0.1:port/n. It is this test's until its end, so
// tests run in parallel; what they must leave alone is what all databases share:
// FLUSHALL, CONFIG, SCRIPT FLUSH, the names of channels. Use NewRedis for those.
func Redis(t testing.TB) string {
	t.Helper()
	needServices(t)
	shared, err := theRedis()
	if err != nil {
		t.Fatal(err)
	}
	number, err := shared.take()
	if err != nil {
		t.Fatalf("servicetest: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the shared redis-server wrote:\n%s", shared.said())
		}
		shared.give(number)
	})
	return fmt.Sprintf("redis://%s/%d", shared.addr, number)
}

// theRedis starts the shared server on first use. Its guard ends it with the
// process. A variable of the package, because the process is what it belongs to.
var theRedis = sync.OnceValues(func() (*sharedRedis, error) {
	return onFreePort(func(port int) (*sharedRedis, error) {
		p, err := startRedis(port, "--databases", fmt.Sprint(databases))
		shared := &sharedRedis{process: p, addr: address(port)}
		for n := databases - 1; n >= 0; n-- {
			shared.free = append(shared.free, n)
		}
		return shared, err
	})
})

type sharedRedis struct {
	*process
	addr string

	mu   sync.Mutex
	free []int // databases that no test has
}

func (s *sharedRedis) take() (int, error) {
	s.mu.Lock()
	if len(s.free) == 0 {
		s.mu.Unlock()
		return 0, fmt.Errorf("all %d databases of the shared Redis are in use", databases)
	}
	number := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	s.mu.Unlock()
	return number, s.flush(number)
}

func (s *sharedRedis) give(number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, number)
}

func (s *sharedRedis) flush(number int) error {
	client := redisClient(s.addr, number)
	defer client.Close()
	return client.FlushDB(context.Background()).Err() // bounded by the client's own time-outs
}

// redisClient returns a client that asks the server for nothing on its own.
func redisClient(addr string, number int) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: addr, DB: number,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}
