package sandbox

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAToolSeesNothingOfTheUsers(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		home, err := os.UserHomeDir()
		if err != nil {
			t.Fatal(err)
		}
		secret := filepath.Join(t.TempDir(), "secret")
		write(t, secret, "secret")
		paths := []string{"/etc/passwd", "/var", secret}
		if !within(secret, home) { // else its name is there, as a folder on the way
			paths = append(paths, home)
		}
		for _, path := range paths {
			if out, err := shell(t, s, `cat "$P" || ls "$P/."`, func(cmd *Command) { cmd.Env = []string{"P=" + path} }); err == nil {
				t.Errorf("%s can be read: %s", path, out)
			}
		}
	})
}

func TestAToolReadsWhatItIsGiven(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		given := filepath.Join(t.TempDir(), "given")
		write(t, given, "text")
		out, err := shell(t, s, `cat "$P"; echo more >> "$P" || echo refused`, func(cmd *Command) {
			cmd.Env, cmd.Read = []string{"P=" + given}, []string{given}
		})
		if err != nil || !strings.HasPrefix(out, "text") || !strings.HasSuffix(out, "refused\n") {
			t.Errorf("got %q, %v", out, err)
		}
	})
}

// Inputs are hard links to what must never change.
func TestAToolCannotChangeAnInput(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		for _, place := range []string{"in", ".", "../beside"} {
			dir := t.TempDir()
			work, kept := filepath.Join(dir, "work"), filepath.Join(dir, "kept")
			folder := filepath.Join(work, place)
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(work, 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, kept, "kept")
			if err := os.Chmod(kept, 0o444); err != nil {
				t.Fatal(err)
			}
			link := filepath.Join(folder, "link")
			if err := os.Link(kept, link); err != nil {
				t.Fatal(err)
			}
			out, _ := shell(t, s, `cat "$P"; echo x >> "$P"; chmod 777 "$P"; echo x >> "$P"; chmod 777 "$(dirname "$P")"; mv "$P" moved; echo x >> moved; rm "$P"`,
				func(cmd *Command) {
					cmd.Dir, cmd.Read, cmd.Env = work, []string{link}, []string{"P=" + link}
				})
			text, err := os.ReadFile(kept)
			info, statErr := os.Stat(kept)
			if err != nil || statErr != nil || string(text) != "kept" || info.Mode().Perm() != 0o444 {
				t.Errorf("an input at %s was changed to %q, mode %v (%v): %s", place, text, info.Mode(), err, out)
			}
			if !strings.HasPrefix(out, "kept") {
				t.Errorf("an input at %s could not be read: %s", place, out)
			}
		}
	})
}

func TestAToolHasNoNetwork(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	connect := fmt.Sprintf(`exec perl -MSocket -e '
		socket(S, PF_INET, %%s, 0) or die "socket: $!";
		connect(S, sockaddr_in(%d, inet_aton("127.0.0.1"))) or die "connect: $!"; print "connected"'`,
		listener.Addr().(*net.TCPAddr).Port)
	tcp, udp := fmt.Sprintf(connect, "SOCK_STREAM"), fmt.Sprintf(connect, "SOCK_DGRAM")
	if out, err := shell(t, newSandbox(t, Options{Without: []string{"bubblewrap", "landlock"}}), tcp, nil); err != nil {
		t.Fatalf("without confinement the network should be there: %s, %v", out, err)
	}
	each(t, func(t *testing.T, s *Sandbox) {
		if out, err := shell(t, s, tcp, nil); err == nil {
			t.Errorf("a tool reached the network: %s", out)
		}
		if out, err := shell(t, s, udp+` && test ! -e /proc/net/udp`, nil); err == nil && !isolated(s) {
			t.Errorf("a tool has a UDP socket: %s", out)
		}
	})
}

// isolated reports whether the tool has a network of its own, in which a
// socket reaches nothing.
func isolated(s *Sandbox) bool { return strings.HasPrefix(s.Kind(), "bubblewrap") }

func TestAToolSeesNoOtherProcess(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		line := fmt.Sprintf(`cat /proc/%d/cmdline /proc/[0-9]*/cmdline; kill -0 %d && echo rea''ched`, os.Getppid(), os.Getppid())
		out, _ := shell(t, s, line, nil)
		if strings.Contains(out, filepath.Base(os.Args[0])) || strings.Contains(out, "reached") {
			t.Errorf("a tool sees processes that are not its own: %q", out)
		}
	})
}

func TestAToolCannotFillMemoryThroughFolders(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, Options{})
	for _, folder := range []string{"/tmp", "/dev/shm", "/dev", "/", "/usr"} {
		out, err := shell(t, s, `head -c 300000000 /dev/zero > "$P/full"`, func(cmd *Command) { cmd.Env = []string{"P=" + folder} })
		if err == nil {
			t.Errorf("300 MB fit in %s: %s", folder, out)
		}
	}
}

func TestAToolMakesNoNamespaces(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		if out, err := shell(t, s, `unshare --user --mount true`, nil); err == nil {
			t.Errorf("a tool made namespaces of its own: %s", out)
		}
	})
}

func TestAThousandFiles(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		dir := t.TempDir()
		var files []string
		for i := range 1000 {
			file := filepath.Join(dir, fmt.Sprintf("%08d", i))
			write(t, file, "x")
			files = append(files, file)
		}
		out, err := shell(t, s, `cat "$P"/* | wc -c`, func(cmd *Command) { cmd.Read, cmd.Env = files, []string{"P=" + dir} })
		if err != nil || strings.TrimSpace(out) != "1000" {
			t.Errorf("got %q, %v, want 1000 bytes", out, err)
		}
	})
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
