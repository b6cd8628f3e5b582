// Package analysis measures features of an input: what a recipe may ask of it
// before anything is rendered.
//
//	file ── ffprobe ─────────────────────────────► probe
//	     ── ffmpeg ─► mono WAV ─► aubio ─────────► beats, onsets
//	     ── ffmpeg ─► PCM, in this process ──────► energy, silence
//	     ── ffmpeg ─► ebur128, scdet ────────────► loudness, scenes
//
// Each feature is measured and stored alone, under the analysis_id of the
// input's content and the feature with its version ("beats@1"). A change that
// alters what a feature measures raises its version. An input's document joins
// the features that were asked for; its fields are flat, because a recipe
// writes analysis.song.tempo.
//
// A feature that fails is an error, never an empty result: an *InputError when
// the file cannot serve, sandbox.ErrMissing when a tool is not installed, else
// the tool's own failure. Nothing is stored then. Lists may be empty where that
// is the answer: a film without a cut has no scenes, a loud one no silence.
//
// # Truncation
//
// Tools end with exit code 0 on a file that was cut short. So the probe reads
// every packet and compares where they end with what the container declares:
// "truncated: 1.3 s of 12.0 s". It reads packets rather than decoding them,
// because for a minute of 1080p H.264 that takes 0.2 s where decoding takes
// 4 s, and a file cut short has lost packets, which shows without decoding.
// Where ffprobe derives the duration from the file's size instead of a
// declaration (WAV, AVI), the header is read here; where nothing is declared (MPEG
// streams, MP3 without a Xing header), what is there is what counts. Damage
// inside a packet is found by whoever decodes it: features and steps stop at the
// first error that the decoder reports. A still image is decoded, strictly,
// which costs little.
//
// # Hostile inputs
//
// Inputs are read by tools in the sandbox, with the demuxers that open what a
// file names (playlists) refused, and no protocol but files and pipes. They see
// the file under a name that says nothing, because its content alone decides
// what is measured. All measuring streams: memory does not grow with the length
// of the input, but for the measured list itself.
//
// # The same everywhere
//
// Times are seconds from the start of the file, rounded to 1 ms, so that
// decoders that differ in the last bit between processors give one answer.
// Sound is decoded to 16 bit integers and summed in integers. Loudness is
// rounded to 0.1.
package analysis
