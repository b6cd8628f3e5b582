package executor_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
	"github.com/artdag/artdag/executor/sandbox"
)

func written(t *testing.T, name, text string) executor.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o444); err != nil {
		t.Fatal(err)
	}
	return executor.File{Path: path, Name: name}
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCommandPlaceholders(t *testing.T) {
	t.Parallel()
	a, b := written(t, "a.txt", "aaa"), written(t, "b.txt", "bbb")
	list := executor.File{Members: []executor.File{a, b}}
	for name, test := range map[string]struct {
		config config
		inputs []executor.File
		want   string
	}{
		"by number": {config{"argv": []any{"cp", "{in[1]}", "{out}"}}, []executor.File{a, b}, "bbb"},
		"by name": {config{"argv": []any{"cp", "{in.left}", "{out}"}, "slots": []any{"left", "right"}},
			[]executor.File{a, b}, "aaa"},
		"braces and no shell": {config{"argv": []any{"perl", "-e", `open F, ">", $ARGV[0]; print F "$ARGV[1]"`, "{out}", "{{x}} $(id) *"}}, nil, "{x} $(id) *"},
		"environment":         {config{"argv": []any{"perl", "-e", `open F, ">", $ARGV[0]; print F $ENV{{"MODE"}`, "{out}"}, "env": config{"MODE": "quick"}}, nil, "quick"},
		"part of an argument": {config{"argv": []any{"dd", "if={in[0]}", "of={out}"}}, []executor.File{a}, "aaa"},
		"a list":              {config{"argv": []any{"perl", "-e", `open F, ">", $ARGV[0]; print F scalar(@ARGV)`, "{out}", "{in[0]}"}}, []executor.File{list}, "3"},
		"a script": {config{"argv": []any{"{in.script}", "{in.text}", "{out}"}, "slots": []any{"script", "text"}},
			[]executor.File{written(t, "script.sh", "#!/bin/sh\necho temporary > \"$HOME/t\"; tr a z < \"$1\" > \"$2\"\n"), a}, "zzz"},
		"the working folder": {config{"argv": []any{"sh", "-c", `test "$PWD" = "$1" && cp "$2" out/output`, "sh", "{scratch}", "{in[0]}"}}, []executor.File{a}, "aaa"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := et.Run(t, executor.NewCommand(), test.config, test.inputs...)
			if got := content(t, result.Path); got != test.want {
				t.Errorf("%v wrote %q, want %q", test.config["argv"], got, test.want)
			}
		})
	}
}

func TestCommandSeveralOutputs(t *testing.T) {
	t.Parallel()
	c := config{"argv": []any{"sh", "-c", `echo 1 > "$1"; echo 2 > "$2"`, "sh", "{out.right}", "{out.left}"},
		"outputs": []any{"right.txt", "left.txt"}}
	result := et.Run(t, executor.NewCommand(), c)
	if len(result.Members) != 2 || result.Members[0].Name != "left" || content(t, result.Members[1].Path) != "1\n" {
		t.Errorf("got %+v", result.Members)
	}
}

func TestCommandMeasuresMedia(t *testing.T) {
	t.Parallel()
	c := config{"argv": []any{"ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x36:rate=25:duration=1", "{out}"},
		"outputs": "clip.mkv", "kind": "video"}
	e := executor.NewCommand()
	result := et.Run(t, e, c)
	if result.MediaType != "video/x-matroska" || result.Facts.Video == nil || result.Facts.Video.Width != 64 {
		t.Errorf("got %s, %+v", result.MediaType, result.Facts)
	}
	c["kind"] = "audio"
	if _, err := et.Try(t, e, c); err == nil || !strings.Contains(err.Error(), "clip.mkv is video, not audio") {
		t.Errorf("a wrong kind: got %v", err)
	}
}

func TestCommandRefusesConfigs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config config
		want   string
	}{
		"no argv":          {config{}, "argv is missing"},
		"placeholder":      {config{"argv": []any{"cp", "{input}"}}, "there is no {input}"},
		"open brace":       {config{"argv": []any{"cp", "{out"}}, "not closed"},
		"suggests":         {config{"argv": []any{"cp", "{in.txet}"}, "slots": []any{"text"}}, "{in.text}"},
		"out of several":   {config{"argv": []any{"cp", "{out}"}, "outputs": []any{"a.txt"}}, "{out.a}"},
		"a path":           {config{"argv": []any{"/bin/sh"}}, "plain name of a program"},
		"output elsewhere": {config{"argv": []any{"cp"}, "outputs": "../up"}, "plain file name"},
		"one name twice":   {config{"argv": []any{"cp"}, "outputs": []any{"a.txt", "a.png"}}, "two outputs are named a"},
		"environment":      {config{"argv": []any{"cp"}, "env": config{"A B": 1.0}}, "env.A B: want a string"},
		"unknown key":      {config{"argv": []any{"cp"}, "shell": true}, "unknown key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := executor.NewCommand().Normalize(test.config)
			var faults dag.ConfigErrors
			if !errors.As(err, &faults) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a fault with %q", err, test.want)
			}
		})
	}
}

func TestCommandFailures(t *testing.T) {
	t.Parallel()
	secret := written(t, "secret", "secret")
	for name, test := range map[string]struct {
		config config
		want   string
	}{
		"exit code":      {config{"argv": []any{"sh", "-c", "echo because >&2; exit 3"}}, "exit code 3"},
		"nothing made":   {config{"argv": []any{"true"}, "outputs": "film.mkv"}, "film.mkv was not written"},
		"a link":         {config{"argv": []any{"ln", "-s", secret.Path, "{out}"}}, "a link"},
		"a linked place": {config{"argv": []any{"sh", "-c", `rmdir out; ln -s "$1" out`, "sh", filepath.Dir(secret.Path)}, "outputs": "secret"}, "a link"},
		"no such input":  {config{"argv": []any{"cp", "{in[3]}", "{out}"}}, "there is no input {in[3]}"},
		"too slow":       {config{"argv": []any{"sleep", "1000"}, "timeout": 0.3}, "timeout"},
		"too much":       {config{"argv": []any{"perl", "-e", `push @all, "x" x (4<<20) while 1`}, "memory": 100.0}, "more than 100 MiB"},
		"too many":       {config{"argv": []any{"sh", "-c", "while :; do sleep 1000 & done"}, "processes": 10.0}, "more than 10 processes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := et.Try(t, executor.NewCommand(), test.config)
			var failure *executor.Failure
			if !errors.As(err, &failure) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a failure with %q", err, test.want)
			}
		})
	}
	_, err := et.Try(t, executor.NewCommand(), config{"argv": []any{"no-such-program"}})
	if !errors.Is(err, sandbox.ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
}
