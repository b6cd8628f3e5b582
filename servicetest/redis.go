package servicetest

import (
	"bufio"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const redisPackage = "the package redis-server"

// A RedisServer is a Redis that belongs to one test.
type RedisServer struct {
	server
	port int
}

// NewRedis starts a Redis for this test alone. It keeps nothing: started again
// after Kill or Stop it is empty. Settings are more arguments for redis-server,
// such as "--appendonly", "yes", after which it keeps its data.
func NewRedis(t testing.TB, settings ...string) *RedisServer {
	t.Helper()
	needServices(t)
	var port int
	p, err := onFreePort(func(free int) (*process, error) {
		port = free
		return startRedis(free, settings...)
	})
	if err != nil {
		t.Fatal(err)
	}
	p.belongTo(t)
	return &RedisServer{server{t, p}, port}
}

// Addr returns the host and port.
func (r *RedisServer) Addr() string { return address(r.port) }

// URL returns the address as redis://host:port/0.
func (r *RedisServer) URL() string { return "redis://" + r.Addr() + "/0" }

func startRedis(port int, settings ...string) (*process, error) {
	path, err := program("redis-server", redisPackage)
	if err != nil {
		return nil, err
	}
	folder, err := newFolder("redis")
	if err != nil {
		return nil, err
	}
	p := &process{name: "redis-server", folder: folder, stopBy: syscall.SIGTERM}
	p.command = func() *exec.Cmd { return exec.Command(path, append(redisSettings(port, folder), settings...)...) }
	p.ready = func() error { return ping(address(port)) }
	return p, p.startOrDiscard()
}

// redisSettings are those of the farm's Redis, without its disk.
func redisSettings(port int, folder string) []string {
	return []string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", folder,
		"--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction",
		"--repl-diskless-sync-delay", "0", "--shutdown-timeout", "0",
	}
}

// ping asks without a client, so that the client's own repetitions hide nothing.
// A server that wants a password first is ready as well.
func ping(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(answer, "+PONG") && !strings.HasPrefix(answer, "-NOAUTH") {
		return fmt.Errorf("PING: %s", strings.TrimSpace(answer))
	}
	return nil
}
