package executor

// Builtin returns the registry of all step types that artdag ships.
func Builtin() (*Registry, error) {
	return NewRegistry(
		NewMux(),
		NewGenerate(),
		NewEncode(),
		NewSegment(),
		NewSequence(),
	)
}
