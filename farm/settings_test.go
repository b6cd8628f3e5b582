package farm

import (
	"os"
	"path/filepath"
	"testing"
)

func secretFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A worker that joins must not get what only the scheduler may do on Redis.
func TestWorkersAreToldTheirOwnUserOfRedis(t *testing.T) {
	ours, theirs := secretFile(t, "ours"), secretFile(t, "theirs")
	const own, node = "redis://scheduler@redis/0", "/dns/ipfs/tcp/5001"
	for name, test := range map[string]struct{ join, file, want string }{
		"no address of its own":         {"", "", "redis://scheduler:ours@redis/0"},
		"an address, the same password": {"redis://scheduler@farm/0", "", "redis://scheduler:ours@farm/0"},
		"its password in it":            {"redis://worker:theirs@farm/0", "", "redis://worker:theirs@farm/0"},
		"its password in a file":        {"redis://worker@farm/0", theirs, "redis://worker:theirs@farm/0"},
	} {
		t.Run(name, func(t *testing.T) {
			s := SchedulerSettings{Shared: Shared{Redis: own, RedisFile: ours, IPFS: node}, JoinRedis: test.join, JoinFile: test.file}
			got, err := s.joining()
			if err != nil || got.Redis != test.want {
				t.Errorf("joining is told %q (%v), want %q", got.Redis, err, test.want)
			}
			if elsewhere := test.join != ""; elsewhere != (got.IPFS == "") {
				t.Errorf("joining is told of Kubo at %q, want that where Redis is the scheduler's own only", got.IPFS)
			}
		})
	}
}

func TestPasswordOfTheDatabase(t *testing.T) {
	file := secretFile(t, "secret")
	for url, want := range map[string]string{
		"postgresql://artdag@db/artdag":  "postgresql://artdag:secret@db/artdag",
		"sqlite:///var/lib/a/catalog.db": "sqlite:///var/lib/a/catalog.db",
	} {
		got, err := SchedulerSettings{Database: url, DatabaseFile: file}.database()
		if err != nil || got != want {
			t.Errorf("%s is opened as %q (%v), want %q", url, got, err, want)
		}
	}
}

func TestABlankSecretLeavesTheSetting(t *testing.T) {
	r, err := Shared{Redis: "redis://:set@redis/0", RedisFile: secretFile(t, "")}.redis()
	if err != nil || r.options.Password != "set" {
		t.Errorf("the password is %q (%v), want the one of the URL", r.options.Password, err)
	}
}
