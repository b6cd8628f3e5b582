package engine

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/artdag/artdag/executor/sandbox"
)

// Toolchain names the tools that results come from: "ffmpeg version 5.1.6
// Copyright ...; amd64", for BLENDER "Blender 3.4.1; ffmpeg ...". The same
// step gives the same bytes within one toolchain. A tool is asked once. It is
// safe for concurrent use.
type Toolchain struct {
	ffmpeg, blender func() string
}

// NewToolchain returns the toolchain of the tools that run runs.
func NewToolchain(run sandbox.Runner) *Toolchain {
	return &Toolchain{
		ffmpeg:  sync.OnceValue(func() string { return toolVersion(run, "ffmpeg", "-version") }),
		blender: sync.OnceValue(func() string { return toolVersion(run, "blender", "--version") }),
	}
}

// Of returns the fingerprint for a step type, "SEGMENT". Tools that are not
// installed do not appear.
func (t *Toolchain) Of(stepType string) string {
	if stepType == "BLENDER" {
		return t.With(t.blender())
	}
	return t.With("")
}

// With returns the fingerprint of what was made by a tool that said itself what
// it is, and spared the question: "Blender 3.4.1", or empty.
func (t *Toolchain) With(tool string) string {
	var known []string
	for _, part := range []string{tool, t.ffmpeg(), runtime.GOARCH} {
		if part != "" {
			known = append(known, part)
		}
	}
	return strings.Join(known, "; ")
}

// toolVersion returns the first line that the tool says about itself. The
// context is its own: the answer is shared by all steps, and one of them being
// stopped must not spoil it for the others.
func toolVersion(run sandbox.Runner, tool, flag string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	dir, err := os.MkdirTemp("", "artdag-")
	if err != nil {
		return ""
	}
	defer os.RemoveAll(dir)
	var out bytes.Buffer
	if err := run.Run(ctx, sandbox.Command{Tool: tool, Args: []string{flag}, Dir: dir, Stdout: &out}); err != nil {
		return ""
	}
	line, _, _ := strings.Cut(out.String(), "\n")
	return strings.TrimSpace(line)
}
