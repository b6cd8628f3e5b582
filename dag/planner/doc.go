// Package planner expands a recipe into a plan.
//
//	recipe --Check--> faults                 what needs no input: types, arity, kinds,
//	                                         expressions, constant configs
//	recipe, contents, params, analysis
//	       --Plan--> dag.Plan                nodes in topological order, each into steps
//
// Both work on the nodes compiled once (program.go): expressions against a
// typed environment, configs into a tree that is constant where it can be.
// Then Plan goes over the nodes:
//
//	elements of for_each  ->  for each: config evaluated, inputs bound
//	  -> Normalize (defaults, refusals)      the type's, as data
//	  -> canonical JSON -> cache_id          dag
//	  -> Expect from the inputs' facts       members, slots, cost; or why it cannot work
//
// What stands behind a name is a group: one thing, or several in order. A
// group of several goes only where a type takes any number. SWITCH and when
// decide between groups and leave no step.
//
// Where any number is taken, a step with several outputs whose names are known
// counts as that many inputs, one per member; with names unknown it is one
// input that is a list. A fixed slot takes one file: a step with several
// outputs fits if it has exactly one. What a when dropped, and an optional
// input that was not given, vanish where any number is taken; elsewhere they
// are a fault, because the recipe would mean something else without them.
//
// Expressions read params.NAME, analysis.NAME.FIELD, inputs.NAME (kind, count
// of files, hash of the first) and, in a fan-out, item and index.
//
// All nodes are expanded and checked, those that no output needs as well; the
// plan holds what the outputs need, each cache_id once. With Until it is the
// plan of the recipe that asks for that node alone, and its identities say so.
//
// A config with expressions is normalised without them by Check, which reports
// unknown keys and values that break their own declaration; what keys say of
// one another waits until all are known.
//
// Everything is pure: the same request gives the same plan, byte for byte.
package planner
