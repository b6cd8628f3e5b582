package servicetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// needServices skips the test where the environment says that there are no
// servers to test with.
func needServices(t testing.TB) {
	t.Helper()
	if os.Getenv("ARTDAG_SKIP_SERVICES") == "1" {
		t.Skip("ARTDAG_SKIP_SERVICES=1: tests against real servers are skipped")
	}
}

// missing is the error for a program that is not installed.
func missing(program, from string) error {
	return fmt.Errorf("%s is not installed: it comes with %s; run: make test-tools", program, from)
}

// program returns the path of a program of the package.
func program(name, from string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", missing(name, from)
	}
	return path, nil
}

// postgresProgram returns the path of a server program, which Debian keeps off
// the PATH, one folder a version: the newest one.
func postgresProgram(name string) (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is well formed
	if len(found) > 0 {
		return found[len(found)-1], nil
	}
	return program(name, "the package postgresql")
}

// kuboProgram returns the path of the ipfs command that make builds.
func kuboProgram() (string, error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "tools", "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			return "", missing("ipfs", "the module in tools")
		}
	}
	path := filepath.Join(root, ".tools", "bin", "ipfs")
	if _, err := os.Stat(path); err != nil {
		return "", missing(path, "the module in tools")
	}
	return path, nil
}
