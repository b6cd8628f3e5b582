package sandbox

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// family returns a process and all its descendants. In a PID namespace, and
// below a subreaper, an orphan stays in the family.
func family(pid int) []int {
	members := []int{pid}
	for i := 0; i < len(members); i++ {
		members = append(members, children(members[i])...)
	}
	return members
}

func children(pid int) []int {
	lists, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	var all []int
	for _, list := range lists {
		text, _ := os.ReadFile(list) // a thread that has just ended has none
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

// memoryOf returns the bytes that the processes hold together and that cannot
// be read again from a file: anonymous and shared memory.
func memoryOf(pids []int) int64 {
	var sum int64
	for _, pid := range pids {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
		if err != nil {
			continue // it has just ended
		}
		for line := range bytes.Lines(text) {
			sum += kibibytes(line, "RssAnon:") + kibibytes(line, "RssShmem:") + kibibytes(line, "VmSwap:")
		}
	}
	return sum
}

// kibibytes reads "RssAnon:   1234 kB" as bytes; another line is 0.
func kibibytes(line []byte, name string) int64 {
	rest, found := strings.CutPrefix(string(line), name)
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(fields[0], 10, 64)
	return n << 10
}

// machineMemory returns the bytes of memory of this machine.
func machineMemory() int64 {
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		return 1 << 40
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if total := kibibytes(lines.Bytes(), "MemTotal:"); total > 0 {
			return total
		}
	}
	return 1 << 40
}
