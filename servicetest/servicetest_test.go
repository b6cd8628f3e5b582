package servicetest

import (
	"context"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redisClient(options.Addr, options.DB)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func set(t *testing.T, client *redis.Client) {
	t.Helper()
	if err := client.Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
}

func wantSize(t *testing.T, client *redis.Client, want int64) {
	t.Helper()
	if got, err := client.DBSize(t.Context()).Result(); err != nil || got != want {
		t.Errorf("DBSIZE = %d, %v; want %d", got, err, want)
	}
}

func TestRedisDatabasesAreApart(t *testing.T) {
	t.Parallel()
	one, other := open(t, Redis(t)), open(t, Redis(t))
	set(t, one)
	wantSize(t, other, 0)
}

func TestRedisDatabasesComeBackEmpty(t *testing.T) {
	t.Parallel()
	for range 3 {
		t.Run("", func(t *testing.T) {
			client := open(t, Redis(t))
			wantSize(t, client, 0)
			set(t, client)
		})
	}
}

func TestRedisKilledComesBackEmpty(t *testing.T) {
	t.Parallel()
	r := NewRedis(t)
	client := open(t, r.URL())
	set(t, client)
	before := r.Pid()
	r.Kill()
	if err := ping(r.Addr()); err == nil || r.Pid() != 0 {
		t.Errorf("killed: ping = %v, pid %d", err, r.Pid())
	}
	r.Start()
	wantSize(t, client, 0)
	if r.Pid() == before {
		t.Errorf("the process is still %d", before)
	}
}

func TestRedisWithALogKeepsItsData(t *testing.T) {
	t.Parallel()
	r := NewRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	client := open(t, r.URL())
	set(t, client)
	r.Kill()
	r.Start()
	wantSize(t, client, 1)
}

func TestPausedRedisIsSilent(t *testing.T) {
	t.Parallel()
	r := NewRedis(t)
	r.Pause()
	if err := ping(r.Addr()); err == nil {
		t.Error("a paused server answered")
	}
	r.Resume()
	if err := ping(r.Addr()); err != nil {
		t.Error(err)
	}
	r.Pause() // and is stopped all the same
}

func TestProxyIsCut(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, NewRedis(t).Addr())
	if err := ping(p.Addr()); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p.Cut()
	p.Cut()
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("a cut connection read %d bytes", n)
	}
	if err := ping(p.Addr()); err == nil {
		t.Error("the way leads through a cut")
	}
	p.Restore()
	if err := ping(p.Addr()); err != nil {
		t.Error(err)
	}
}

func TestRedisCluster(t *testing.T) {
	t.Parallel()
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: RedisCluster(t)})
	defer client.Close()
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} { // on all three
		if err := client.Set(t.Context(), key, key, 0).Err(); err != nil {
			t.Errorf("set %s: %v", key, err)
		}
	}
}

func TestRedisSentinelFailsOver(t *testing.T) {
	t.Parallel()
	sentinel, name, master, replica := RedisSentinel(t)
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: name, SentinelAddrs: []string{sentinel}})
	defer client.Close()
	set(t, client)
	master.Kill()
	if err := poll(func() error { return client.Set(context.Background(), "key", "after", 0).Err() }); err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, replica.URL()).Get(t.Context(), "key").Result(); err != nil || got != "after" {
		t.Errorf("the replica holds %q, %v", got, err)
	}
}

func TestPostgresDatabasesAreApart(t *testing.T) {
	t.Parallel()
	for range 2 {
		conn, err := pgx.Connect(t.Context(), Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(t.Context(), "CREATE TABLE t (n int)"); err != nil {
			t.Error(err)
		}
	}
}

func TestPostgresKeepsItsData(t *testing.T) {
	t.Parallel()
	p := NewPostgres(t)
	run := func(sql string) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), p.DSN())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	run("CREATE TABLE t (n int)")
	p.Stop()
	if err := connects(p.DSN()); err == nil {
		t.Error("a stopped server lets in")
	}
	p.Start()
	run("INSERT INTO t VALUES (1)")
}

func TestKuboStopsAndStarts(t *testing.T) {
	t.Parallel()
	k := Kubo(t)
	k.Stop()
	if err := answersRPC(k.port); err == nil {
		t.Error("a stopped node answers")
	}
	k.Start()
	if err := answersRPC(k.port); err != nil {
		t.Error(err)
	}
}
