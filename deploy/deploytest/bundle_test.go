package deploytest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// copied is the project as somebody else has it who cloned it.
func copied(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	const copying = `git ls-files -z | tar --null --files-from - --ignore-failed-read -cf - | tar -C "$0" -xf -`
	cmd := exec.Command("sh", "-c", copying, folder)
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("copy the project: %v\n%s", err, out)
	}
	return folder
}

// A bundle has what a farm is started with, and nothing that is secret on the
// machine where it was made.
func TestBundleHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	folder := copied(t)
	for _, file := range []string{"deploy/secrets/worker_token", "deploy/tls/certs/key.pem", "deploy/tls/certs/ca.key"} {
		if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(file)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, file), []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := engine{t, t.TempDir()}
	e.write("docker", "#!/bin/sh\n[ \"$1\" = save ]\n") // it has no images to look at
	cmd := exec.CommandContext(t.Context(), "deploy/bundle.sh", "out")
	cmd.Dir, cmd.Env = folder, append(os.Environ(), e.path(), "ARTDAG_VERSION=v1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("bundle.sh: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), "tar", "-tf", filepath.Join(folder, "out", "artdag-bundle-v1.tar")).Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, want := range []string{"install.sh", "docker-compose.yml", "deploy/secrets.sh", "deploy/compose.tls.yml", "deploy/tls/Caddyfile", "deploy/tls/certificates.sh"} {
		if !slices.Contains(files, "artdag-bundle-v1/"+want) {
			t.Errorf("the bundle lacks %s: %q", want, files)
		}
	}
	for _, file := range files {
		if strings.Contains(file, "/secrets/") || strings.HasSuffix(file, ".key") || strings.HasSuffix(file, ".pem") {
			t.Errorf("the bundle holds %s", file)
		}
	}
}
