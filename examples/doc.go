// Package examples has no code: its folders are recipes to read, run and
// change, and one program. Its tests render every one of them on small media.
//
//	title               a title sequence out of nothing, which make demo renders
//	beat-cut            a film cut to the beats of a song
//	picture-in-picture  one film inside another, with effects
//	contact-sheet       pictures of a film on a sheet
//	blender             frames of a Blender scene as a film
//	custom-executor     a program with a step type of its own
package examples
