package servicetest

import (
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// RedisSentinel starts a master, its replica and one sentinel, which makes the
// replica the master a second after the master stops answering. It returns once
// the sentinel knows both.
func RedisSentinel(t testing.TB) (sentinelAddr, masterName string, master, replica *RedisServer) {
	t.Helper()
	masterName = "artdag"
	master = NewRedis(t)
	replica = NewRedis(t, "--replicaof", fmt.Sprintf("127.0.0.1 %d", master.port))
	// A sentinel asks a master for its replicas every ten seconds only: let there
	// be one when it asks first.
	if err := poll(replica.linked); err != nil {
		t.Fatalf("servicetest: wait for the replica: %v", err)
	}
	var port int
	sentinel, err := onFreePort(func(free int) (*process, error) {
		port = free
		return startSentinel(free, masterName, master.port)
	})
	if err != nil {
		t.Fatal(err)
	}
	sentinel.belongTo(t)
	if err := poll(func() error { return knowsReplica(address(port), masterName) }); err != nil {
		t.Fatalf("servicetest: wait for the sentinel: %v", err)
	}
	return address(port), masterName, master, replica
}

// linked returns nil once the replica has the master's data.
func (r *RedisServer) linked() error {
	client := redisClient(r.Addr(), 0)
	defer client.Close()
	info, err := client.Info(context.Background(), "replication").Result() // bounded by the client's own time-outs
	if err == nil && !slices.Contains(slices.Collect(linesOf(info)), "master_link_status:up") {
		err = fmt.Errorf("%s", info)
	}
	return err
}

func linesOf(info string) iter.Seq[string] { return strings.SplitSeq(info, "\r\n") }

func startSentinel(port int, name string, master int) (*process, error) {
	path, err := program("redis-server", redisPackage)
	if err != nil {
		return nil, err
	}
	folder, err := newFolder("sentinel")
	if err != nil {
		return nil, err
	}
	config := filepath.Join(folder, "sentinel.conf") // the sentinel writes what it learns into it
	text := fmt.Sprintf("bind 127.0.0.1\nport %d\ndir %s\nsentinel monitor %s 127.0.0.1 %d 1\n"+
		"sentinel down-after-milliseconds %s 1000\nsentinel failover-timeout %s 5000\n",
		port, folder, name, master, name, name)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	p := &process{name: "sentinel", folder: folder, stopBy: syscall.SIGTERM}
	p.command = func() *exec.Cmd { return exec.Command(path, config, "--sentinel") }
	p.ready = func() error { return ping(address(port)) }
	return p, p.startOrDiscard()
}

func knowsReplica(sentinel, name string) error {
	client := redisClient(sentinel, 0)
	defer client.Close()
	replicas, err := client.Do(context.Background(), "SENTINEL", "REPLICAS", name).Slice() // bounded by the client's own time-outs
	if err == nil && len(replicas) != 1 {
		err = fmt.Errorf("%d replicas known", len(replicas))
	}
	return err
}
