package executor

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/sandbox"
)

// Command runs a program of the user's in the sandbox: a tool that is installed
// on every machine of the farm, or a script that is an input. There is no
// shell: argv is a list of arguments.
//
// In each argument {in[0]} stands for the path of an input by its number,
// {in.name} by its name, {out} for the path of the one output, {out.name} for
// one of several, {scratch} for the folder that the program works in; {{ and }}
// are braces. An argument that is nothing but an input that is a list becomes
// an argument per file. An input as first argument is the script to run.
//
// The program answers for being deterministic; version in the config stands
// for what the recipe does not show of it.
type Command struct{ Declared }

var _ Executor = Command{}

// NewCommand returns the type.
func NewCommand() Command {
	return Command{Declare(Spec{
		Name: "COMMAND", Version: 1,
		Doc:   "Runs a program on its inputs, in the sandbox.",
		Arity: dag.Arity{Rest: &dag.Slot{Name: "in", Doc: "what the program reads"}, Named: true},
		Keys: []Key{
			{Name: "argv", Type: List, Required: true, MinLen: 1, Elem: &Key{Type: String},
				Doc: "the program and its arguments, with {in[0]}, {in.name}, {out}, {out.name}, {scratch}; {{ and }} are braces"},
			{Name: "outputs", Type: List, Also: []KeyType{String}, MinLen: 1, Elem: &Key{Type: String}, Default: "output",
				Doc: "the file that the program writes, or a list of several: plain names with an extension; an output goes by its name without it"},
			{Name: "kind", Type: Choice, Choices: []string{"video", "audio", "image", "data"}, Default: "data", Doc: "what each output is"},
			{Name: "env", Type: Object, Doc: "environment variables, as a map of strings"},
			{Name: "timeout", Type: Number, Unit: "s", Above: Bound(0), Doc: "how long it may take"},
			{Name: "memory", Type: Integer, Unit: "MiB", Min: Bound(16), Doc: "how much memory its processes may hold together"},
			{Name: "processes", Type: Integer, Min: Bound(1), Doc: "how many processes it may be at once"},
			{Name: "version", Type: String, Also: []KeyType{Number}, Doc: "raise it when a program outside the recipe changed"},
			slotsKey(),
		},
		Example: `{argv: [convert, "{in[0]}", -negate, "{out}"], outputs: negative.png, kind: image}`,
	})}
}

// slotsKey holds the names of named inputs, in the order of the inputs. They
// are part of the step's identity.
func slotsKey() Key {
	return Key{Name: "slots", Type: List, Elem: &Key{Type: String}, Doc: "names of the inputs in order; written by the planner"}
}

type commandConfig struct {
	Argv      []string
	Outputs   any
	Kind      dag.Kind
	Env       map[string]string
	Memory    int64
	Processes int
	Slots     []string
}

// Normalize checks what the declaration cannot say: the environment, the names
// of the outputs and the placeholders.
func (c Command) Normalize(config map[string]any) (map[string]any, error) {
	rest := maps.Clone(config)
	delete(rest, "env")
	out, err := c.Declared.Normalize(rest)
	if err != nil {
		return nil, err
	}
	decoded, err := Decode[commandConfig](out)
	if err != nil {
		return nil, err
	}
	faults := slices.Concat(envFaults(config["env"]), outputFaults(decoded.names()), decoded.argvFaults())
	if env, ok := config["env"].(map[string]any); ok && len(env) > 0 {
		out["env"] = maps.Clone(env)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return out, nil
}

func envFaults(value any) (faults dag.ConfigErrors) {
	env, ok := value.(map[string]any)
	if !ok && value != nil {
		return dag.ConfigErrors{{Path: []string{"env"}, Message: "want a map of strings, got " + show(value)}}
	}
	for _, name := range sortedKeys(env) {
		if text, ok := env[name].(string); !ok || strings.ContainsRune(text, 0) {
			faults = append(faults, dag.ConfigError{Path: []string{"env", name}, Message: "want a string, got " + show(env[name])})
		}
		if !isVariable(name) {
			faults = append(faults, dag.ConfigError{Path: []string{"env", name}, Message: "want a name of letters, digits and _", Unknown: true})
		}
	}
	return faults
}

func isVariable(name string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
	return name != "" && strings.Trim(name, letters+"0123456789") == "" && strings.ContainsRune(letters, rune(name[0]))
}

// Output is the declared kind.
func (c Command) Output(config map[string]any, _ []dag.Kind) dag.Kind {
	kind, _ := config["kind"].(string)
	_, one := config["outputs"].(string)
	if !one && dag.Kind(kind) == dag.Image {
		return dag.Images
	}
	return dag.Kind(kind)
}

// Expect states the names of the outputs; what they will hold only the program
// knows. A placeholder for an input that is not there is an error.
func (c Command) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	decoded, err := Decode[commandConfig](config)
	if err != nil {
		return dag.Expectation{}, err
	}
	for i, argument := range decoded.Argv {
		for _, p := range placeholders(argument) {
			if at, ok := p.input(decoded.Slots); p.isInput() && (!ok || at >= len(inputs)) {
				return dag.Expectation{}, fmt.Errorf("argv.%d: there is no input %s; there are %s", i, p, inputNames(decoded.Slots, len(inputs)))
			}
		}
	}
	want := dag.Expectation{Slots: 1, Cost: 5, Multi: decoded.multi()}
	if want.Multi {
		for _, name := range decoded.names() {
			want.Members = append(want.Members, stem(name))
		}
	}
	return want, nil
}

// Execute runs the program and collects its outputs.
func (c Command) Execute(ctx context.Context, req Request) (Result, error) {
	config, err := Decode[commandConfig](req.Config)
	if err != nil {
		return Result{}, err
	}
	out := filepath.Join(req.Scratch, "out")
	if err := os.Mkdir(out, 0o755); err != nil {
		return Result{}, err
	}
	argv, err := config.expand(req, out)
	if err != nil {
		return Result{}, err
	}
	err = req.Run.Run(ctx, sandbox.Command{
		Tool: argv[0], Args: argv[1:], Dir: req.Scratch, Read: inputPaths(req.Inputs), Env: environ(config.Env),
		Stdout: req.Log, Stderr: req.Log, Memory: config.Memory << 20, Processes: config.Processes,
	})
	if err != nil {
		return Result{}, err
	}
	return config.collect(ctx, req)
}

func environ(env map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		all = append(all, name+"="+env[name])
	}
	return all
}

// inputPaths returns the files of all inputs.
func inputPaths(inputs []File) []string {
	var paths []string
	for _, in := range inputs {
		if in.Path != "" {
			paths = append(paths, in.Path)
		}
		paths = append(paths, inputPaths(in.Members)...)
	}
	return paths
}
