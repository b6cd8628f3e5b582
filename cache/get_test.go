package cache

import (
	"testing"

	"github.com/artdag/artdag/dag"
)

func TestStill(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	put(t, c, "a", "text")
	e, err := c.Get(stepID("a"))
	if err != nil {
		t.Fatal(err)
	}
	if !c.Still(e) {
		t.Error("an entry that was just read is not there")
	}
	if _, err := c.Remove(t.Context(), dag.StepInput(e.ID, ""), false); err != nil {
		t.Fatal(err)
	}
	if c.Still(e) {
		t.Error("an entry that was removed is still there")
	}
}
