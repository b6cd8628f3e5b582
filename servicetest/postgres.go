package servicetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Postgres returns the DSN of an empty database on the PostgreSQL that the tests
// of this process share. The database is dropped with the test, whoever is still
// connected. Roles and other things of the whole server are shared.
func Postgres(t testing.TB) string {
	t.Helper()
	needServices(t)
	shared, err := thePostgres()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d", shared.made.Add(1))
	if err := shared.execute(`CREATE DATABASE ` + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the shared postgres wrote:\n%s", shared.said())
		}
		if err := shared.execute(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	return dsn(shared.port, name)
}

// thePostgres starts the shared server on first use. Its guard ends it with the
// process. A variable of the package, because the process is what it belongs to.
var thePostgres = sync.OnceValues(func() (*sharedPostgres, error) {
	return onFreePort(func(port int) (*sharedPostgres, error) {
		p, err := startPostgres(port)
		return &sharedPostgres{process: p, port: port}, err
	})
})

type sharedPostgres struct {
	*process
	port int
	made atomic.Int64 // databases
}

func (s *sharedPostgres) execute(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime) // bounded here; cleanups outlive the test's context
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn(s.port, "postgres"))
	if err != nil {
		return fmt.Errorf("servicetest: %s: %w", sql, err)
	}
	_, err = conn.Exec(ctx, sql)
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return fmt.Errorf("servicetest: %s: %w", sql, err)
	}
	return nil
}

// A PostgresServer is a PostgreSQL that belongs to one test. It keeps its data
// over Stop, Kill and Start.
type PostgresServer struct {
	server
	port int
}

// NewPostgres starts a PostgreSQL for this test alone, with one empty database.
func NewPostgres(t testing.TB) *PostgresServer {
	t.Helper()
	needServices(t)
	var port int
	p, err := onFreePort(func(free int) (*process, error) {
		port = free
		return startPostgres(free)
	})
	if err != nil {
		t.Fatal(err)
	}
	p.belongTo(t)
	return &PostgresServer{server{t, p}, port}
}

// DSN returns the address of the database.
func (p *PostgresServer) DSN() string { return dsn(p.port, "postgres") }

// Addr returns the host and port.
func (p *PostgresServer) Addr() string { return address(p.port) }

func dsn(port int, database string) string {
	return fmt.Sprintf("postgres://artdag@%s/%s?sslmode=disable", address(port), database)
}

func startPostgres(port int) (*process, error) {
	path, err := postgresProgram("postgres")
	if err != nil {
		return nil, err
	}
	who, err := plainUser()
	if err != nil {
		return nil, err
	}
	folder, err := newFolder("postgres")
	if err != nil {
		return nil, err
	}
	data := filepath.Join(folder, "data")
	if err := errors.Join(who.owns(folder), initdb(data, who)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	// SIGQUIT stops it at once and yet frees the shared memory, which SIGKILL
	// leaves to the system for good.
	p := &process{name: "postgres", folder: folder, stopBy: syscall.SIGQUIT}
	p.command = func() *exec.Cmd {
		cmd := exec.Command(path, postgresSettings(port, data)...)
		cmd.Dir = folder
		who.runs(cmd)
		return cmd
	}
	p.ready = func() error { return connects(dsn(port, "postgres")) }
	return p, p.startOrDiscard()
}

// initdb makes the data folder: everybody on this machine is let in.
func initdb(data string, who *plain) error {
	path, err := postgresProgram("initdb")
	if err != nil {
		return err
	}
	cmd := exec.Command(path, "-D", data, "-U", "artdag", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
	cmd.Dir = filepath.Dir(data)
	who.runs(cmd)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	return nil
}

// postgresSettings trade safety for speed: nothing outlives the test.
func postgresSettings(port int, data string) []string {
	args := []string{"-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-F"}
	for _, setting := range []string{
		"unix_socket_directories=", "max_connections=300", "shared_buffers=32MB",
		"full_page_writes=off", "max_wal_size=4GB",
	} {
		args = append(args, "-c", setting)
	}
	return args
}

func connects(dsn string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second) // one try
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}
