package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/dustin/go-humanize"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/farm"
)

// app is one call of the program.
type app struct {
	ctx            context.Context
	env            map[string]string
	stdout, stderr io.Writer
}

// commands is the command line. Each command is one file.
type commands struct {
	Run     runCmd     `cmd:"" help:"Render a recipe."`
	Check   checkCmd   `cmd:"" help:"Validate a recipe without its inputs."`
	Plan    planCmd    `cmd:"" help:"Show every step of a recipe and whether its result is known."`
	Explain explainCmd `cmd:"" help:"Say why a step would run: what changed since the nearest cached one."`
	Analyze analyzeCmd `cmd:"" help:"Measure features of inputs."`
	Fmt     fmtCmd     `cmd:"" help:"Print a recipe in its standard form."`
	Types   typesCmd   `cmd:"" help:"List the step types, or describe one."`
	Effects effectsCmd `cmd:"" help:"List the effects, or describe one."`
	Schema  schemaCmd  `cmd:"" help:"Print the JSON Schema of recipes."`
	ID      idCmd      `cmd:"" name:"id" help:"Print the content hash and the cid of files."`
	Jobs    jobsCmd    `cmd:"" help:"List the jobs that ran on this cache, or a farm's."`
	Show    showCmd    `cmd:"" help:"Show one job and its steps."`
	Log     logCmd     `cmd:"" help:"Print what the tools of a step said."`
	Verify  verifyCmd  `cmd:"" help:"Re-hash what a job produced, or one content."`

	Up       upCmd       `cmd:"" group:"On a farm:" help:"A whole farm in this process: scheduler, workers and API."`
	Submit   submitCmd   `cmd:"" group:"On a farm:" help:"Have a farm render a recipe."`
	Status   statusCmd   `cmd:"" group:"On a farm:" help:"Say how far a job is."`
	Watch    watchCmd    `cmd:"" group:"On a farm:" help:"Show a job until it has ended."`
	Get      getCmd      `cmd:"" group:"On a farm:" help:"Download what a job made."`
	Cancel   cancelCmd   `cmd:"" group:"On a farm:" help:"Cancel jobs."`
	Retry    retryCmd    `cmd:"" group:"On a farm:" help:"Begin failed or cancelled jobs again."`
	Pause    pauseCmd    `cmd:"" group:"On a farm:" help:"Start no more steps of jobs."`
	Resume   resumeCmd   `cmd:"" group:"On a farm:" help:"Go on with paused jobs."`
	Priority priorityCmd `cmd:"" group:"On a farm:" help:"Change the priority of jobs."`
	Workers  workersCmd  `cmd:"" group:"On a farm:" help:"List the workers."`

	Backup  backupCmd  `cmd:"" group:"For operators:" help:"Write the catalog and the key of a farm, or of this cache, into one file."`
	Restore restoreCmd `cmd:"" group:"For operators:" help:"Read such a file into an empty catalog."`

	Cache   cacheCmd   `cmd:"" help:"Look into the cache and tidy it."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// shared are the flags of every command that uses the cache.
type shared struct {
	CacheDir  string `name:"cache-dir" env:"ARTDAG_CACHE_DIR" placeholder:"DIR" help:"Folder of the cache (default ~/.artdag/cache)."`
	CacheSize string `name:"cache-size" env:"ARTDAG_CACHE_SIZE" placeholder:"SIZE" help:"Bytes that it may take, e.g. 200GB (default 80% of the free disk)."`
	Effects   string `name:"effects" placeholder:"DIR" help:"Folder of further effects."`
}

// knownVariables are those that a farm shares; the command line reads some and
// must not trip over the others.
func knownVariables() []string { return farm.Variables() }

// environment keeps the variables that artdag reads.
func environment(env []string) map[string]string {
	out := make(map[string]string)
	for _, entry := range env {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "ARTDAG_") || name == "HOME" {
			out[name] = value
		}
	}
	return out
}

func (a *app) checkEnvironment() error {
	for name := range a.env {
		if strings.HasPrefix(name, "ARTDAG_") && !slices.Contains(knownVariables(), name) {
			return usagef("unknown environment variable %s%s; artdag reads %s",
				name, dag.Suggest(name, knownVariables()), strings.Join(knownVariables(), ", "))
		}
	}
	return nil
}

// run parses the arguments and carries the command out.
func (a *app) run(args []string) error {
	if err := a.checkEnvironment(); err != nil {
		return err
	}
	var commands commands
	asked, alone := false, len(args) == 0
	parser, err := kong.New(&commands, kong.Name("artdag"), kong.Bind(a),
		kong.Description("artdag renders recipes and never does the same work twice. Exit codes: 0 done, 1 a step failed, 2 invalid recipe, input or arguments, 3 a tool or service is missing, 4 interrupted."),
		kong.Writers(a.stdout, a.stderr), kong.Exit(func(int) { asked = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return err
	}
	if alone {
		parser.Stdout = a.stderr
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	switch {
	case alone:
		return usageError{errReported}
	case asked:
		return nil // the help was printed
	}
	if err != nil {
		return usageError{hinted(err)}
	}
	return parsed.Run()
}

// hinted says where to look, since a wrong flag is often a forgotten name.
func hinted(err error) error {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		return fmt.Errorf("%w; see %s --help", err, parse.Context.Selected().FullPath())
	}
	return fmt.Errorf("%w; see artdag --help", err)
}

// dir returns the folder of the cache.
func (s shared) dir(a *app) (string, error) {
	if s.CacheDir != "" {
		return filepath.Abs(s.CacheDir)
	}
	home := a.env["HOME"]
	if home == "" {
		var err error
		if home, err = os.UserHomeDir(); err != nil {
			return "", usagef("where is the cache? give --cache-dir (%v)", err)
		}
	}
	return filepath.Join(home, ".artdag", "cache"), nil
}

// limit returns the bytes that the cache may take, 0 for its own default.
func (s shared) limit() (int64, error) {
	if s.CacheSize == "" {
		return 0, nil
	}
	n, err := humanize.ParseBytes(s.CacheSize)
	if err != nil || n == 0 || n > 1<<62 {
		return 0, usagef("--cache-size %q: want bytes such as 200GB or 50GiB", s.CacheSize)
	}
	return int64(n), nil
}

// slots returns how many slots this machine has: one for each core unless told
// otherwise.
func slots(given positive) int {
	if given > 0 {
		return int(given)
	}
	return runtime.NumCPU()
}

func (a *app) printf(format string, args ...any) { fmt.Fprintf(a.stdout, format, args...) }
