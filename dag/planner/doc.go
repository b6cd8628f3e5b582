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
// Everything is pure: the same request gives the same plan, byte for byte.
package planner
