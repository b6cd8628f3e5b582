package effects

import "slices"

// videoFilters are those that a picture graph may use. To add one, see that it
// has no option that names a file, a device or code; that it gives the same
// frames with `ffmpeg -cpuflags 0` and twice in a row; and that it gives a
// frame for a frame. gblur, smartblur, zoompan and curves fail one of these.
func videoFilters() []string {
	return []string{
		"alphaextract", "alphamerge", "avgblur", "blend", "boxblur", "chromashift", "colorbalance",
		"colorchannelmixer", "colorcontrast", "colorize", "colorlevels", "colortemperature", "convolution",
		"crop", "deflate", "dilation", "drawbox", "drawgrid", "edgedetect", "eq", "erosion", "exposure",
		"fade", "format", "geq", "hflip", "hqdn3d", "hstack", "hue", "huesaturation", "inflate", "kirsch",
		"lagfun", "lenscorrection", "limiter", "lut", "lutrgb", "lutyuv", "median", "monochrome", "negate",
		"noise", "null", "overlay", "pad", "perspective", "pixelize", "prewitt", "rgbashift", "rotate",
		"scale", "scroll", "shear", "sobel", "split", "swapuv", "tmix", "transpose", "unsharp", "vflip",
		"vibrance", "vignette", "vstack",
	}
}

// audioFilters are those that a sound graph may use. vibrato is not repeatable.
func audioFilters() []string {
	return []string{
		"acompressor", "acrusher", "aecho", "afade", "aformat", "alimiter", "anull", "aphaser", "apulsator",
		"areverse", "asplit", "bandpass", "bandreject", "bass", "chorus", "crystalizer", "equalizer",
		"extrastereo", "flanger", "highpass", "lowpass", "pan", "stereowiden", "treble", "tremolo", "volume",
	}
}

func contains(list []string, name string) bool { return slices.Contains(list, name) }
