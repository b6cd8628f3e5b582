package executor_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
	"github.com/artdag/artdag/executor/sandbox"
)

// render is one line of the determinism table: a step whose bytes must be the
// same under every condition.
type render struct {
	name   string
	step   executor.Executor
	config config
	inputs []executor.File
}

// renders is the table. Every type, every delivery with quality and with
// bitrate, and every shipped effect has a line, here or in a function beside
// the tests of its type.
func renders(t *testing.T) []render {
	clip := small(t, func(c *et.Clip) { c.Size = "96x72"; c.Seconds = 0.4 })
	source := small(t, func(c *et.Clip) { c.Seconds = 2; c.Rate = 44100; c.Options = h264(); c.Name = "a.mp4" })
	return slices.Concat(generateRenders(), editRenders(clip, source), encodeRenders(clip), pictureRenders(t, clip, source))
}

func generateRenders() []render {
	var out []render
	for kind, more := range map[string]config{
		"color": {"color": "teal", "fade_in": 0.1}, "testsrc": nil, "mandelbrot": {"zoom": 50}, "life": {"seed": 4},
		"text": {"text": "Grüße,\n%{localtime}", "text_color": "orange"},
	} {
		c := config{"kind": kind, "size": "96x72", "duration": 0.25}
		for k, v := range more {
			c[k] = v
		}
		out = append(out, render{"GENERATE " + kind, executor.NewGenerate(), c, nil})
	}
	for _, kind := range []string{"tone", "silence"} {
		out = append(out, render{"GENERATE " + kind, executor.NewGenerate(), config{"kind": kind, "duration": 0.25}, nil})
	}
	return out
}

func editRenders(clip, source executor.File) []render {
	files := func(f ...executor.File) []executor.File { return f }
	return []render{
		{"SEGMENT", executor.NewSegment(), config{"offset": 0.1, "duration": 0.2}, files(clip)},
		{"SEGMENT of a source", executor.NewSegment(), config{"offset": 1.1, "duration": 0.3}, files(source)},
		{"SEQUENCE", executor.NewSequence(), nil, files(clip, clip)},
		{"SEQUENCE of unlike inputs", executor.NewSequence(), config{"target_size": "largest"}, files(clip, source)},
		{"SEQUENCE crossfade", executor.NewSequence(), config{"transition": "crossfade", "duration": 0.16}, files(clip, clip)},
		{"SEQUENCE radial", executor.NewSequence(), config{"transition": "radial", "duration": 0.16}, files(clip, clip)},
		{"MUX", executor.NewMux(), config{"offset": 0.5}, files(clip, source)},
	}
}

func encodeRenders(clip executor.File) []render {
	var out []render
	for _, format := range []string{"h264", "h265", "vp9", "av1", "prores", "gif", "mp3", "flac", "wav"} {
		out = append(out, render{"ENCODE " + format, executor.NewEncode(), config{"format": format}, []executor.File{clip}})
	}
	for _, format := range []string{"h264", "h265", "vp9", "av1", "mp3"} {
		out = append(out, render{"ENCODE " + format + " bitrate", executor.NewEncode(), config{"format": format, "bitrate": "128k"}, []executor.File{clip}})
	}
	return append(out, render{"ENCODE av1 webm", executor.NewEncode(), config{"format": "av1", "container": "webm"}, []executor.File{clip}})
}

// conditions under which the bytes must be the same.
func conditions() map[string]func(sandbox.Command) sandbox.Command {
	return map[string]func(sandbox.Command) sandbox.Command{
		"again": func(c sandbox.Command) sandbox.Command { return c },
		"one core": func(c sandbox.Command) sandbox.Command {
			c.Args = append([]string{"0x1", c.Tool}, c.Args...)
			c.Tool = "taskset"
			return c
		},
		"7 filter threads": func(c sandbox.Command) sandbox.Command {
			for i, arg := range c.Args {
				if arg == "-filter_threads" || arg == "-filter_complex_threads" {
					c.Args[i+1] = "7"
				}
			}
			return c
		},
		"without AVX-512": withoutCPU("-avx512-avx512icl"),
		"elsewhere": func(c sandbox.Command) sandbox.Command {
			c.Env = append(slices.Clone(c.Env), "TZ=Asia/Kathmandu", "LANG=tr_TR.UTF-8", "LC_ALL=de_DE.UTF-8", "HOME=/tmp")
			return c
		},
	}
}

func withoutCPU(flags string) func(sandbox.Command) sandbox.Command {
	return func(c sandbox.Command) sandbox.Command {
		if c.Tool == "ffmpeg" {
			c.Args = append([]string{"-cpuflags", flags}, c.Args...)
		}
		return c
	}
}

func TestDeterminism(t *testing.T) {
	t.Parallel()
	listed := listedDifferences(t)
	all := renders(t)
	for _, r := range all {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			want := r.bytes(t, func(c sandbox.Command) sandbox.Command { return c })
			for name, change := range conditions() {
				if got := r.bytes(t, change); got != want {
					t.Errorf("%s: other bytes", name)
				}
			}
			differs := r.bytes(t, withoutCPU("-avx512-avx512icl-avx2-fma3-fma4-avx")) != want
			if differs != slices.Contains(listed, r.name) {
				t.Errorf("without AVX2 other bytes: %v; docs/determinism.md says %v", differs, !differs)
			}
		})
	}
	for _, name := range listed {
		if !slices.ContainsFunc(all, func(r render) bool { return r.name == name }) {
			t.Errorf("docs/determinism.md lists %s, which no render here is named", name)
		}
	}
}

// bytes renders in a scratch folder of its own and hashes all outputs.
func (r render) bytes(t *testing.T, change func(sandbox.Command) sandbox.Command) string {
	t.Helper()
	result, err := et.TryWith(t, et.Changing(et.Sandbox(t), change), r.step, r.config, r.inputs...)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{result.Path}
	if len(result.Members) > 0 {
		paths = nil
	}
	for _, m := range result.Members {
		paths = append(paths, m.Path)
	}
	hash := sha256.New()
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		hash.Write(data)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// listedDifferences reads the steps that the documentation admits to differ on
// CPUs without AVX2.
func listedDifferences(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("../docs/determinism.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(data), "## Without AVX2\n")
	if !found {
		t.Fatal("docs/determinism.md has no section Without AVX2")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var names []string
	for _, match := range regexp.MustCompile("(?m)^- `([^`]+)`").FindAllStringSubmatch(section, -1) {
		names = append(names, match[1])
	}
	return names
}
