package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/artdag/artdag/farm"
)

// server is a program that the bench started and ends.
type server struct {
	cmd  *exec.Cmd
	end  syscall.Signal
	addr string
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(s.end) // an error says that it has ended already
	late := time.AfterFunc(10*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer late.Stop()
	_ = s.cmd.Wait() // how it ended is no matter
}

// serve starts a program and waits until it answers.
func (b *bench) serve(cmd *exec.Cmd, addr string, end syscall.Signal, answers func() error) (*server, error) {
	setApart(cmd)
	log, err := os.Create(b.logOf(cmd))
	if err != nil {
		return nil, err
	}
	defer log.Close() // the server has its own
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{cmd, end, addr}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if err = answers(); err == nil {
			b.servers = append(b.servers, s)
			return s, nil
		}
		if time.Now().After(deadline) || b.ctx.Err() != nil {
			s.stop()
			said, _ := os.ReadFile(log.Name())
			return nil, fmt.Errorf("start %s: %w: %s", filepath.Base(cmd.Path), err, tail(said))
		}
	}
}

// logOf is the file of what a server says.
func (b *bench) logOf(cmd *exec.Cmd) string {
	return filepath.Join(b.dir, filepath.Base(cmd.Path)+".log")
}

// freeAddress is one of loopback that nobody listens on now.
func freeAddress() (addr, port string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer listener.Close()
	_, port, err = net.SplitHostPort(listener.Addr().String())
	return listener.Addr().String(), port, err
}

// startRedis starts one that keeps nothing on disk, with the farm's settings.
func (b *bench) startRedis() (farm.Redis, error) {
	addr, port, err := freeAddress()
	if err != nil {
		return farm.Redis{}, err
	}
	where, err := farm.ParseRedis("redis://" + addr + "/0")
	if err != nil {
		return where, err
	}
	client := where.Open(1)
	defer client.Close()
	cmd := exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", b.dir, "--save", "", "--appendonly", "no",
		"--maxmemory-policy", "noeviction", "--slowlog-log-slower-than", "1000", "--slowlog-max-len", "2000")
	_, err = b.serve(cmd, addr, syscall.SIGTERM, func() error { return client.Ping(b.ctx).Err() })
	b.redisURL = "redis://" + addr + "/0"
	return where, err
}

// startPostgres starts one with an empty database and returns its DSN. It writes
// ahead and syncs as it does by default, since the farm's would.
func (b *bench) startPostgres() (string, error) {
	folder, err := os.MkdirTemp("", "artdag-bench-postgres-")
	if err != nil {
		return "", err
	}
	b.folders = append(b.folders, folder)
	who, err := plainUser(folder)
	if err != nil {
		return "", err
	}
	data := filepath.Join(folder, "data")
	initdb := exec.CommandContext(b.ctx, postgresProgram("initdb"), "-D", data, "-U", "artdag", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
	initdb.Dir, initdb.SysProcAttr = folder, who
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, tail(out))
	}
	addr, port, err := freeAddress()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(postgresProgram("postgres"), "-D", data, "-h", "127.0.0.1", "-p", port, "-c", "unix_socket_directories=", "-c", "max_wal_size=4GB")
	cmd.Dir, cmd.SysProcAttr = folder, who
	dsn := "postgres://artdag@" + addr + "/postgres?sslmode=disable"
	_, err = b.serve(cmd, addr, syscall.SIGINT, func() error { return connects(b.ctx, dsn) })
	return dsn, err
}

func connects(ctx context.Context, dsn string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // one try
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// postgresProgram is the path of a server program, which Debian keeps off the
// PATH, one folder a version: the newest one.
func postgresProgram(name string) string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is well formed
	if len(found) > 0 {
		return found[len(found)-1]
	}
	return name
}
