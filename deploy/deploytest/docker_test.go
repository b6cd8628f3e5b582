package deploytest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// dockerScript does as docker and docker-compose do with the workers of one
// project, and writes down what it was asked.
const dockerScript = `#!/bin/sh
state=$(dirname "$0")
echo "$(basename "$0") $*" >>"$state/asked"
[ "$(basename "$0")" = docker-compose ] || {
	[ "$1" != inspect ] || { shift 3; for id in "$@"; do case $id in stopped*) echo false ;; *) echo true ;; esac; done; exit 0; }
	[ -e "$state/plugin" ] || exit 1
	shift
}
case $1 in
version) ;;
ps)
	n=$(cat "$state/workers") i=0
	echo stopped1
	while [ $i -lt "$n" ]; do echo "worker$i"; i=$((i + 1)); done
	;;
up)
	[ ! -e "$state/broken" ] || { echo "no space left" >&2; exit 1; }
	for arg in "$@"; do case $arg in worker=*) echo "${arg#worker=}" >"$state/workers" ;; esac; done
	;;
*) exit 64 ;;
esac
`

// engine is where that script stands, as docker and as docker-compose.
type engine struct {
	t   *testing.T
	dir string
}

// newEngine has so many workers. With the plugin docker knows compose.
func newEngine(t *testing.T, workers int, plugin bool) engine {
	t.Helper()
	e := engine{t, t.TempDir()}
	for _, name := range []string{"docker", "docker-compose"} {
		e.write(name, dockerScript)
	}
	e.write("workers", fmt.Sprintln(workers))
	if plugin {
		e.write("plugin", "")
	}
	return e
}

func (e engine) write(name, text string) {
	e.t.Helper()
	if err := os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o755); err != nil {
		e.t.Fatal(err)
	}
}

// path is a PATH on which it comes first.
func (e engine) path() string { return "PATH=" + e.dir + ":" + os.Getenv("PATH") }

func (e engine) workers() int {
	e.t.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, "workers"))
	if err != nil {
		e.t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return -1 // it is being written
	}
	return n
}

// asked returns the commands that hold a text.
func (e engine) asked(text string) []string {
	e.t.Helper()
	all, err := os.ReadFile(filepath.Join(e.dir, "asked"))
	if err != nil && !os.IsNotExist(err) {
		e.t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(all)) {
		if strings.Contains(line, text) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}
