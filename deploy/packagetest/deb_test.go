package packagetest

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func deb(t *testing.T) string {
	t.Helper()
	return filepath.Join(release(t), "artdag_1.2.0~rc1_"+runtime.GOARCH+".deb")
}

func TestPackageSaysWhatItIs(t *testing.T) {
	for field, want := range map[string]string{
		"Package": "artdag", "Version": "1.2.0~rc1", "Architecture": runtime.GOARCH, "Depends": "adduser, ffmpeg",
		"Recommends": "aubio-tools, bubblewrap", "Suggests": "blender, postgresql, redis-server",
	} {
		if got := strings.TrimSpace(run(t, nil, "dpkg-deb", "--field", deb(t), field)); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
}

// What is secret is root's alone, and nothing belongs to whoever built it.
func TestOwnersAndModesInThePackage(t *testing.T) {
	modes := make(map[string]string)
	for line := range strings.Lines(run(t, nil, "dpkg-deb", "--contents", deb(t))) {
		f := strings.Fields(line)
		modes[strings.TrimPrefix(f[5], ".")] = f[0]
		if f[1] != "root/root" {
			t.Errorf("%s belongs to %s", f[5], f[1])
		}
	}
	for path, want := range map[string]string{
		"/": "drwxr-xr-x", "/usr/bin/artdag": "-rwxr-xr-x", "/usr/bin/artdag-scheduler": "-rwxr-xr-x", "/usr/bin/artdag-worker": "-rwxr-xr-x",
		"/usr/lib/systemd/system/artdag-scheduler.service": "-rw-r--r--", "/usr/lib/systemd/system/artdag-worker.service": "-rw-r--r--",
		"/etc/artdag/scheduler.env": "-rw-------", "/etc/artdag/worker.env": "-rw-------", "/etc/artdag/secrets/": "drwx--x--x",
		"/usr/share/artdag/secrets.sh": "-rwxr-xr-x", "/usr/share/doc/artdag/copyright": "-rw-r--r--", "/usr/share/doc/artdag/operations.md": "-rw-r--r--",
	} {
		if modes[path] != want {
			t.Errorf("%s is %q, want %q", path, modes[path], want)
		}
	}
}

func TestUnpackedIntoAnEmptySystem(t *testing.T) {
	dir := t.TempDir()
	admin := filepath.Join(dir, "var", "lib", "dpkg")
	for _, folder := range []string{"updates", "info", "triggers"} {
		if err := os.MkdirAll(filepath.Join(admin, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"status", "available"} {
		if err := os.WriteFile(filepath.Join(admin, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, nil, "dpkg", "--root="+dir, "--log="+filepath.Join(dir, "log"), "--force-not-root", "--force-bad-path", "--force-script-chrootless", "--unpack", deb(t))
	run(t, nil, "dpkg", "--root="+dir, "--verify", "artdag")
	if got := run(t, nil, filepath.Join(dir, "usr", "bin", "artdag"), "version"); !strings.Contains(got, version) {
		t.Errorf("artdag version says %q, want %s in it", got, version)
	}
	for _, program := range []string{"artdag-scheduler", "artdag-worker"} {
		if got := run(t, nil, filepath.Join(dir, "usr", "bin", program), "--help"); !strings.Contains(got, "--worker-token-file") {
			t.Errorf("%s --help says %q", program, got)
		}
	}
	conffiles := strings.Fields(run(t, nil, "dpkg-query", "--admindir="+admin, "--show", "--showformat=${Conffiles}", "artdag"))
	for _, file := range []string{"/etc/artdag/scheduler.env", "/etc/artdag/worker.env"} {
		if !slices.Contains(conffiles, file) {
			t.Errorf("an upgrade would overwrite %s: conffiles are %v", file, conffiles)
		}
	}
}

func TestVersionsOfThePackageAreInOrder(t *testing.T) {
	dir := release(t)
	var last string
	for _, name := range []string{"b135775", "v1.0.0-alpha.1", "v1.0.0-rc1", "v1.0.0", "v1.0.0-3-gb135775", "v1.0.1"} {
		out := run(t, []string{"DEB_VERSION_ONLY=1"}, "deploy/deb.sh", dir, name, runtime.GOARCH)
		now := strings.TrimSpace(out)
		if last != "" {
			run(t, nil, "dpkg", "--compare-versions", last, "lt", now)
		}
		last = now
	}
	if last != "1.0.1" {
		t.Errorf("v1.0.1 is the version %q", last)
	}
}
