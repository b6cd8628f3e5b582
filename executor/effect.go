package executor

import (
	"context"
	"fmt"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/effects"
)

// Effect applies a named effect, an ffmpeg filter graph with typed parameters;
// see package effects. It keeps size, frames and duration, and an image's
// alpha. The normalised config holds "definition", the hash of the effect's
// document, so that an edited effect is another step.
type Effect struct {
	Declared
	effects []effects.Effect
}

var _ Executor = Effect{}

// NewEffect returns the type with the effects that it knows.
func NewEffect(list []effects.Effect) Effect {
	return Effect{Declare(Spec{
		Name: "EFFECT", Version: 1,
		Doc:   "Applies a named effect to a picture, its sound, or both.",
		Arity: dag.Arity{Slots: []dag.Slot{{Name: "input", Doc: "what it is applied to", Kinds: []dag.Kind{dag.Video, dag.Audio, dag.Image}}}},
		Keys: []Key{
			{Name: "effect", Type: Choice, Choices: effectNames(list), Required: true, Doc: "its name; `artdag effects` lists them"},
			{Name: "params", Type: Object, Default: map[string]any{}, Doc: "its parameters, as `artdag effects` shows them"},
		},
		Example: "{effect: vignette, params: {strength: 0.5}}",
	}), list}
}

// Effects returns the effects that the type knows.
func (e Effect) Effects() []effects.Effect { return e.effects }

func effectNames(list []effects.Effect) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.Name
	}
	return names
}

// Normalize checks params by the effect's own declaration and adds its
// definition.
func (e Effect) Normalize(config map[string]any) (map[string]any, error) {
	spec := e.Spec()
	name, _ := config["effect"].(string)
	effect, found := effects.Find(e.effects, name)
	if found {
		spec.Keys = []Key{spec.Keys[0], {Name: "params", Type: Object, Default: map[string]any{}, Keys: effectKeys(effect)}}
	} else {
		// Its parameters cannot be judged; the unknown name is fault enough.
		config = without(config, "params")
	}
	out, err := spec.Normalize(config)
	if err != nil {
		return nil, err
	}
	out["definition"] = effect.Definition.String()
	return out, nil
}

func without(config map[string]any, key string) map[string]any {
	out := make(map[string]any, len(config))
	for k, v := range config {
		if k != key {
			out[k] = v
		}
	}
	return out
}

func effectKeys(effect effects.Effect) []Key {
	keys := make([]Key, len(effect.Params))
	for i, p := range effect.Params {
		keys[i] = Key{Name: p.Name, Doc: p.Doc, Type: KeyType(p.Type), Unit: p.Unit, Default: p.Default, Min: p.Min, Max: p.Max, Choices: p.Choices}
	}
	return keys
}

// Output is what the input is.
func (e Effect) Output(_ map[string]any, inputs []dag.Kind) dag.Kind {
	if len(inputs) > 0 && inputs[0] == dag.Audio {
		return dag.Audio
	}
	return pictureKind(inputs)
}

type effectConfig struct {
	Effect     string
	Params     map[string]any
	Definition string
}

// Expect gives what goes in, and refuses an effect that finds nothing to work
// on.
func (e Effect) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	if inputs[0] == nil {
		return dag.Expectation{Slots: 1, Cost: 1}, nil
	}
	f, err := e.plan(config, File{Facts: inputs[0]})
	return dag.Expectation{Facts: f.out, Slots: 1, Cost: 3 * intermediateCost(f.out)}, err
}

// Execute applies the effect.
func (e Effect) Execute(ctx context.Context, req Request) (Result, error) {
	f, err := e.plan(req.Config, req.Inputs[0])
	if err != nil {
		return Result{}, &Failure{Err: err}
	}
	return f.run(ctx, req)
}

func (e Effect) plan(config map[string]any, in File) (filtering, error) {
	c, err := Decode[effectConfig](config)
	if err != nil {
		return filtering{}, err
	}
	effect, found := effects.Find(e.effects, c.Effect)
	if !found || effect.Definition.String() != c.Definition {
		return filtering{}, fmt.Errorf("the effect %s is not the one that this step was planned with; plan again", c.Effect)
	}
	if err := fits(effect, in.Facts); err != nil {
		return filtering{}, err
	}
	f := filtering{in: in, out: effectFacts(in.Facts)}
	video, audio, err := effect.Expand(c.Params, effectMedia(f.out))
	if f.out.Video != nil {
		f.picture = keepingAlpha(in.Facts, video)
	}
	f.sound = audio
	return f, err
}

// fits reports an input that lacks what the effect changes.
func fits(effect effects.Effect, in *dag.Facts) error {
	picture, sound := in.Video != nil && effect.Video != "", in.Audio != nil && effect.Audio != ""
	switch {
	case picture || sound:
	case effect.Audio == "":
		return fmt.Errorf("the effect %s changes the picture, and the input has none", effect.Name)
	case effect.Video == "":
		return fmt.Errorf("the effect %s changes the sound, and the input has none", effect.Name)
	default:
		return fmt.Errorf("the input has neither a picture nor sound")
	}
	if in.Video == nil {
		return nil
	}
	return checkPicture(in, "the input")
}

func effectFacts(in *dag.Facts) *dag.Facts {
	if in.Video != nil {
		return pictureFacts(in)
	}
	return audioFacts(in.Audio.Channels, soundLength(in))
}

func effectMedia(out *dag.Facts) effects.Media {
	m := effects.Media{Duration: out.Duration}
	if v := out.Video; v != nil {
		m.Width, m.Height, m.FPS, m.Frames = v.Width, v.Height, v.FPS, v.Frames
	}
	if out.Audio != nil {
		m.Samples = out.Audio.Samples
	}
	return m
}
