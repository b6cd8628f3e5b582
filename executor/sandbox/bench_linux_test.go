package sandbox

import "testing"

// The overhead of confinement: compare with none.
func BenchmarkRun(b *testing.B) {
	for name, without := range map[string][]string{
		"bubblewrap": nil, "landlock": {"bubblewrap"}, "supervised": {"bubblewrap", "landlock"},
	} {
		b.Run(name, func(b *testing.B) {
			s := newSandbox(b, Options{Without: without})
			dir := b.TempDir()
			for b.Loop() {
				if err := s.Run(b.Context(), Command{Tool: "true", Dir: dir}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
