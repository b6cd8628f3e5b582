package executor

import (
	"fmt"
	"strings"

	"github.com/artdag/artdag/dag"
)

// xfades are the transitions of ffmpeg's xfade filter that need no expression
// of the user's, apart from its plain fade.
func xfades() []string {
	return strings.Fields(`wipeleft wiperight wipeup wipedown slideleft slideright slideup slidedown circlecrop rectcrop
		distance fadeblack fadewhite radial smoothleft smoothright smoothup smoothdown circleopen circleclose vertopen
		vertclose horzopen horzclose dissolve pixelize diagtl diagtr diagbl diagbr hlslice hrslice vuslice vdslice hblur
		fadegrays wipetl wipetr wipebl wipebr squeezeh squeezev zoomin fadefast fadeslow`)
}

func transitionNames() []string { return append([]string{"cut", "crossfade", "fade"}, xfades()...) }

// xfadeName is ffmpeg's name of a transition; "" for cut. To most people a
// fade goes through black, which ffmpeg calls fadeblack.
func xfadeName(transition string) string {
	switch transition {
	case "cut":
		return ""
	case "crossfade":
		return "fade"
	case "fade":
		return "fadeblack"
	}
	return transition
}

// target returns the form of the result, from facts alone.
func (c sequenceConfig) target(inputs []File) (form, error) {
	target := form{background: c.Background}
	for i, in := range inputs {
		if v := in.Facts.Video; v != nil {
			if err := knownPicture(in.Facts); err != nil {
				return form{}, fmt.Errorf("input %d: %w", i, err)
			}
			c.consider(&target, v)
		}
		target.channels = commonChannels(target.channels, in.Facts.Audio)
	}
	if !target.hasPicture() {
		return target, nil
	}
	if len(c.Size) == 2 {
		target.width, target.height = c.Size[0], c.Size[1]
	}
	if c.FPS != nil {
		rate, err := dag.ParseRate(fmt.Sprint(c.FPS))
		if err != nil {
			return form{}, err
		}
		target.fps = rate
	}
	return target, nil
}

// consider takes over what the target takes from this picture.
func (c sequenceConfig) consider(target *form, v *dag.VideoFacts) {
	first := !target.hasPicture()
	if first {
		target.fps, target.pixFmt = v.FPS, ffv1Format(v.PixFmt)
	}
	if first || c.TargetSize == "last" || c.TargetSize == "largest" && v.Width*v.Height > target.width*target.height {
		target.width, target.height = v.Width, v.Height
	}
}

// commonChannels is the number that all have who have sound, else stereo.
func commonChannels(sofar int, a *dag.AudioFacts) int {
	switch {
	case a == nil || a.Channels == sofar:
		return sofar
	case sofar == 0:
		return a.Channels
	}
	return 2
}
