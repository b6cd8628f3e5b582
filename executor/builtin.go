package executor

import "github.com/artdag/artdag/effects"

// Builtin returns the registry of all step types that artdag ships. EFFECT
// knows the shipped effects and those given.
func Builtin(more ...effects.Effect) (*Registry, error) {
	shipped, err := effects.Shipped()
	if err != nil {
		return nil, err
	}
	known, err := effects.Join(shipped, more)
	if err != nil {
		return nil, err
	}
	return NewRegistry(
		NewAssemble(),
		NewAudioMix(),
		NewBlend(),
		NewBlender(),
		NewCommand(),
		NewEffect(known),
		NewFrames(),
		NewLayer(),
		NewResize(),
		NewThumbnail(),
		NewTransform(),
		NewMux(),
		NewGenerate(),
		NewEncode(),
		NewSegment(),
		NewSequence(),
	)
}
