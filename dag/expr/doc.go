// Package expr is the expression language of recipes: expr-lang/expr, cut down
// to what cannot run for long, grow large, or depend on anything but its
// arguments.
//
//	source --scan--> tokens --parse, check--> typed tree --guard--> program
//	                                                                  |
//	scope (inputs, params, analysis, item, index) --------------------+--> value
//
// scan refuses what is not part of the language before anything is built of
// it. The check is expr-lang's own, against the declared types, so a misspelt
// name is found before anything is measured. guard then rewrites the tree: a
// counter goes into every predicate, and each operator whose cost or result
// grows with its operands becomes a function that counts. So an evaluation ends
// after a bounded amount of work, about 10^6 iterations of a small predicate,
// with at most 10^6 elements in a list and 64 KiB in a string. Counting
// instead of timing makes a recipe as valid on a slow machine as on a fast one.
//
// Functions, beside the operators of expr-lang (without matches):
//
//	len abs ceil floor round int float string
//	min max sum mean median                     of a list; min and max of arguments too
//	map filter count all any none find sortBy   with a predicate: filter(list, # > 1)
//	first last sort reverse concat
//	range(n), range(from, to)        from, ..., to - 1, as in Python; from..to includes to
//	pairs(list)                      pairs([a, b, c]) is [[a, b], [b, c]]
//	snap(list, fps)                  each time moved to the nearest frame
//	mod(a, b), a % b                 the remainder, with the sign of b: mod(-1, 3) is 2
//	linspace(from, to, n)            n evenly spaced numbers, both ends included
//	frames("1-250", 5)               frame lists of at most 5 frames each: "1-5", "6-10", ...
//
// Numbers are doubles, as in JSON. Integers are told apart only to count and
// to index, and one beyond 2^53-1 is an error. ceil, floor, round and int give
// integers.
package expr
