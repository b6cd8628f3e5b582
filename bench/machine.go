package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// machine is what the figures were measured on.
type machine struct {
	When     time.Time         `json:"when"`
	CPU      string            `json:"cpu"`
	Cores    int               `json:"cores"`
	Memory   string            `json:"memory"`
	System   string            `json:"system"`
	Load     string            `json:"load"` // over 1, 5 and 15 minutes, before the first measurement
	Versions map[string]string `json:"versions"`
}

func thisMachine(ctx context.Context) machine {
	m := machine{
		When: time.Now().UTC().Truncate(time.Second), Cores: runtime.NumCPU(),
		CPU: field("/proc/cpuinfo", "model name"), Memory: field("/proc/meminfo", "MemTotal"),
		System: firstLine(ctx, "uname", "-srm"), Versions: map[string]string{"go": runtime.Version()},
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(text))[:3], " ")
	}
	for tool, option := range map[string]string{
		"ffmpeg": "-version", "bwrap": "--version", "blender": "--version", "make": "--version", "xargs": "--version",
	} {
		m.Versions[tool] = firstLine(ctx, tool, option)
	}
	return m
}

// String is the head of the table.
func (m machine) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores of %s, memory %s, %s, load %s\n", m.When.Format(time.DateOnly), m.Cores, m.CPU, m.Memory, m.System, m.Load)
	for _, tool := range []string{"go", "ffmpeg", "bwrap", "blender", "make", "xargs"} {
		fmt.Fprintf(&b, "  %s: %s\n", tool, m.Versions[tool])
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// field returns the value of the first line of that name in a file of /proc,
// or "unknown" on systems without.
func field(path, name string) string {
	text, _ := os.ReadFile(path) // none outside Linux
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func firstLine(ctx context.Context, tool string, args ...string) string {
	out, err := exec.CommandContext(ctx, tool, args...).Output()
	if err != nil {
		return "none"
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}
