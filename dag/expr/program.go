package expr

import (
	"fmt"
	"maps"
	"sync"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	code  *vm.Program
	paths []path
	// integers are the names at the root of the scope that are declared so.
	integers []string
	pool     sync.Pool // of *evaluation
}

// Compile checks an expression against the names and types in scope and
// compiles it. The error is *Error.
func Compile(source string, env Env) (p *Program, err error) {
	// A panic inside the library is a fault of the expression that caused it,
	// not the end of a process that serves others.
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, &Error{Message: fmt.Sprintf("the expression cannot be read: %v", r)}
		}
	}()
	return compile(source, env)
}

func compile(source string, env Env) (*Program, error) {
	if fault := scan(source); fault != nil {
		return nil, fault
	}
	config := configure(env)
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return nil, translate(err)
	}
	p := &Program{}
	var fault *Error
	if p.paths, fault = checkNames(tree.Node, env); fault != nil {
		return nil, fault
	}
	remainders(&tree.Node)
	if _, err := checker.Check(tree, config); err != nil {
		return nil, translate(err)
	}
	guard(&tree.Node)
	if p.code, err = compiler.Compile(tree, config); err != nil {
		return nil, translate(err)
	}
	for name, t := range env {
		if t.Kind == Integer {
			p.integers = append(p.integers, name)
		}
	}
	return p, nil
}

// configure declares the names and the functions, and no builtin but those
// that take a predicate.
func configure(env Env) *conf.Config {
	config := conf.CreateNew()
	declared := make(types.Map, len(env)+1)
	for name, t := range env {
		declared[name] = t.native()
	}
	config.WithEnv(declared)
	config.Optimize = false // folding would wrap integers and drop errors
	config.MaxNodes = MaxNodes
	for name, f := range config.Builtins {
		if !f.Predicate {
			config.Disabled[name] = true
			delete(config.Builtins, name)
		}
	}
	config.Functions = maps.Clone(functionTable)
	return config
}

// evaluation is what one run of a program needs; kept for the next.
type evaluation struct {
	machine vm.VM
	env     map[string]any
	limits  limits
}

// Eval returns the value in the given scope, which holds every name that the
// program was compiled for: float64, string, bool, []any or map[string]any,
// each new. The error is *Error and shows the values that the expression read.
func (p *Program) Eval(scope Scope) (any, error) {
	e, ok := p.pool.Get().(*evaluation)
	if !ok {
		e = &evaluation{env: make(map[string]any, len(scope)+1)}
		e.machine.MemoryBudget = MaxList + 1 // the budget itself is refused
	}
	value, fault := e.run(p, scope)
	if fault != nil {
		fault.Message += values(p.paths, scope)
		return nil, fault // e may hold large intermediate values: let it go
	}
	p.pool.Put(e)
	return value, nil
}

func (e *evaluation) run(p *Program, scope Scope) (any, *Error) {
	e.limits = limits{}
	maps.Copy(e.env, scope)
	for _, name := range p.integers {
		if f, ok := e.env[name].(float64); ok {
			e.env[name] = int(f)
		}
	}
	e.env[limitsName] = &e.limits
	raw, err := e.machine.Run(p.code, e.env)
	if err != nil {
		return nil, translate(err)
	}
	value, err := e.limits.result(raw)
	if err != nil {
		return nil, &Error{Message: err.Error()}
	}
	return value, nil
}

// functionTable is what the checker and the compiler look functions up in.
var functionTable = func() conf.FunctionsTable {
	table := conf.FunctionsTable{}
	for name, f := range functions {
		table[name] = &builtin.Function{Name: name, Types: f.types, Func: refuse}
		table["$"+name] = &builtin.Function{Name: name, Func: limited(f.call)}
	}
	for name, call := range operators {
		table["$"+name] = &builtin.Function{Name: name, Func: limited(call)}
	}
	return table
}()
