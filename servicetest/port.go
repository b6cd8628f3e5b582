package servicetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// freePort returns a loopback port that nobody listens on. It is taken from
// below the range that systems hand out by themselves, so that it is still free
// when its server starts, and again after it was stopped.
func freePort() (int, error) {
	for range 100 {
		port := 20000 + rand.IntN(12000)
		listener, err := net.Listen("tcp", address(port))
		if err != nil {
			continue
		}
		return port, listener.Close()
	}
	return 0, errors.New("servicetest: find a free port: none in 100 tries")
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// onFreePort calls start with free ports until one of them does: another process
// may have taken a port since it was looked at.
func onFreePort[T any](start func(port int) (T, error)) (T, error) {
	var failed []error
	for range 3 {
		port, err := freePort()
		if err == nil {
			var started T
			if started, err = start(port); err == nil {
				return started, nil
			}
		}
		failed = append(failed, err)
	}
	var none T
	return none, fmt.Errorf("servicetest: %w", errors.Join(failed...))
}

// FreeAddr returns a loopback address that nobody listens on and that systems do
// not hand out by themselves, for a process that a test starts and starts again.
func FreeAddr(t testing.TB) string {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return address(port)
}
