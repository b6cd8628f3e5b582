package recipe_test

import (
	"fmt"

	"github.com/artdag/artdag/dag/recipe"
)

// Every fault is shown where it stands, all at once.
func ExampleParse() {
	_, err := recipe.Parse("film.yaml", []byte(`inputs: {clip: {kind: vidoe}}
nodes:
  - {id: cut, type: SEGMENT, config: {duration: 2}, inputs: [clpi]}
outputs: [cut]
`))
	fmt.Println(err)
	// Output:
	// film.yaml:1:23: input clip: there is no kind vidoe (did you mean video?); the kinds are video, audio, image, images, blend, data
	// film.yaml:3:62: node cut takes clpi, which is neither an input nor a node (did you mean clip?)
}
