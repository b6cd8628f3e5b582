package servicetest

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// guardScript waits for a word or for the end of its input. The end without a
// word means that the test process died: the server is asked to end, killed if
// it does not, and its folder removed.
const guardScript = `
read -r word && exit 0
kill -s "$1" "$2"
n=0
while kill -0 "$2" 2>/dev/null && [ $n -lt 30 ]; do sleep 0.1; n=$((n + 1)); done
kill -s KILL "$2"
rm -rf "$3"
`

// guard is the shell beside a server that ends it should the tests be killed.
type guard struct {
	shell *exec.Cmd
	word  *os.File
}

func watch(pid int, by syscall.Signal, folder string) (*guard, error) {
	input, word, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	defer input.Close() // the shell has its own
	shell := exec.Command("sh", "-c", guardScript, "guard", strconv.Itoa(int(by)), strconv.Itoa(pid), folder)
	shell.Stdin = input
	setApart(shell)
	if err := shell.Start(); err != nil {
		_ = word.Close()
		return nil, fmt.Errorf("guard: %w", err)
	}
	return &guard{shell, word}, nil
}

// release tells the guard that its server has ended.
func (g *guard) release() error {
	if g == nil {
		return nil // it never started
	}
	defer g.word.Close() // only after the word
	if _, err := g.word.WriteString("ended\n"); err != nil {
		return fmt.Errorf("guard: %w", err)
	}
	if err := g.shell.Wait(); err != nil {
		return fmt.Errorf("guard: %w", err)
	}
	return nil
}
