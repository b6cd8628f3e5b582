package servicetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"
)

// slots is what the masters of a Redis Cluster share.
const slots = 16384

// RedisCluster starts three masters that share the slots and returns their
// addresses once each of them finds the cluster whole.
func RedisCluster(t testing.TB) []string {
	t.Helper()
	var nodes []clusterNode
	for range 3 {
		nodes = append(nodes, newClusterNode(t))
	}
	for i, n := range nodes {
		if err := n.join(i, nodes[0]); err != nil {
			t.Fatalf("servicetest: join the cluster: %v", err)
		}
	}
	var addrs []string
	for _, n := range nodes {
		if err := poll(n.whole); err != nil {
			t.Fatalf("servicetest: wait for the cluster: %v", err)
		}
		addrs = append(addrs, n.Addr())
	}
	return addrs
}

type clusterNode struct {
	*RedisServer
	bus int // the port on which the nodes talk
}

func newClusterNode(t testing.TB) clusterNode {
	t.Helper()
	bus, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return clusterNode{NewRedis(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus)), bus}
}

// join gives the i-th node its third of the slots and shows it the first.
func (n clusterNode) join(i int, first clusterNode) error {
	client := redisClient(n.Addr(), 0)
	defer client.Close()
	ctx := context.Background() // bounded by the client's own time-outs
	return errors.Join(
		client.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err(),
		client.ClusterAddSlotsRange(ctx, i*slots/3, (i+1)*slots/3-1).Err(),
		client.Do(ctx, "CLUSTER", "MEET", "127.0.0.1", first.port, first.bus).Err(),
	)
}

// whole returns nil once the node knows the owner of every slot.
func (n clusterNode) whole() error {
	client := redisClient(n.Addr(), 0)
	defer client.Close()
	info, err := client.ClusterInfo(context.Background()).Result() // bounded by the client's own time-outs
	if err != nil {
		return err
	}
	lines := slices.Collect(linesOf(info))
	if !slices.Contains(lines, "cluster_state:ok") || !slices.Contains(lines, "cluster_size:3") {
		return fmt.Errorf("%s", info)
	}
	return nil
}

// poll calls the condition until it returns nil, for as long as a start may take.
func poll(condition func() error) error {
	for deadline := time.Now().Add(startTime); ; time.Sleep(10 * time.Millisecond) {
		err := condition()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
